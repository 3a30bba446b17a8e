"""Options that several capabilities have; the bounds are the vendor's, the same in all families."""

from bot.capabilities.options import Characters, Named, Number, OneOf, Option, Switch
from bot.locales.text import text, verbatim
from bot.miaohua.bounds import bounds_of
from bot.miaohua.stylization import StylizationRequest
from bot.miaohua.sup_res import SupResRequest

MODEL = Option(
    name="model",
    label=text("Model"),
    help=text("name or id of a model; the beginning of a name is enough"),
    kind=Named(),
    flags=("model",),
)

SAMPLES = Option(
    name="samples",
    label=text("Pictures"),
    help=text("how many pictures"),
    kind=Number(bounds_of(StylizationRequest, "samples"), offers=(1, 2, 3, 4, 6, 8)),
    flags=("n",),
    default=1,
    page="main",
    remembered=True,
)

HD_RATIO = Option(
    name="ratio",
    label=text("Times as large"),
    help=text("how many times as wide and high the result becomes"),
    kind=Number(bounds_of(SupResRequest, "hd_ratio"), offers=(1.5, 2, 3)),
    flags=("ratio",),
    default=1.5,
    page="main",
)

FORMAT = Option(
    name="format",
    label=text("Format"),
    help=text("file format"),
    kind=OneOf({"JPG": verbatim("JPG"), "PNG": verbatim("PNG")}),
    flags=("format",),
    sets={"png": "PNG", "jpg": "JPG"},
    default="JPG",
    remembered=True,
)

LOGO = Option(
    name="logo",
    label=text("Watermark"),
    help=text("a line “made by AI”, or Miaohua's logo"),
    kind=OneOf({"none": text("none"), "default": text("made by AI"), "maka": text("Miaohua's logo")}),
    flags=("logo",),
    default="none",
    remembered=True,
)

WATERMARKS = {"none": None, "default": {"type": "Default"}, "maka": {"type": "MakaLogo"}}
"""What a choice of `LOGO` is to the vendor."""

PRESET = Option(
    name="preset",
    label=text("Preset"),
    help=text("begin with options that you saved; what you type besides wins"),
    kind=Characters(32, takes="token"),
    flags=("preset",),
)
"""In the line of every capability, and among the options of none: what it stands for takes its place."""

FILE = Option(
    name="file",
    label=text("As a file"),
    help=text("deliver the untouched file"),
    kind=Switch(),
    flags=("file",),
    default=False,
    remembered=True,
)
