import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.capabilities.casting import MOST_FACES, MOST_SWAPS, Casting, in_order
from bot.errors import BadValue
from tests.capabilities.cast import ANN, BOB, CAT, FACES, ONE, THREE, TWO, asked, box, brought, row, seen


def wanted(answers: dict[str, Any]) -> list[tuple[str, str]]:
    return [(errand.request["photo"]["file"], errand.request["face"]) for errand in FACES.errands(answers)]


def test_every_picture_is_looked_at_once() -> None:
    answers = asked("", TWO, ANN, BOB, ANN)
    assert wanted(answers) == [("2-people", "normal"), ("face-ann", "normal"), ("face-bob", "normal")]
    assert all(errand.capability == "detect" for errand in FACES.errands(answers))
    known = FACES.heard(answers, brought(ANN, row(1)))
    assert wanted(known) == [("2-people", "normal"), ("face-bob", "normal")]
    assert wanted(seen(known, {"2-people": 2})) == []


def test_another_kind_is_looked_for_anew_and_the_first_is_not_forgotten() -> None:
    answers = seen(asked("", ONE, ANN), {})
    assert FACES.is_met(answers)
    anime = {**answers, "face": "anime"}
    assert wanted(anime) == [("1-people", "anime"), ("face-ann", "anime")]
    assert not FACES.is_met(anime)
    assert wanted({**seen(anime, {}), "face": "normal"}) == []


def test_another_base_is_looked_at_and_the_old_one_forgotten() -> None:
    answers = {**seen(asked("", ONE, ANN), {}), "photo": TWO}
    assert wanted(answers) == [("2-people", "normal")]
    held = seen(answers, {"2-people": 2})
    assert set(held["faces"]["seen"]) == {"normal 2-people", "normal face-ann"}


def test_places_chosen_on_one_base_mean_nothing_on_another() -> None:
    answers = seen(asked("", THREE, ANN), {"3-people": 3})
    answers["faces"]["seen"]["normal 3-people"]["picks"] = [2]
    assert FACES.is_met(answers)
    assert not FACES.is_met(seen({**answers, "photo": TWO}, {"2-people": 2}))


def test_a_picture_is_named_by_its_file_or_as_our_result() -> None:
    ours = {"task": 5, "index": 1}
    answers = FACES.heard({**asked("", ONE, ANN), "photo": ours}, brought(ours, row(1)))
    assert "normal 5/1" in answers["faces"]["seen"]
    assert wanted(answers) == [("face-ann", "normal")]


def test_no_more_than_four_photos_are_taken() -> None:
    answers = asked("", TWO, *({"file": f"f{number}"} for number in range(4)))
    with pytest.raises(BadValue, match="4 face photos already"):
        FACES.taken(answers, ANN)


def test_why_there_was_no_looking_is_kept() -> None:
    answers = FACES.heard(asked("", ONE, ANN), brought(ONE, reason="The service is down."))
    trouble = Casting.of(json.loads(json.dumps(answers))).trouble
    assert trouble is not None
    assert trouble.photo == 0
    assert trouble.reason is not None
    assert trouble.reason.plain("en") == "The service is down."
    assert not FACES.is_met(answers)


def test_one_face_each_needs_no_question() -> None:
    answers = seen(asked("", ONE, ANN), {})
    [swap] = Casting.of(answers).swaps
    assert (swap.photo, swap.index, swap.base_index) == (ANN, 0, 0)
    assert Casting.of(answers).remarks == ()


def test_of_a_crowd_the_largest_is_taken_and_that_is_said() -> None:
    answers = FACES.heard(seen(asked("", ONE), {}), brought(ONE, row(1)))
    answers = {**answers, "faces": FACES.taken(answers, ANN)}
    crowd = [box(0, 10, index=4), box(50, 60, index=7), box(200, 20, index=1)]
    casting = Casting.of(FACES.heard(answers, brought(ANN, crowd)))
    assert casting.swaps[0].index == 7
    [remark] = casting.remarks
    assert "3 faces on face photo 1" in remark.plain("en")


def test_numbers_count_from_the_left_and_keep_the_vendors() -> None:
    answers = seen(asked("--onto 3,1", THREE, ANN, BOB), {"3-people": 3})
    assert [(swap.photo, swap.base_index) for swap in Casting.of(answers).swaps] == [(ANN, 0), (BOB, 2)]


def test_what_is_left_over_is_said_and_not_used() -> None:
    casting = Casting.of(seen(asked("", ONE, ANN, BOB, CAT), {}))
    assert [swap.photo for swap in casting.swaps] == [ANN]
    assert "one face only" in casting.remarks[-1].plain("en")
    casting = Casting.of(seen(asked("--onto 1,2", TWO, ANN, BOB, CAT), {"2-people": 2}))
    assert len(casting.swaps) == 2
    assert "2 faces only" in casting.remarks[-1].plain("en")
    many = [{"file": f"f{number}"} for number in range(6)]
    casting = Casting.of(seen(asked("--onto 1,2,3,4", THREE, *many), {"3-people": 5}))
    assert len(casting.swaps) == MOST_SWAPS
    assert "At most 4" in casting.remarks[-1].plain("en")


def test_only_what_is_used_is_looked_at() -> None:
    answers = FACES.heard(asked("", ONE, ANN, BOB, CAT), brought(ONE, row(1)))
    assert wanted(answers) == [("face-ann", "normal")]


def test_a_number_that_is_not_there_is_refused_with_those_that_are() -> None:
    answers = seen(asked("--onto 5", TWO, ANN), {"2-people": 2})
    assert not FACES.is_met(answers)
    with pytest.raises(BadValue, match=r"no face 5 .* 1–2"):
        _ = Casting.of(answers).swaps


def test_a_base_with_one_face_does_not_make_a_wrong_number_right() -> None:
    assert not FACES.is_met(seen(asked("--onto 2", ONE, ANN), {}))
    assert FACES.is_met(seen(asked("--onto 1", ONE, ANN), {}))


def test_more_numbers_than_photos_ask_for_photos() -> None:
    answers = seen(asked("--onto 2,1", TWO, ANN), {"2-people": 2})
    assert Casting.of(answers).lacking == 1
    assert not FACES.is_met(answers)
    assert FACES.is_met(seen({**answers, "faces": FACES.taken(answers, BOB)}, {}))


def test_nothing_is_met_without_pictures() -> None:
    assert not FACES.is_met({})
    assert not FACES.is_met({"photo": ONE})
    assert FACES.errands({}) == []
    with pytest.raises(BadValue, match="not settled"):
        _ = Casting.of({}).swaps


@given(st.lists(st.tuples(st.floats(0, 5000), st.floats(1, 900)), max_size=60))
def test_faces_are_numbered_from_the_left_and_bounded(sides: list[tuple[float, float]]) -> None:
    found = [box(left, width, index) for index, (left, width) in enumerate(sides)]
    ordered = in_order(found)
    middles = [face["left"] + face["right"] for face in ordered]
    assert middles == sorted(middles)
    assert len(ordered) == min(len(found), MOST_FACES)
    kept = {face["index"] for face in ordered}
    left_out = [face for face in found if face["index"] not in kept]
    smallest = min((face["right"] - face["left"] for face in ordered), default=0)
    assert all(face["right"] - face["left"] <= smallest + 1e-6 for face in left_out)


@given(
    faces=st.integers(1, 8),
    photos=st.integers(1, 6),
    onto=st.none() | st.lists(st.integers(1, 9), min_size=1, max_size=4, unique=True),
    picks=st.lists(st.integers(1, 8), max_size=4, unique=True),
)
def test_a_complete_placing_is_whole_and_takes_no_face_twice(
    faces: int, photos: int, onto: list[int] | None, picks: list[int]
) -> None:
    sent = [{"file": f"f{number}"} for number in range(photos)]
    answers = seen({**asked("", THREE, *sent), "onto": onto}, {"3-people": faces})
    answers["faces"]["seen"]["normal 3-people"]["picks"] = [number for number in picks if number <= faces]
    casting = Casting.of(answers)
    if casting.is_complete:
        replaced = [swap.base_index for swap in casting.swaps]
        assert len(replaced) == len(set(replaced)) == min(photos, faces, MOST_SWAPS)
        assert set(replaced) <= set(range(faces))
        assert not casting.free
        if onto is not None:
            assert casting.placing[: len(onto)] == onto[: len(casting.used)]
    else:
        assert casting.free or casting.lacking or casting.wrong
