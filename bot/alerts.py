"""Tell the owners once when the vendor refuses the account or tasks are late, and once when that is over.

What is wrong is read from the rows of tasks, so nobody has to report it here, and a start knows it too.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet

import structlog
from telegram.constants import ParseMode
from telegram.error import TelegramError

from bot.capabilities import registry
from bot.conversations.view import joined
from bot.locales.text import LANGUAGES, Text, pick, plural, text
from bot.store import alerts, people, tasks
from bot.store.alerts import Alert
from bot.store.engine import Store
from bot.store.task import State, Task
from bot.telegram.faults import may_have_arrived
from bot.telegram.services import Bot
from bot.waiting import repeat

log = structlog.get_logger()

EVERY = 30.0

# An owner who was not reached is tried again after half a minute, then after twice as long each time, up to this.
LONGEST_WAIT = 3600.0

# The newest tasks that are looked at for what the vendor last said of the account.
LOOKED_AT = 200

# Seconds of waiting from which on a task is late, and to which all have to come down before they are in time again.
LATE = 600.0
IN_TIME = 300.0

_NOT_PERMITTED = 7
_REFUSALS: Mapping[int, Text] = {
    16: text("⚠️ The image service does not accept this bot's keys (code 16). Please check MIAOHUA_ACCESS_KEY."),
    429: text("⚠️ The image service's daily limit of this bot's account is used up (code 429)."),
}

# Names of alerts. Keys and a limit concern every order, a permission those of one capability.
_OF_ACCOUNT = frozenset(f"account:{code}" for code in _REFUSALS)
_LATE = "late"


class Alerts:
    """The loop that looks for what the owners should know."""

    def __init__(
        self, bot: Bot, store: Store, owners: Collection[int], *, clock: Callable[[], float] = time.time
    ) -> None:
        self._bot = bot
        self._store = store
        self._owners = frozenset(owners)
        self._clock = clock
        self._unaware: dict[str, set[int]] = {}  # by alert: who has not heard of it so far
        self._away: dict[int, tuple[float, float]] = {}  # until when an owner is left alone, and how long the next time

    async def run(self, stop: asyncio.Event) -> None:
        """Look every half minute until `stop` is set."""
        await repeat(self.look, stop, EVERY, failed="alerts_failed")

    async def look(self) -> None:
        """Look once: raise what is wrong, and take down what is over."""
        async with self._store.read() as conn:
            newest = await tasks.newest(conn, LOOKED_AT)
            since = await tasks.waits_since(conn)
            raised = {alert.name: alert for alert in await alerts.raised(conn)}
        late = 0.0 if since is None else self._clock() - since
        wrong = {**_refused(newest), **({_LATE: _late(late)} if late > LATE else {})}
        for name, sentence in wrong.items():
            await self._raise(name, sentence, raised.get(name))
        for name, alert in raised.items():
            if name not in wrong and (
                late <= IN_TIME if name == _LATE else _is_accepted(newest, name, alert.raised_at)
            ):
                await self._take_down(alert)

    async def _raise(self, name: str, sentence: Text, alert: Alert | None) -> None:
        if alert is None:
            async with self._store.write() as conn:
                await alerts.put_up(conn, name, self._clock())
            log.warning("alert_raised", alert=name)
        is_told = alert is not None and alert.told_at is not None
        unaware = self._unaware.setdefault(name, set() if is_told else set(self._owners))
        unaware -= await self._tell(unaware, sentence)
        if not is_told and unaware < self._owners:
            async with self._store.write() as conn:
                await alerts.told(conn, name, self._clock())

    async def _take_down(self, alert: Alert) -> None:
        aware = self._owners - self._unaware.get(alert.name, set()) if alert.told_at is not None else set()
        if aware and not await self._tell(aware, _over(alert.name)):
            return
        async with self._store.write() as conn:
            await alerts.take_down(conn, alert.name)
        self._unaware.pop(alert.name, None)
        log.info("alert_over", alert=alert.name)

    async def _tell(self, owners: AbstractSet[int], sentence: Text) -> set[int]:
        """Tell those owners who can be reached; say who they were."""
        return {owner for owner in sorted(owners) if not self._is_away(owner) and await self._reaches(owner, sentence)}

    def _is_away(self, owner: int) -> bool:
        return owner in self._away and self._clock() < self._away[owner][0]

    async def _reaches(self, owner: int, sentence: Text) -> bool:
        words = await self._phrased(owner, sentence)
        try:
            await self._bot.send_message(owner, words, parse_mode=ParseMode.HTML)
        except TelegramError as fault:
            log.warning("owner_not_told", owner=owner, fault=type(fault).__name__)
            if not may_have_arrived(fault):
                _, wait = self._away.get(owner, (0.0, EVERY))
                self._away[owner] = self._clock() + wait, min(2 * wait, LONGEST_WAIT)
                return False
        self._away.pop(owner, None)
        return True

    async def _phrased(self, owner: int, sentence: Text) -> str:
        """Phrase it in the language that an owner has chosen, else in all."""
        async with self._store.read() as conn:
            chosen = await people.lang(conn, owner)
        return "\n\n".join(sentence.html(lang) for lang in ([pick(chosen)] if chosen else LANGUAGES))


def _refused(newest: Sequence[Task]) -> dict[str, Text]:
    """Phrase, by the name of its alert, each refusal after which no order of that kind was taken."""
    latest = {_name(task): task for task in sorted(filter(_is_refusal, newest), key=_ended_at)}
    return {
        name: joined([_refusal(task), text("I say so when it works again.")], " ")
        for name, task in latest.items()
        if not _is_accepted(newest, name, _ended_at(task))
    }


def _is_accepted(newest: Sequence[Task], name: str, since: float) -> bool:
    """Say whether an order was taken since then that is refused while an alert of this name is up."""
    return any((task.submitted_at or 0.0) > since and name in {_permission(task), *_OF_ACCOUNT} for task in newest)


def _is_refusal(task: Task) -> bool:
    # A task that has the vendor's id was taken: what it met later is not the account's.
    is_known = task.error_code in {_NOT_PERMITTED, *_REFUSALS}
    return task.state is State.FAILED and task.vendor_id is None and is_known


def _refusal(task: Task) -> Text:
    if task.error_code != _NOT_PERMITTED:
        return _REFUSALS[task.error_code or 0]
    return text(
        "⚠️ The image service refuses {what}: this bot's account may not use it (code 7).",
        what=registry.BY_NAME[task.capability].title if task.capability in registry.BY_NAME else task.capability,
    )


def _name(task: Task) -> str:
    return _permission(task) if task.error_code == _NOT_PERMITTED else f"account:{task.error_code}"


def _permission(task: Task) -> str:
    return f"denied:{task.capability}"[:32]


def _ended_at(task: Task) -> float:
    return task.finished_at or 0.0


def _over(name: str) -> Text:
    return (
        text("✅ Tasks are in time again.") if name == _LATE else text("✅ The image service takes such orders again.")
    )


def _late(seconds: float) -> Text:
    return plural(
        "⚠️ Tasks are late: one has been waiting for {count} minute. "
        "The image service may be out of order, or have too much to do; the log says more.",
        "⚠️ Tasks are late: one has been waiting for {count} minutes. "
        "The image service may be out of order, or have too much to do; the log says more.",
        int(seconds // 60),
    )
