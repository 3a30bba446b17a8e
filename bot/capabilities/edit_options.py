"""What can be chosen about an `/edit`; the bounds are the vendor's, read from its request."""

from dataclasses import replace

from bot.capabilities.common_options import FILE, FORMAT, LOGO, MODEL, SAMPLES
from bot.capabilities.imagine_options import CFG, ENHANCE, NEGATIVE, SEED, STEPS, TRANSLATE
from bot.capabilities.mask_options import YES
from bot.capabilities.options import Number, Option
from bot.locales.text import text
from bot.miaohua.bounds import bounds_of
from bot.miaohua.inpaint import InpaintRequest

OPTIONS = (
    SAMPLES,
    NEGATIVE,
    Option(
        name="strength",
        label=text("Freedom"),
        help=text("how little of the old picture stays under the mask"),
        kind=Number(bounds_of(InpaintRequest, "repaint_strength"), offers=(0.4, 0.6, 0.8, 1)),
        flags=("strength",),
        default=1,
        page="main",
    ),
    replace(CFG, kind=Number(bounds_of(InpaintRequest, "cfg_scale"), offers=(4, 6, 8, 10, 15)), default=8),
    replace(STEPS, kind=Number(bounds_of(InpaintRequest, "steps"), offers=(20, 30, 50, 70)), default=30),
    replace(SEED, kind=Number(bounds_of(InpaintRequest, "seed"), offers=(0,))),
    ENHANCE,
    TRANSLATE,
    FORMAT,
    LOGO,
    MODEL,
    FILE,
    YES,
)
