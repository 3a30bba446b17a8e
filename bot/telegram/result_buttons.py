"""The buttons below a result. Their data is `r:<verb>:<task>[:<picture>[:<capability>]]`; `results.py` reads it.

Below a result that is shown once more, an album stands in the place of the capability: it goes with the result.
"""

from collections.abc import Sequence

from bot.capabilities import registry
from bot.conversations.view import Button, in_rows
from bot.locales.text import Text, layout, plural, text
from bot.store.task import Picture, Task
from bot.telegram.album import Album

PER_ROW = 4
WAYS_PER_ROW = 3

NO_ALBUM = Album()


def result_buttons(task: Task, made: Sequence[Picture], album: Album = NO_ALBUM) -> list[list[Button]]:
    """Offer what can be done with a result: with its one picture, or first which of several is meant."""
    whole = [
        Button(text("🔁 Again"), f"r:again:{task.id}"),
        Button(text("✏️ Change"), f"r:edit:{task.id}"),
        Button(text("🗑 Delete"), f"r:delete:{task.id}{_with(album)}"),
    ]
    star = [Button(text("⭐ Save options"), f"r:star:{task.id}")]
    if len(made) == 1:
        return [whole, *_ways(task, made[0]), star]
    numbers = [
        Button(layout("{number}", number=place), f"r:pick:{task.id}{_with(album, picture.index)}")
        for place, picture in enumerate(made, start=1)
    ]
    return [*in_rows(numbers, PER_ROW), whole, star]


def press_a_number(made: Sequence[Picture]) -> Text:
    """Say what the buttons below several pictures are for."""
    return plural("{count} picture.", "{count} pictures. Press a number to go on with that one.", len(made))


def finished_buttons(task: Task, *, is_shared: bool = False) -> list[list[Button]]:
    """Offer what can be done with a result that is no picture."""
    rows = [[Button(text("✨ Try it now"), f"r:try:{task.id}", "success")]]
    if task.chat_id < 0 and is_shared:
        rows.append([Button(text("👥 Shared with this group: take it back"), f"r:unshare:{task.id}")])
    elif task.chat_id < 0:
        rows.append([Button(text("👥 Share with this group"), f"r:share:{task.id}")])
    return rows


def picture_buttons(task: Task, made: Sequence[Picture], index: int, album: Album = NO_ALBUM) -> list[list[Button]]:
    """Offer what can be done with one of several pictures."""
    place = [picture.index for picture in made].index(index)
    back = Button(text("« {number} of {count}", number=place + 1, count=len(made)), f"r:back:{task.id}{_with(album)}")
    return [[back], *_ways(task, made[place])]


def confirm_delete(task_id: int, album: Album = NO_ALBUM) -> list[list[Button]]:
    """Ask before pictures are gone."""
    return [
        [
            Button(text("🗑 Yes, delete"), f"r:really:{task_id}{_with(album)}", "danger"),
            Button(text("Keep"), f"r:keep:{task_id}{_with(album)}"),
        ]
    ]


def _with(album: Album, index: int | None = None) -> str:
    at = "" if index is None and not album.count else f":{index or 0}"
    return f"{at}:{album}" if album.count else at


def _ways(task: Task, picture: Picture) -> list[list[Button]]:
    at = f"{task.id}:{picture.index}"
    ways = [
        Button(layout("{icon} {title}", icon=one.icon, title=one.title), f"r:go:{at}:{one.name}")
        for one in registry.OFFERED
        if one.takes_photo
    ]
    if registry.BY_NAME[task.capability].can_vary:
        ways.append(Button(text("🎲 Vary"), f"r:vary:{at}"))
    ways.append(Button(text("📄 File"), f"r:file:{at}"))
    return in_rows(ways, WAYS_PER_ROW)
