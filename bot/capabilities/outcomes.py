"""What the vendor says of a task, in the tracker's words."""

import re

from bot.locales.text import Text, text
from bot.miaohua.face import Detection
from bot.miaohua.lora import Training
from bot.miaohua.tasks import State
from bot.miaohua.tasks import Task as VendorTask
from bot.store.task import Picture
from bot.tracker.ports import Failed, Made, Outcome, Waiting

CANCELLED = 1
INVALID = 3
INTERNAL = 13
SENSITIVE = 18

# What the table holds; those that the vendor's document lists are half as long.
LONGEST_CODE = 32

_SENSITIVE_WORDS = re.compile(r"sensitive|敏感|违规", re.IGNORECASE)

# Why trainings fail. The first is of the document's example (section 十), misspelt there; for the others it has no
# words, so they are looked for in those that such messages usually use. The first that fits counts.
_TRAINING_FAULTS = (
    (
        re.compile(r"main.?object|no (person|human|people|face)|人像|人物|人脸", re.IGNORECASE),
        INVALID,
        text(
            "The image service sees no person in some of the pictures, and a training of a person needs one in each. "
            "Take those pictures out, or train a style instead."
        ),
    ),
    (
        _SENSITIVE_WORDS,
        SENSITIVE,
        text(
            "The content filter of the image service stopped this training: something in the pictures or in the words "
            "is not allowed there. Please change them."
        ),
    ),
    (
        re.compile(r"too few|not enough|insufficient|at least \d+|太少|过少|不足|不够", re.IGNORECASE),
        INVALID,
        text("These are too few pictures for a training. Please add some, and start it again."),
    ),
    (
        re.compile(
            r"unreadable|corrupt|damaged|broken|decod|download|fetch|invalid (image|url)|下载|读取|解析|损坏",
            re.IGNORECASE,
        ),
        INVALID,
        text(
            "The image service could not read some of the pictures. Please send them again, or leave out those that "
            "your device does not show either."
        ),
    ),
    (
        re.compile(r"cancel|取消", re.IGNORECASE),
        CANCELLED,
        text("The training was cancelled at the image service before it began."),
    ),
)

# What a message says only of a fault: one of a training that goes on may name the same things.
_SAYS_NO = re.compile(
    r"\b(not?|cannot|unable|fail\w*|error|invalid|few|insufficient|at least|corrupt\w*|damaged|broken|unreadable|"
    r"cancell?ed|prohibited|forbidden)\b|不|未|没|无|失败|违规|太少|过少|损坏|已取消",
    re.IGNORECASE,
)


def pictured(task: VendorTask) -> Outcome:
    """Translate the answer about pictures; a finished task none of whose pictures can be had has failed."""
    if not task.is_terminal:
        return Waiting()
    if task.state is State.FAILED:
        return Failed(_code(task.state_message), task.state_message)
    pictures = tuple(_picture(task, place) for place in range(len(task.images)))
    if any(not picture.error_code for picture in pictures):
        return Made(pictures)
    return Failed(_code(*(picture.error_code for picture in pictures)), task.state_message)


def detected(detection: Detection) -> Outcome:
    """Translate the answer about faces: boxes in pixels, in the vendor's numbering. There may be none."""
    if not detection.is_done:
        return Waiting()
    return Made(found={"faces": [face.model_dump() for face in detection.faces]})


def trained(training: Training) -> Outcome:
    """Translate the answer about a training; one that is finished and has no LoRA has failed.

    One that has failed may be said to run: so it is in the document's example, with a fault for its message and no
    progress (section 十).
    """
    if not training.is_terminal and not _is_stuck(training):
        return Waiting(training.training_progress)
    if training.state is State.SUCCESS and training.lora_id:
        return Made(found={"lora_id": training.lora_id, "trigger_words": training.trigger_words})
    code, reason = _training_fault(training.state_message)
    return Failed(code, training.state_message, reason)


def _is_stuck(training: Training) -> bool:
    message = training.state_message
    return not training.training_progress and bool(_SAYS_NO.search(message)) and _training_fault(message)[1] is not None


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


def _training_fault(message: str) -> tuple[int, Text | None]:
    return next(((code, reason) for words, code, reason in _TRAINING_FAULTS if words.search(message)), (INTERNAL, None))
