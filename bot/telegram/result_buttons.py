"""The buttons below a result. Their data is `r:<verb>:<task>[:<picture>[:<capability>]]`; `results.py` reads it."""

from collections.abc import Sequence

from bot.capabilities import registry
from bot.conversations.view import Button, in_rows
from bot.locales.text import layout, text
from bot.store.task import Picture, Task

PER_ROW = 4
WAYS_PER_ROW = 3


def result_buttons(task: Task, made: Sequence[Picture]) -> list[list[Button]]:
    """Offer what can be done with a result: with its one picture, or first which of several is meant."""
    whole = [
        Button(text("🔁 Again"), f"r:again:{task.id}"),
        Button(text("✏️ Change"), f"r:edit:{task.id}"),
        Button(text("🗑 Delete"), f"r:delete:{task.id}"),
    ]
    star = [Button(text("⭐ Save options"), f"r:star:{task.id}")]
    if len(made) == 1:
        return [whole, *_ways(task, made[0]), star]
    numbers = [
        Button(layout("{number}", number=place), f"r:pick:{task.id}:{picture.index}")
        for place, picture in enumerate(made, start=1)
    ]
    return [*in_rows(numbers, PER_ROW), whole, star]


def finished_buttons(task: Task, *, is_shared: bool = False) -> list[list[Button]]:
    """Offer what can be done with a result that is no picture."""
    rows = [[Button(text("✨ Try it now"), f"r:try:{task.id}", "success")]]
    if task.chat_id < 0 and is_shared:
        rows.append([Button(text("👥 Shared with this group: take it back"), f"r:unshare:{task.id}")])
    elif task.chat_id < 0:
        rows.append([Button(text("👥 Share with this group"), f"r:share:{task.id}")])
    return rows


def picture_buttons(task: Task, made: Sequence[Picture], index: int) -> list[list[Button]]:
    """Offer what can be done with one of several pictures."""
    place = [picture.index for picture in made].index(index)
    back = Button(text("« {number} of {count}", number=place + 1, count=len(made)), f"r:back:{task.id}")
    return [[back], *_ways(task, made[place])]


def confirm_delete(task_id: int) -> list[list[Button]]:
    """Ask before pictures are gone."""
    return [
        [
            Button(text("🗑 Yes, delete"), f"r:really:{task_id}", "danger"),
            Button(text("Keep"), f"r:keep:{task_id}"),
        ]
    ]


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
