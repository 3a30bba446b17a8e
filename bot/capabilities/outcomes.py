"""What the vendor says of a task, in the tracker's words."""

import re
from collections.abc import Mapping

from bot.miaohua.tasks import State
from bot.miaohua.tasks import Task as VendorTask
from bot.store.task import Picture
from bot.tracker.ports import Failed, Made, Outcome, Waiting

SENSITIVE = 18
INTERNAL = 13

# What the table holds; those that the vendor's document lists are half as long.
LONGEST_CODE = 32

_SENSITIVE_WORDS = re.compile(r"sensitive|敏感|违规", re.IGNORECASE)


def outcomes(found: Mapping[str, VendorTask]) -> dict[str, Outcome]:
    """Translate a batch's answers."""
    return {vendor_id: outcome(task) for vendor_id, task in found.items()}


def outcome(task: VendorTask) -> Outcome:
    """Translate one answer; a finished task none of whose pictures can be had has failed."""
    if not task.is_terminal:
        return Waiting()
    if task.state is State.FAILED:
        return Failed(_code(task.state_message), task.state_message)
    pictures = tuple(_picture(task, place) for place in range(len(task.images)))
    if any(not picture.error_code for picture in pictures):
        return Made(pictures)
    return Failed(_code(*(picture.error_code for picture in pictures)), task.state_message)


def _picture(task: VendorTask, place: int) -> Picture:
    image = task.images[place]
    refused = image.error_code[:LONGEST_CODE] or ("" if image.raw or image.small else "InternalError")
    return Picture(
        task_id=0,
        index=image.index,
        seed=image.seed,
        small_url=image.small or image.raw,
        raw_url=image.raw or image.small,
        error_code=refused,
    )


def _code(*reasons: str) -> int:
    return SENSITIVE if any(_SENSITIVE_WORDS.search(reason) for reason in reasons) else INTERNAL
