"""Honest progress: a chat action while one waits; where it takes longer, one message that is edited now and then.

Everything is read from the rows, so it goes on after a restart. The message disappears with the delivery.
"""

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from telegram.constants import ChatAction
from telegram.error import TelegramError

from bot.capabilities import registry
from bot.conversations.view import Button
from bot.locales.text import Text, layout, text
from bot.locales.times import duration
from bot.store import claims, tasks
from bot.store.engine import Store
from bot.store.forgetting import NOBODY
from bot.store.task import State, Task
from bot.telegram import messages
from bot.telegram.services import Bot
from bot.tracker import states
from bot.tracker.gate import OUTAGE
from bot.tracker.timings import Timings
from bot.waiting import repeat

log = structlog.get_logger()

BEAT = 2.0
STOP_WITHIN = 5.0
WATCHED = 200  # tasks at a time: beyond that Telegram's limits leave no room for progress anyway

# A chat action is shown for 5 seconds; it is repeated for the first minute of a wait, then the message says enough.
ACTION_EVERY = 4.0
ACTIONS_FOR = 60.0

# Shorter waits are not worth a message.
SPEAK_AFTER = 3.0
WORTH_SAYING = 4.0

EDIT_EVERY = 6.0
EDIT_EVERY_IN_GROUPS = 20.0
BAR_EVERY = 60.0  # at least: whoever sees a bar wants to see it grow

BAR_LENGTH = 10
TELLING_SHARE = 0.1  # from this much progress on, it says how long the rest will take

_DOWN = text("⏳ The image service is out of order. Your request is kept, and goes on by itself once it works again.")


@dataclass(slots=True)
class _Seen:
    edited_at: float = 0.0
    said: Text | None = None


class Progress:
    """The loop that keeps people informed about tasks that are not finished."""

    def __init__(
        self,
        bot: Bot,
        store: Store,
        timings: Timings,
        *,
        is_down: Callable[[], bool],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._bot = bot
        self._is_down = is_down
        self._store = store
        self._timings = timings
        self._clock = clock
        self._seen: dict[int, _Seen] = {}
        self._acted_at: dict[tuple[int, int | None], float] = {}  # by chat and topic: one action stands for all tasks
        self._at_work: dict[int, asyncio.Task[None]] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Look at the waiting tasks every two seconds until `stop` is set."""
        try:
            await repeat(self.beat, stop, BEAT, failed="progress_failed")
        finally:
            await self._finish()

    async def beat(self) -> None:
        """Begin to tell what is due about each waiting task; a chat that has to wait for its turn holds up no other."""
        busy = frozenset(self._at_work)  # before the rows are read: those of the busy may change in the middle
        async with self._store.read() as conn:
            listed = await tasks.in_states(conn, states.WAITING, WATCHED)
            waiting = [task for task in listed if task.owner_id != NOBODY and not registry.is_errand(task.capability)]
            ahead = await claims.ahead(conn, waiting, self._clock())
        self._seen = {task.id: self._seen.get(task.id, _Seen()) for task in waiting}
        places = {(task.chat_id, task.thread_id) for task in waiting}
        self._acted_at = {place: at for place, at in self._acted_at.items() if place in places}
        for task in waiting:
            if task.id not in busy:
                self._start(task, ahead.get(task.id))

    def _start(self, task: Task, ahead: int | None) -> None:
        work = asyncio.create_task(self._inform(task, ahead, self._seen[task.id]), name=f"progress-{task.id}")
        self._at_work[task.id] = work
        work.add_done_callback(lambda _: self._at_work.pop(task.id))

    async def _finish(self) -> None:
        if self._at_work:
            _, late = await asyncio.wait(self._at_work.values(), timeout=STOP_WITHIN)
            for work in late:
                work.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _inform(self, task: Task, ahead: int | None, seen: _Seen) -> None:
        try:
            await self._act(task)
            await self._speak(task, ahead, seen)
        except TelegramError as fault:
            log.info("progress_not_shown", task=task.id, fault=type(fault).__name__)
        except Exception:
            log.exception("progress_failed", task=task.id)

    async def _act(self, task: Task) -> None:
        now, place = self._clock(), (task.chat_id, task.thread_id)
        if now - task.created_at < ACTIONS_FOR and now - self._acted_at.get(place, 0.0) >= ACTION_EVERY:
            self._acted_at[place] = now
            await self._bot.send_chat_action(task.chat_id, ChatAction.UPLOAD_PHOTO, message_thread_id=task.thread_id)

    async def _speak(self, task: Task, ahead: int | None, seen: _Seen) -> None:
        now = self._clock()
        usual = await self._timings.usual(task.kind)
        sentence = status(task, ahead, usual, now, is_down=self._is_down())
        if task.status_message_id is None:
            if now - task.created_at >= SPEAK_AFTER and _is_long(task, usual, now):
                seen.edited_at, seen.said = now, sentence
                await self._say(task, sentence)
            return
        if sentence != seen.said and now - seen.edited_at >= _edit_every(task, now):
            seen.edited_at, seen.said = now, sentence
            await messages.edit(self._bot, task.chat_id, task.status_message_id, sentence, task.lang, *_buttons(task))

    async def _say(self, task: Task, sentence: Text) -> None:
        sent = await messages.say(self._bot, task, sentence, _buttons(task), disable_notification=True)
        async with self._store.write() as conn:
            noted = await tasks.note(conn, task.id, states.WAITING, status_message_id=sent.message_id)
        if not noted:  # the result was faster
            await messages.remove(self._bot, task.chat_id, sent.message_id)


def status(task: Task, ahead: int | None, usual: float | None, now: float, *, is_down: bool = False) -> Text:
    """Phrase where a task stands; `usual` is what its kind usually takes, where that is known.

    `is_down`: the image service is out of order, and an order only tries whether it is back.
    """
    if is_down and task.state in {State.QUEUED, State.SUBMITTING}:
        return _DOWN
    if task.state is State.QUEUED:
        return _in_queue(task, ahead or 0, usual, now)
    elapsed = now - (task.submitted_at or now)
    if task.progress is not None:
        return _with_bar(task.progress, elapsed, usual)
    if usual is None:
        return text("🎨 At work for {elapsed}.", elapsed=duration(elapsed))
    if elapsed > 2 * usual:
        return text(
            "🎨 At work for {elapsed}. This usually takes {usual}; I keep waiting.",
            elapsed=duration(elapsed),
            usual=duration(usual),
        )
    return text("🎨 At work for {elapsed}, usually {usual}.", elapsed=duration(elapsed), usual=duration(usual))


def _in_queue(task: Task, ahead: int, usual: float | None, now: float) -> Text:
    if task.error_code in OUTAGE:
        return _DOWN
    if task.attempts or task.error_code:
        return text("⏳ The image service is busy. Your request is kept, and I try again by myself.")
    if task.next_at is not None and task.next_at > now:  # claimed, but not ordered yet
        return text("⏳ Getting everything ready for the image service.")
    place = text("⏳ In the queue: place {place}.", place=ahead + 1)
    if usual is None:
        return place
    return text("{place} Once it is your turn, it usually takes {usual}.", place=place, usual=duration(usual))


def _with_bar(progress: float, elapsed: float, usual: float | None) -> Text:
    if usual is None and progress >= TELLING_SHARE:
        usual = elapsed / progress
    full = math.floor(progress * BAR_LENGTH)
    bar = layout("{bar} {percent}%", bar="▓" * full + "░" * (BAR_LENGTH - full), percent=math.floor(progress * 100))
    if usual is None:
        return text("🎓 {bar}\nFor {elapsed} so far.", bar=bar, elapsed=duration(elapsed))
    return text(
        "🎓 {bar}\nFor {elapsed} so far, about {usual} in all.",
        bar=bar,
        elapsed=duration(elapsed),
        usual=duration(max(usual, elapsed)),
    )


def _is_long(task: Task, usual: float | None, now: float) -> bool:
    """Say whether the result is not just about to come."""
    if task.submitted_at is None or usual is None:
        return True
    remaining = usual - (now - task.submitted_at)
    return not 0 <= remaining < WORTH_SAYING


def _edit_every(task: Task, now: float) -> float:
    """Say how long a message stays as it is: the longer the wait, the less a second more of it is news."""
    least = EDIT_EVERY if task.chat_id > 0 else EDIT_EVERY_IN_GROUPS
    every = max(least, (now - task.created_at) / 4)
    return min(every, BAR_EVERY) if task.progress is not None else every


def is_cancellable(task: Task) -> bool:
    """Say whether it can be taken back: the vendor has not got it yet, or lets it wait and gives it back."""
    if task.state is State.QUEUED:
        return True
    capability = registry.BY_NAME.get(task.capability)
    is_taken_back = capability is not None and capability.is_cancellable_at_vendor
    return is_taken_back and task.state is State.RUNNING and not task.progress


def _buttons(task: Task) -> list[list[Button]]:
    return [[Button(text("Cancel"), f"r:cancel:{task.id}")]] if is_cancellable(task) else []
