"""What can be chosen about an `/imagine`; the bounds are the vendor's, read from its request."""

from bot.capabilities.options import Named, Number, OneOf, Option, Size, Switch, Words
from bot.locales.text import text, verbatim
from bot.miaohua.bounds import bounds_of
from bot.miaohua.imgenstd import ControlNet, ImageRequest, Lora
from bot.miaohua.prompts import MAX_PROMPT_LENGTH

MOST_LORAS = 4
MOST_CONTROLNETS = 3

OPTIONS = (
    Option(
        name="model",
        label=text("Model"),
        help=text("name or id of a model; the beginning of a name is enough"),
        kind=Named(),
        flags=("model",),
        page="main",
        remembered=True,
    ),
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
    Option(
        name="samples",
        label=text("Pictures"),
        help=text("how many pictures"),
        kind=Number(bounds_of(ImageRequest, "samples"), offers=(1, 2, 3, 4, 6, 8)),
        flags=("n",),
        default=1,
        page="main",
        remembered=True,
    ),
    Option(
        name="negative",
        label=text("Without"),
        help=text("what must not be in the picture; goes on to the next flag"),
        kind=Words(MAX_PROMPT_LENGTH),
        flags=("no",),
        default="",
        page="main",
    ),
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
    Option(
        name="seed",
        label=text("Seed"),
        help=text("the same seed and words give the same picture; 0 is random"),
        kind=Number(bounds_of(ImageRequest, "seed"), offers=(0,)),
        flags=("seed",),
        default=0,
    ),
    Option(
        name="steps",
        label=text("Steps"),
        help=text("more take longer and draw finer"),
        kind=Number(bounds_of(ImageRequest, "steps"), offers=(5, 20, 30, 50, 70)),
        flags=("steps",),
    ),
    Option(
        name="cfg",
        label=text("Prompt strength"),
        help=text("how closely to keep to your words"),
        kind=Number(bounds_of(ImageRequest, "cfg_scale"), offers=(1.5, 4, 7, 10, 15)),
        flags=("cfg",),
    ),
    Option(
        name="format",
        label=text("Format"),
        help=text("file format"),
        kind=OneOf({"JPG": verbatim("JPG"), "PNG": verbatim("PNG")}),
        flags=("format",),
        sets={"png": "PNG", "jpg": "JPG"},
        default="JPG",
        remembered=True,
    ),
    Option(
        name="logo",
        label=text("Watermark"),
        help=text("a line “made by AI”, or Miaohua's logo"),
        kind=OneOf({"none": text("none"), "default": text("made by AI"), "maka": text("Miaohua's logo")}),
        flags=("logo",),
        default="none",
        remembered=True,
    ),
    Option(
        name="enhance",
        label=text("Enrich the words"),
        help=text("let the service add to your words"),
        kind=Switch(),
        flags=("enhance",),
        default=False,
        remembered=True,
    ),
    Option(
        name="translate",
        label=text("Translate the words"),
        help=text("always translate your words for the model"),
        kind=Switch(),
        flags=("translate",),
        default=False,
    ),
    Option(
        name="file",
        label=text("As a file"),
        help=text("deliver the untouched file"),
        kind=Switch(),
        flags=("file",),
        default=False,
        remembered=True,
    ),
)
