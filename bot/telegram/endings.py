"""Why a task did not bring what it was for, and what to do: one sentence for each way."""

from collections.abc import Mapping, Sequence

from bot.conversations.view import Button
from bot.locales.text import Text, text
from bot.store.task import State, Task

BY_CODE: Mapping[int, Text] = {
    3: text("The image service did not accept this request. Please change the words or the options and try again."),
    4: text("The image service took too long. Please try again."),
    5: text("The pictures are no longer at the image service. Please try again."),
    7: text("The image service does not let this bot do that. Only the bot's operator can change it."),
    12: text("The image service cannot do that any more. Please try something else; /help lists what there is."),
    16: text("The image service does not accept this bot's keys. The operator has to look after it."),
    18: text("The content filter of the image service stopped this. Please describe it differently."),
    409: text("The image service is still busy with another task of this bot. Please try again in a minute."),
    429: text("This bot has used up its own allowance at the image service for today. Please try again tomorrow."),
    503: text("The image service is out of order just now. Please try again in about 10 minutes."),
}
_OTHERWISE = text("Something went wrong at the image service. It was not your fault; please try again.")

_BY_STATE: Mapping[State, Text] = {
    State.CANCELLED: text("Cancelled, as you wished."),
    State.EXPIRED: text("It was not done in time, so I stopped waiting. Please try again."),
    State.UNCERTAIN: text(
        "I was interrupted while ordering this and cannot tell whether the order arrived. I do not order twice on my "
        "own: press Retry if you want it again."
    ),
}

# An errand has no words, and its dialog has buttons of its own for another try.
_OF_ERRANDS_BY_CODE: Mapping[int, Text] = {
    3: text("The image service did not accept the picture."),
    18: text("The content filter of the image service stopped this picture."),
}
_OF_ERRANDS_BY_STATE: Mapping[State, Text] = {
    State.EXPIRED: text("The image service did not answer in time. Please try again."),
    State.UNCERTAIN: text(
        "I was interrupted while asking the image service, and cannot tell whether it heard me. Please try again."
    ),
}

_GIVEN_BACK = text("It does not count towards your allowance.")


def why(task: Task) -> Text:
    """Phrase the end of a task, and that it costs nothing."""
    return text("{reason} {given_back}", reason=reason(task), given_back=_GIVEN_BACK)


def reason(task: Task) -> Text:
    """Phrase why a task did not bring what it was for."""
    return _phrased(task, _BY_STATE, BY_CODE)


def reason_of_errand(task: Task) -> Text:
    """Phrase why an errand found nothing out, for the dialog that it was for."""
    return _phrased(task, {**_BY_STATE, **_OF_ERRANDS_BY_STATE}, {**BY_CODE, **_OF_ERRANDS_BY_CODE})


def _phrased(task: Task, by_state: Mapping[State, Text], by_code: Mapping[int, Text]) -> Text:
    if task.reason is not None:
        return Text.load(task.reason)
    if task.state in by_state:
        return by_state[task.state]
    return by_code.get(task.error_code or 0, _OTHERWISE)


def buttons(task: Task) -> Sequence[Sequence[Button]]:
    """Offer the ways on."""
    edit = Button(text("✏️ Change it"), f"r:edit:{task.id}")
    if task.state in {State.REFUSED, State.CANCELLED}:
        return [[edit]]
    return [[Button(text("🔁 Retry"), f"r:retry:{task.id}", "primary"), edit]]
