import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.vendor.sizes import brought_down, half_up, same_shape, scaled

SIDES = st.integers(1, 6000)


@pytest.mark.parametrize(("number", "rounded"), [(0.5, 1), (1.5, 2), (2.5, 3), (2.49, 2), (385.5, 386)])
def test_a_half_goes_up(number: float, rounded: int) -> None:
    assert half_up(number) == rounded


@given(SIDES, SIDES, st.integers(1, 6000))
def test_brought_down_to_a_side(width: int, height: int, side: int) -> None:
    size = brought_down((width, height), side)
    assert max(size) == min(side, max(width, height))
    assert min(size) >= 1


@given(SIDES, SIDES)
def test_without_a_side_nothing_changes(width: int, height: int) -> None:
    assert brought_down((width, height), None) == (width, height)


@pytest.mark.parametrize(("height", "same"), [(1000, True), (989, False), (990, True), (1010, True), (1011, False)])
def test_shapes_within_one_per_cent(height: int, same: bool) -> None:  # noqa: FBT001  parametrized
    assert same_shape((1000, 1000), (1000, height)) is same


@given(st.integers(256, 2000), st.integers(256, 2000), st.floats(1.001, 3))
def test_an_enlarged_picture_keeps_its_shape(width: int, height: int, ratio: float) -> None:
    assert same_shape((width, height), scaled((width, height), ratio))
