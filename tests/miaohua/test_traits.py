import pytest

from bot.miaohua.traits import Traits, traits

SEVEN = frozenset({"openpose", "depth", "canny", "softedge", "normal", "scribble", "seg"})
ARTIST = Traits(text=True, image=False, controlnets=frozenset(), loras=False, steps=50, cfg_scale=8.0)
FIVE = Traits(text=True, image=True, controlnets=frozenset(), loras=False, steps=50, cfg_scale=6.0)
FIVE_TURBO = Traits(text=True, image=False, controlnets=frozenset(), loras=False, steps=6, cfg_scale=1.5)
FOUR = Traits(text=True, image=True, controlnets=SEVEN, loras=True, steps=50, cfg_scale=7.0)
FOUR_TURBO = Traits(text=True, image=False, controlnets=SEVEN, loras=False, steps=5, cfg_scale=1.2)
UNKNOWN = Traits(text=True, image=True, controlnets=None, loras=True, steps=30, cfg_scale=7.0)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("V1.0", ARTIST),
        ("v1.0", ARTIST),
        ("Artist V1.0", ARTIST),
        ("artist_v1.0", ARTIST),
        ("秒画V1.0模型", ARTIST),
        ("V1.0.0", ARTIST),
        ("0.5.0", FIVE),
        ("V0.5.0", FIVE),
        ("050", FIVE),
        ("050模型", FIVE),
        ("秒画 0.5.0", FIVE),
        ("０．５．０", FIVE),
        ("0.5.0 turbo", FIVE_TURBO),
        ("0.5.0-Turbo", FIVE_TURBO),
        ("秒画 0.5.0 极速版", FIVE_TURBO),
        ("0.5.0模型极速版", FIVE_TURBO),
        ("极速版 050", FIVE_TURBO),
        ("0.4.0", FOUR),
        ("SenseMirage 040", FOUR),
        ("SenseMirage_V0.4.0", FOUR),
        ("0.4.0极速版", FOUR_TURBO),
        ("SenseMirage 040 TURBO", FOUR_TURBO),
        ("", UNKNOWN),
        ("turbo", UNKNOWN),
        ("V0.6.0", UNKNOWN),
        ("V1.0 turbo", UNKNOWN),
        ("V1.05", UNKNOWN),
        ("V1.0.5", UNKNOWN),
        ("V11.0", UNKNOWN),
        ("10.5.0", UNKNOWN),
        ("0.5.01", UNKNOWN),
        ("0.5.0.1", UNKNOWN),
        ("0.50", UNKNOWN),
        ("2050", UNKNOWN),
        ("0501", UNKNOWN),
        ("mini1.5", UNKNOWN),
        ("blindbox/大概是盲盒_blindbox_v1_mix", UNKNOWN),
    ],
)
def test_a_model_is_known_by_the_version_in_its_name(name: str, expected: Traits) -> None:
    assert traits(name) == expected
