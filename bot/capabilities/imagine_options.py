"""What can be chosen about an `/imagine`; the bounds are the vendor's, read from its request."""

from dataclasses import replace

from bot.capabilities.common_options import FILE, FORMAT, LOGO, MODEL, SAMPLES
from bot.capabilities.options import Named, Number, Option, Size, Switch, Words
from bot.locales.text import text
from bot.miaohua.bounds import bounds_of
from bot.miaohua.imgenstd import ControlNet, ImageRequest, Lora
from bot.miaohua.prompts import MAX_PROMPT_LENGTH

MOST_LORAS = 4
MOST_CONTROLNETS = 3

NEGATIVE = Option(
    name="negative",
    label=text("Without"),
    help=text("what must not be in the picture; goes on to the next flag"),
    kind=Words(MAX_PROMPT_LENGTH),
    flags=("no",),
    default="",
    page="main",
)

SEED = Option(
    name="seed",
    label=text("Seed"),
    help=text("the same seed and words give the same picture; 0 is random"),
    kind=Number(bounds_of(ImageRequest, "seed"), offers=(0,)),
    flags=("seed",),
    default=0,
)

STEPS = Option(
    name="steps",
    label=text("Steps"),
    help=text("more take longer and draw finer"),
    kind=Number(bounds_of(ImageRequest, "steps"), offers=(5, 20, 30, 50, 70)),
    flags=("steps",),
)

CFG = Option(
    name="cfg",
    label=text("Prompt strength"),
    help=text("how closely to keep to your words"),
    kind=Number(bounds_of(ImageRequest, "cfg_scale"), offers=(1.5, 4, 7, 10, 15)),
    flags=("cfg",),
)

ENHANCE = Option(
    name="enhance",
    label=text("Enrich the words"),
    help=text("let the service add to your words"),
    kind=Switch(),
    flags=("enhance",),
    default=False,
    remembered=True,
)

TRANSLATE = Option(
    name="translate",
    label=text("Translate the words"),
    help=text("always translate your words for the model"),
    kind=Switch(),
    flags=("translate",),
    default=False,
)

OPTIONS = (
    replace(MODEL, page="main", remembered=True),
    Option(
        name="size",
        label=text("Size"),
        help=text("a ratio, or width and height in pixels"),
        kind=Size(bounds_of(ImageRequest, "width")),
        flags=("ar", "size"),
        default=[960, 960],
        page="main",
        remembered=True,
    ),
    SAMPLES,
    NEGATIVE,
    Option(
        name="loras",
        label=text("LoRA"),
        help=text("a style, and how strong"),
        kind=Named(
            lead="weight",
            fields={"weight": Number(bounds_of(Lora, "merge_weight"), offers=(0.4, 0.6, 0.8, 1, 1.2, 1.5))},
        ),
        flags=("lora",),
        default=[],
        most=MOST_LORAS,
        page="main",
    ),
    Option(
        name="controlnets",
        label=text("ControlNet"),
        help=text("what of the photo to follow: edges, depth, a pose, …"),
        kind=Named(
            lead="weight",
            fields={
                "weight": Number(bounds_of(ControlNet, "weight"), offers=(0.4, 0.6, 0.8, 1, 1.2, 1.5)),
                "start": Number(bounds_of(ControlNet, "guidance_start"), offers=(0, 0.1, 0.2, 0.4)),
                "end": Number(bounds_of(ControlNet, "guidance_end"), offers=(0.5, 0.7, 0.9, 1)),
                "low": Number(bounds_of(ControlNet, "canny_low_threshold"), offers=(50, 100, 150)),
                "high": Number(bounds_of(ControlNet, "canny_high_threshold"), offers=(150, 200, 250)),
                "tile": Number(bounds_of(ControlNet, "tile_down_sample_rate"), offers=(1, 2, 4, 8)),
                "pre": Words(40),
            },
        ),
        flags=("cn",),
        default=[],
        most=MOST_CONTROLNETS,
        page="main",
    ),
    Option(
        name="strength",
        label=text("Freedom"),
        help=text("how far the result may leave the photo"),
        kind=Number(bounds_of(ImageRequest, "image_strength"), offers=(0.2, 0.4, 0.6, 0.8)),
        flags=("strength",),
    ),
    SEED,
    STEPS,
    CFG,
    FORMAT,
    LOGO,
    ENHANCE,
    TRANSLATE,
    FILE,
)
