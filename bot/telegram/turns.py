"""Whose turn it is to send: the order and the rates of outgoing messages, without a clock and without I/O.

Every chat has a queue of its own, in order of priority, then of arrival. Only the head of a queue may go, so that an
album that needs ten places is not overtaken for ever by messages that need one; among the heads the same order holds.
"""

import heapq
import math
from bisect import insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import count, islice

from bot.telegram.rates import Rates, Window

ChatId = int | str

# That many chats told to wait at one time mean that the whole bot is meant.
_GLOBAL_HALT = 3

# A message that gets all of these as new contents has no need of older edits; a keyboard alone replaces a keyboard.
_REPLACES_ALL = frozenset({"editMessageText", "editMessageCaption", "editMessageMedia", "deleteMessage"})


class Priority(IntEnum):
    """What goes first. Starts at 1, because python-telegram-bot drops a `rate_limit_args` of 0."""

    RESULT = 1
    MESSAGE = 2
    EDIT = 3
    BROADCAST = 4


@dataclass(eq=False, slots=True)
class Send:
    """A call that waits for its turn; `places` is how many messages it makes. After `deadline` nobody waits for it."""

    endpoint: str
    priority: Priority
    chat: ChatId | None
    deadline: float = math.inf
    message: int | None = None
    places: int = 1
    arrival: int | None = field(default=None, init=False)

    @property
    def rank(self) -> tuple[int, int]:
        """Smaller goes first."""
        return self.priority, self.arrival or 0

    def is_outdated_by(self, endpoint: str, message: int | None) -> bool:
        """Say whether a later call about a message of the same chat leaves this one without purpose."""
        same_message = self.message is not None and self.message == message
        return self.priority is Priority.EDIT and same_message and endpoint in {self.endpoint, *_REPLACES_ALL}


class _Queue:
    """One chat: who waits, and what was sent. `None` stands for messages sent inline, which have no chat."""

    __slots__ = ("_chat", "_edits", "_group", "_small_album", "halted_until", "waiting")

    def __init__(self, chat: ChatId | None, rates: Rates) -> None:
        is_group = isinstance(chat, str) or (chat is not None and chat < 0)
        self._chat = [Window(rates.chat)] if chat is not None else []
        self._group = [Window(rates.group)] if is_group else []
        self._edits = [Window(rates.chat_edits)] * len(self._chat) + [Window(rates.group_edits)] * len(self._group)
        self._small_album = max(rates.chat.places - 1, 1)
        self.halted_until = -math.inf
        self.waiting: list[Send] = []

    def free_at(self, now: float) -> float:
        """Return when the head may go, as far as this chat is concerned."""
        return max([now, self.halted_until, *(window.free_at(now, n) for window, n in self._claims(self.waiting[0]))])

    def take(self, now: float) -> Send:
        """Let the head go."""
        send = self.waiting.pop(0)
        for window, places in self._claims(send):
            window.take(now, places)
        return send

    def is_idle(self, now: float) -> bool:
        """Say whether nothing would be lost by forgetting this chat."""
        windows = [*self._chat, *self._group, *self._edits]
        return not self.waiting and self.halted_until <= now and all(window.is_empty(now) for window in windows)

    def _claims(self, send: Send) -> Iterator[tuple[Window, int]]:
        for window in self._chat:
            yield window, min(send.places, self._small_album)  # leaves a place for the buttons below an album
        for window in self._group:
            yield window, send.places
        if send.priority is Priority.EDIT:
            for window in self._edits:
                yield window, send.places


class Turns:
    """All queues, and the rate of the whole bot. `now` never goes back from call to call."""

    def __init__(self, rates: Rates) -> None:
        self._rates = rates
        self._overall = Window(rates.overall)
        self._halted_until = -math.inf
        self._queues: dict[ChatId | None, _Queue] = {}
        self._busy: dict[ChatId | None, _Queue] = {}
        self._arrivals = count(1)

    def __len__(self) -> int:
        return sum(len(queue.waiting) for queue in self._busy.values())

    def enter(self, send: Send, now: float) -> list[Send]:
        """Queue a call, again one that has to be repeated; return the waiting calls that it makes pointless.

        A newer edit takes the place of the older one. An edit to be repeated may itself be pointless by now.
        """
        self._forget_idle(now)
        queue = self._queue(send.chat)
        if send.arrival is not None and any(send.is_outdated_by(w.endpoint, w.message) for w in queue.waiting):
            return [send]
        outdated = self.outdate(send.endpoint, send.chat, send.message)
        if send.arrival is None:
            send.arrival = min((old.arrival or 0 for old in outdated), default=0) or next(self._arrivals)
        insort(queue.waiting, send, key=lambda waiting: waiting.rank)
        self._busy[send.chat] = queue
        return outdated

    def outdate(self, endpoint: str, chat: ChatId | None, message: int | None) -> list[Send]:
        """Take out the waiting edits that such a call makes pointless."""
        queue = self._busy.get(chat)
        outdated = [send for send in queue.waiting if send.is_outdated_by(endpoint, message)] if queue else []
        for send in outdated:
            self.leave(send)
        return outdated

    def leave(self, send: Send) -> None:
        """Take a call out, if it still waits."""
        queue = self._busy.get(send.chat)
        if queue is not None and send in queue.waiting:
            queue.waiting.remove(send)
            if not queue.waiting:
                del self._busy[send.chat]

    def take(self, now: float) -> list[Send]:
        """Let go all whose turn it is now, in order."""
        if now < self._halted_until:
            return []
        gone: list[Send] = []
        heads = [(queue.waiting[0].rank, chat) for chat, queue in self._busy.items() if queue.free_at(now) <= now]
        heapq.heapify(heads)
        while heads:
            chat = heads[0][1]
            queue = self._busy[chat]
            if self._overall.free_at(now, queue.waiting[0].places) > now:
                break
            heapq.heappop(heads)
            gone.append(queue.take(now))
            self._overall.take(now, gone[-1].places)
            if not queue.waiting:
                del self._busy[chat]
            elif queue.free_at(now) <= now:
                heapq.heappush(heads, (queue.waiting[0].rank, chat))
        return gone

    def lapsed(self, now: float) -> list[Send]:
        """Take out all whom waiting does not help: the deadline is over, or will be before a halt is."""
        gone = [
            send
            for queue in self._busy.values()
            for send in queue.waiting
            if send.deadline <= now or send.deadline < max(queue.halted_until, self._halted_until)
        ]
        for send in gone:
            self.leave(send)
        return gone

    def next_at(self, now: float) -> float:
        """Return when to look again: somebody's turn or deadline. Never, if nobody waits."""
        if not self._busy:
            return math.inf
        heads = [(queue.free_at(now), queue.waiting[0]) for queue in self._busy.values()]
        times = [at for at, _ in heads if at > now]
        ready = [head for at, head in heads if at <= now]
        if ready:
            times.append(self._overall.free_at(now, min(ready, key=lambda head: head.rank).places))
        deadline = min(send.deadline for queue in self._busy.values() for send in queue.waiting)
        return min(max(min(times), self._halted_until), deadline)

    def halt(self, chat: ChatId | None, until: float, now: float) -> None:
        """Let nothing go to a chat before `until`, as Telegram asked; or to any, once several chats are halted.

        Telegram does not say which it means. A halt of one chat must not stop the others; a bot that is halted as a
        whole hears it from one chat after the other.
        """
        queue = self._queue(chat)
        queue.halted_until = max(queue.halted_until, until)
        if sum(queue.halted_until > now for queue in self._queues.values()) >= _GLOBAL_HALT:
            self._halted_until = max(self._halted_until, until)

    def _queue(self, chat: ChatId | None) -> _Queue:
        if chat not in self._queues:
            self._queues[chat] = _Queue(chat, self._rates)
        return self._queues[chat]

    def _forget_idle(self, now: float) -> None:
        """Look at two chats, turn by turn: more than one new call can add."""
        for chat in list(islice(self._queues, 2)):
            queue = self._queues.pop(chat)
            if not queue.is_idle(now):
                self._queues[chat] = queue
