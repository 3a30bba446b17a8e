"""What each base model of `imgenstd` can do, and the vendor's recommended parameters: a table of its document."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from unicodedata import normalize

_SEVEN = frozenset({"openpose", "depth", "canny", "softedge", "normal", "scribble", "seg"})

_VERSION = re.compile(
    r"""(?P<artist> v1\.0 (\.0)? (?!\.?\d))                     # V1.0, Artist V1.0
    |   (?<![\d.]) 0(?P<dot>\.?) (?P<mirage> [45]) (?P=dot)0 (?!\.?\d)  # 0.5.0, 050, SenseMirage 040
    """,
    re.VERBOSE,
)
_TURBO = ("turbo", "极速")


@dataclass(frozen=True, slots=True)
class Traits:
    """What a model can do. `controlnets` is none where only the vendor knows (`Imgenstd.model_controlnets`)."""

    text: bool
    image: bool
    controlnets: frozenset[str] | None
    loras: bool
    steps: int
    cfg_scale: float


_UNKNOWN = Traits(text=True, image=True, controlnets=None, loras=True, steps=30, cfg_scale=7.0)

_KNOWN: Mapping[tuple[str, bool], Traits] = {
    ("1.0", False): Traits(text=True, image=False, controlnets=frozenset(), loras=False, steps=50, cfg_scale=8.0),
    ("0.5.0", False): Traits(text=True, image=True, controlnets=frozenset(), loras=False, steps=50, cfg_scale=6.0),
    ("0.5.0", True): Traits(text=True, image=False, controlnets=frozenset(), loras=False, steps=6, cfg_scale=1.5),
    ("0.4.0", True): Traits(text=True, image=False, controlnets=_SEVEN, loras=False, steps=5, cfg_scale=1.2),
    ("0.4.0", False): Traits(text=True, image=True, controlnets=_SEVEN, loras=True, steps=50, cfg_scale=7.0),
}


def traits(model_name: str) -> Traits:
    """Look a model up by its name, whatever words stand around the version.

    One that the document does not list may be able to do anything, and gets the API's own defaults.
    """
    name = normalize("NFKC", model_name).casefold()
    found = _VERSION.search(name)
    if found is None:
        return _UNKNOWN
    version = "1.0" if found["artist"] else f"0.{found['mirage']}.0"
    turbo = any(word in name for word in _TURBO)
    return _KNOWN.get((version, turbo), _UNKNOWN)
