import json
from collections import OrderedDict

from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.media.masks.mask import KEPT, MARKED, Mask, MaskType
from bot.media.masks.packed import Packed, Recent


@st.composite
def _masks(draw: st.DrawFn) -> Mask:
    width, height = draw(st.integers(1, 24)), draw(st.integers(1, 24))
    pixels = draw(st.lists(st.sampled_from([MARKED, KEPT]), min_size=width * height, max_size=width * height))
    mask_type: MaskType = draw(st.sampled_from(["free", "smear", "box"]))
    return Mask(Image.frombytes("L", (width, height), bytes(pixels)), mask_type)


@given(_masks())
def test_a_mask_comes_back_as_it_was(mask: Mask) -> None:
    packed = Packed.of(mask)
    assert packed.unpack() == mask
    assert packed.coverage == mask.coverage
    assert packed.mostly_black == (mask.coverage > 0.5)


@given(_masks())
def test_it_waits_in_a_row(mask: Mask) -> None:
    packed = Packed.of(mask)
    assert Packed.load(json.loads(json.dumps(packed.dump()))) == packed


def test_a_large_mask_packs_small() -> None:
    picture = Image.new("L", (6000, 4000), KEPT)
    picture.paste(MARKED, (1000, 1000, 3000, 2000))
    assert len(Packed.of(Mask(picture, "box")).bits) < 100_000


@given(st.lists(st.tuples(st.booleans(), st.sampled_from("abcde")), max_size=40), st.integers(1, 4))
def test_the_masks_that_were_asked_for_last_are_kept(steps: list[tuple[bool, str]], most: int) -> None:
    packed = Packed.of(Mask(Image.new("L", (2, 2)), "free"))
    recent, expected = Recent[Packed](most), OrderedDict[str, None]()
    for is_put, key in steps:
        if is_put:
            recent.put(key, packed)
            expected[key] = None
        assert (recent.get(key) is not None) == (key in expected)
        if key in expected:
            expected.move_to_end(key)
        while len(expected) > most:
            expected.popitem(last=False)
