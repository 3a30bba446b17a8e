import io
import json
from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

import pytest
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from hypothesis.strategies import booleans, integers
from PIL import Image, ImageChops

from bot.capabilities import marks, masks
from bot.capabilities.erase import Erase
from bot.capabilities.marks import MASK, of_grid, of_picture
from bot.capabilities.masks import mask_of
from bot.capabilities.snap import Snap
from bot.errors import BadPicture, BadValue, NotFound, UserError
from bot.locales.text import text
from bot.media.masks.grid import from_grid
from bot.media.masks.painted import NoMark, OtherPhoto
from bot.sandbox.vendor.faults import Fault
from bot.store.task import Picture
from tests.capabilities.marked import (
    MASK_FILE,
    OTHER,
    PAINTED,
    PHOTO,
    UNPAINTED,
    brought,
    carried_out,
    fill,
    kept,
    likeness,
    meant,
    photo,
)
from tests.capabilities.workshop import PUBLIC, Workshop
from tests.media.masks.photographs import as_jpeg, decoded

ERASE, SNAP = Erase(), Snap()


class Marking(RuleBasedStateMachine):
    """Everything that can happen to a mark, in any order, beside what is expected of it."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: dict[str, Any] = {"photo": PHOTO}
        self.cells: set[int] | None = None
        self.is_made = self.is_turned = self.waits = self.is_snapped = self.is_settled = False
        self.turned_before = False

    def put(self, mark: Mapping[str, Any] | None) -> None:
        self.answers = json.loads(json.dumps({**self.answers, "mask": mark}))

    @property
    def mark(self) -> dict[str, Any]:
        found: dict[str, Any] = self.answers["mask"]
        return found

    @property
    def is_shown(self) -> bool:
        return self.is_made and not self.waits

    @rule(cell=integers(1, 16))
    def choose(self, cell: int) -> None:
        self.cells = (self.cells or set()) ^ {cell}
        held = MASK.mark(self.answers)
        self.put(marks.toggled(held if held and held["by"] == "grid" else of_grid(PHOTO), cell))
        self.is_made = self.is_turned = self.waits = self.is_snapped = self.is_settled = False

    @precondition(lambda self: self.cells and not self.is_made)
    @rule()
    def end_the_choice(self) -> None:
        self.put(marks.closed(self.mark))
        self.is_made = True

    @rule()
    def send(self) -> None:
        self.put(MASK.taken(self.answers, PAINTED))
        self.cells, self.is_made = None, True
        self.is_turned = self.waits = self.is_snapped = self.is_settled = False

    @precondition(lambda self: self.is_shown)
    @rule()
    def invert(self) -> None:
        before = marks.shape(self.mark)
        self.put(marks.inverted(self.mark))
        assert marks.inverted(self.mark) == before
        assert self.mark != before
        self.is_turned, self.is_settled = not self.is_turned, False

    @precondition(lambda self: self.is_shown and not self.is_snapped)
    @rule()
    def snap(self) -> None:
        self.put(marks.snapping(self.mark))
        self.waits, self.is_settled = True, False

    @precondition(lambda self: self.waits)
    @rule(succeeds=booleans())
    def hear(self, succeeds: bool) -> None:  # noqa: FBT001  drawn
        [errand] = MASK.errands(self.answers)
        pictures = [
            Picture(task_id=17, index=0, raw_url="https://x.invalid", error_code="" if succeeds else "Sensitive")
        ]
        self.answers = MASK.heard(self.answers, brought(SNAP, errand.request, *pictures))
        self.put(self.mark)
        self.waits, self.is_snapped = False, succeeds
        assert (marks.refusal(self.mark) is None) == succeeds
        if succeeds:
            self.turned_before, self.is_turned = self.is_turned, False

    @precondition(lambda self: self.waits or self.is_snapped)
    @rule()
    def take_the_own(self) -> None:
        self.put(marks.unsnapped(self.mark))
        self.is_turned = self.turned_before if self.is_snapped else self.is_turned
        self.waits = self.is_snapped = self.is_settled = False

    @precondition(lambda self: self.is_shown)
    @rule()
    def agree(self) -> None:
        self.put(marks.settled(self.mark))
        self.is_settled = True

    @rule()
    def begin_anew(self) -> None:
        self.put(None)
        self.cells = None
        self.is_made = self.is_turned = self.waits = self.is_snapped = self.is_settled = False

    @invariant()
    def it_is_what_was_done(self) -> None:
        assert MASK.is_met(self.answers) == self.is_settled
        assert MASK.is_met({**self.answers, "yes": True}) == self.is_made
        assert len(MASK.errands(self.answers)) == self.waits
        assert MASK.errands(self.answers) == MASK.errands(json.loads(json.dumps(self.answers)))
        if self.cells is not None:
            assert self.mark["cells"] == sorted(self.cells)
        if self.is_made:
            assert ("snapped" in self.mark) == self.is_snapped
            assert (self.mark["snapped"] if self.is_snapped else self.mark)["inverted"] == self.is_turned
            assert len(json.dumps(self.mark)) < 1000

    @invariant()
    def it_belongs_to_its_photo(self) -> None:
        other = {**self.answers, "photo": OTHER, "yes": True}
        assert MASK.mark(other) is None
        assert not MASK.is_met(other)
        assert not MASK.errands(other)


TestMarking = Marking.TestCase


@pytest.fixture(autouse=True)
def filled(workshop: Workshop) -> None:
    fill(workshop)


def area(mask: Any) -> Image.Image:
    return ImageChops.invert(mask.picture)


def answered(source: Mapping[str, Any]) -> dict[str, Any]:
    return {"photo": PHOTO, "mask": of_picture(PHOTO, source)}


@pytest.mark.parametrize(("source", "mask_type", "least"), [(PAINTED, "smear", 0.97), (MASK_FILE, "free", 1)])
async def test_what_is_sent_is_read_as_what_it_is(
    workshop: Workshop, source: dict[str, Any], mask_type: str, least: float
) -> None:
    mask = await mask_of(answered(source), MASK, workshop.studio)
    assert mask.mask_type == mask_type
    assert likeness(area(mask), meant(mask.size).point(lambda level: 255 * (level > 127))) >= least


async def test_a_mask_that_was_sent_as_a_photo_is_one_all_the_same(workshop: Workshop) -> None:
    workshop.pictures["a-mask"] = as_jpeg(decoded(workshop.pictures["a-mask"]), 75)
    mask = await mask_of(answered({"file": "a-mask"}), MASK, workshop.studio)
    assert likeness(area(mask), meant(mask.size)) > 0.97


async def test_a_painted_photo_may_be_sent_as_a_file(workshop: Workshop) -> None:
    mask = await mask_of(answered({**PAINTED, "document": True}), MASK, workshop.studio)
    assert mask.mask_type == "smear"


async def test_a_drawing_in_black_and_white_can_be_painted_over(workshop: Workshop) -> None:
    paper = Image.new("RGB", (400, 300), "white")
    paper.paste("black", (40, 40, 60, 260))
    painted = paper.copy()
    painted.paste("#ff3b30", (200, 100, 300, 200))
    for source, picture in ((PHOTO, paper), (PAINTED, painted)):
        workshop.pictures[source["file"]] = as_jpeg(picture, 90)
    mask = await mask_of(answered(PAINTED), MASK, workshop.studio)
    assert abs(mask.coverage - 100 * 100 / (400 * 300)) < 0.005


async def test_cells_are_marked(workshop: Workshop) -> None:
    answers = {"photo": PHOTO, "mask": marks.closed(of_grid(PHOTO, [6, 7, 16]))}
    mask = await mask_of(answers, MASK, workshop.studio)
    expected = from_grid(decoded(photo()).size, {6, 7, 16})
    assert (mask.picture.tobytes(), mask.mask_type) == (expected.picture.tobytes(), "box")
    turned = await mask_of({**answers, "mask": marks.inverted(answers["mask"])}, MASK, workshop.studio)
    assert turned.picture.tobytes() == expected.invert().picture.tobytes()


@pytest.mark.parametrize(
    ("source", "fault"), [(UNPAINTED, NoMark), (PHOTO, NoMark), (OTHER, OtherPhoto), ({"file": "text"}, BadPicture)]
)
async def test_what_is_no_mark_is_refused(workshop: Workshop, source: dict[str, Any], fault: type[UserError]) -> None:
    workshop.pictures["text"] = b"hello"
    with pytest.raises(fault):
        await mask_of(answered(source), MASK, workshop.studio)


@pytest.mark.parametrize("cells", [[], list(range(1, 17))])
async def test_none_of_the_cells_or_all_are_refused(workshop: Workshop, cells: list[int]) -> None:
    with pytest.raises(BadPicture):
        await mask_of({"photo": PHOTO, "mask": marks.closed(of_grid(PHOTO, cells))}, MASK, workshop.studio)


@pytest.mark.parametrize("mark", [None, of_grid(PHOTO, [3]), of_picture(OTHER, PAINTED)])
async def test_what_is_not_marked_yet_has_no_mask(workshop: Workshop, mark: dict[str, Any] | None) -> None:
    with pytest.raises(BadValue, match="Nothing is marked"):
        await mask_of({"photo": PHOTO, "mask": mark}, MASK, workshop.studio)


async def test_a_mask_is_drawn_once_while_one_looks_at_it(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masks, "MOST_KEPT", 2)
    first = await mask_of(answered(PAINTED), MASK, workshop.studio)
    settled = {"photo": PHOTO, "mask": marks.settled(of_picture(PHOTO, PAINTED))}
    again = await mask_of(settled, MASK, workshop.studio)
    assert (again.picture.tobytes(), again.mask_type) == (first.picture.tobytes(), first.mask_type)
    assert sorted(workshop.fetched) == sorted([PHOTO["file"], PAINTED["file"]])
    for cell in (1, 2):
        await mask_of({"photo": PHOTO, "mask": marks.closed(of_grid(PHOTO, [cell]))}, MASK, workshop.studio)
    await mask_of(settled, MASK, workshop.studio)
    assert workshop.fetched.count(PAINTED["file"]) == 2


async def test_an_outline_that_has_expired_is_told_of(workshop: Workshop) -> None:
    mark = {**of_picture(PHOTO, PAINTED), "snapped": {"task": 404, "index": 0, "inverted": False}}
    with pytest.raises(NotFound, match="Go back to your own mark"):
        await mask_of({"photo": PHOTO, "mask": mark}, MASK, workshop.studio)


@pytest.mark.parametrize("is_inverted", [True, False])
async def test_an_ordered_outline_outlives_the_vendors_link(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, *, is_inverted: bool
) -> None:
    answers = {"photo": PHOTO, "mask": marks.snapping(of_picture(PHOTO, PAINTED))}
    [errand] = MASK.errands(answers)
    [made] = await carried_out(workshop, SNAP, errand.request)
    answers = MASK.heard(answers, brought(SNAP, errand.request, made, task_id=await kept(workshop, made)))
    found = marks.inverted(answers["mask"]) if is_inverted else answers["mask"]
    before = await mask_of({"photo": PHOTO, "mask": found}, MASK, workshop.studio)
    request = await workshop.settle(ERASE, photo=PHOTO, mask=marks.settled(found))

    workshop.vendor.faults.add(Fault(on="pictures", status=403, times=100))
    monkeypatch.setattr(masks, "_recent", WeakKeyDictionary())  # as after a restart
    again = json.loads(json.dumps(request))
    after = await mask_of(again, MASK, workshop.studio)
    assert (after.picture.tobytes(), after.mask_type) == (before.picture.tobytes(), "free")
    assert (await workshop.settle(ERASE, **again))["mask"] == request["mask"]
    assert (await workshop.order(ERASE, again))["mask_img_url"].startswith(PUBLIC)
    turned = await mask_of({**again, "mask": marks.inverted(again["mask"])}, MASK, workshop.studio)
    assert turned.picture.tobytes() == before.invert().picture.tobytes()
    own = await mask_of({**again, "mask": marks.unsnapped(again["mask"])}, MASK, workshop.studio)
    assert own.mask_type == "smear"


def test_the_reason_of_an_errand_that_failed_is_kept() -> None:
    answers = {"photo": PHOTO, "mask": marks.snapping(of_picture(PHOTO, PAINTED))}
    [errand] = MASK.errands(answers)
    heard = MASK.heard(answers, brought(SNAP, errand.request, reason=text("It was too busy.")))
    assert str(marks.refusal(heard["mask"]).plain("en")) == "It was too busy."  # type: ignore[union-attr]
    assert marks.shape(heard["mask"]) == of_picture(PHOTO, PAINTED)


def test_what_is_sent_with_a_command_marks_what_it_answers() -> None:
    assert ERASE.placed([PHOTO, OTHER], [PAINTED]) == {"photo": PHOTO, "mask": of_picture(PHOTO, PAINTED)}
    assert ERASE.placed([], [PHOTO]) == ERASE.placed([PHOTO, OTHER], []) == {"photo": PHOTO}


async def test_a_mask_is_offered_in_the_shape_of_what_the_service_sees(workshop: Workshop) -> None:
    wide = io.BytesIO()
    Image.new("RGB", (6600, 500), "#88aa44").save(wide, "PNG")
    workshop.pictures["wide"] = wide.getvalue()
    mark = marks.settled(marks.closed(of_grid({"file": "wide"}, [1])))
    request = await workshop.settle(ERASE, photo={"file": "wide"}, mask=mark)
    await workshop.order(ERASE, request)
    offered = Image.open(workshop.directory / "media" / "t17-1.png")
    assert (offered.size, offered.mode) == ((6000, 455), "RGB")
    assert sorted(colour for _, colour in offered.getcolors() or []) == [(0, 0, 0), (255, 255, 255)]
    assert any("scaled down from 6600×500" in note for note in workshop.notes)
