"""The buttons below a result. Their data is `r:<verb>:<task>[:<picture>]`; `results.py` reads it."""

from collections.abc import Sequence

from bot.conversations.screens import Button
from bot.locales.text import Text, layout, text
from bot.store.task import Picture, Task

PER_ROW = 4


def result_buttons(task: Task, made: Sequence[Picture]) -> list[list[Button]]:
    """Offer what can be done with a result; each picture of several has its own number."""
    alone = len(made) == 1
    rows = [
        [
            Button(text("🔁 Again"), f"r:again:{task.id}"),
            Button(text("✏️ Edit words"), f"r:edit:{task.id}"),
        ]
    ]
    rows += _numbered(task, made, "vary", text("🎲 Vary") if alone else None, "🎲")
    rows += _numbered(task, made, "file", text("📄 File") if alone else None, "📄")
    if alone:
        rows[-2:] = [rows[-2] + rows[-1]]
    rows[-1 if alone else 0].append(Button(text("🗑 Delete"), f"r:delete:{task.id}"))
    return rows


def confirm_delete(task_id: int) -> list[list[Button]]:
    """Ask before pictures are gone."""
    return [
        [
            Button(text("🗑 Yes, delete"), f"r:really:{task_id}", "danger"),
            Button(text("Keep"), f"r:keep:{task_id}"),
        ]
    ]


def _numbered(task: Task, made: Sequence[Picture], verb: str, label: Text | None, icon: str) -> list[list[Button]]:
    buttons = [
        Button(label or layout("{icon} {number}", icon=icon, number=place), f"r:{verb}:{task.id}:{picture.index}")
        for place, picture in enumerate(made, start=1)
    ]
    return [buttons[start : start + PER_ROW] for start in range(0, len(buttons), PER_ROW)]
