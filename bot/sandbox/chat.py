"""A client of the people side of the stand-in for Telegram: what a person at the chat page can do and see.

Waiting is by long polling. Every action marks the place in the stream of events from which `wait_for` looks, so that
an answer that comes before anybody waits for it is still found.
"""

import asyncio
import contextlib
import ssl
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal, Self

import httpx

from bot.sandbox.telegram.people.shown import ChatMessage, Event, Offered, ShownDocument, ShownPhoto, State

Upload = bytes | tuple[str, bytes]  # the bytes of a picture, or a name and the bytes

# Plain HTTP to loopback: loading certificates would only take time.
_PLAIN: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
_POLL_SECONDS: Final = 25
_SPARE_SECONDS: Final = 10  # for the answer to a long poll to arrive
_WAIT_SECONDS: Final = 20.0
_MAX_HELD: Final = 5000


class ChatError(Exception):
    """The stand-in refused an action; the text says why."""


class ChatClient:
    """Plays the people. Use it as a context manager; several may watch the same stand-in."""

    def __init__(self, address: str) -> None:
        timeout = httpx.Timeout(_POLL_SECONDS + _SPARE_SECONDS)
        self._http = httpx.AsyncClient(base_url=address, timeout=timeout, trust_env=False, verify=_PLAIN)
        self._held: deque[Event] = deque(maxlen=_MAX_HELD)
        self._seen = 0
        self._mark = 0
        self._polling = asyncio.Lock()

    async def __aenter__(self) -> Self:
        self._seen = self._mark = (await self.state()).last_event
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def state(self, lang: str = "") -> State:
        """Tell who is there, and the bot's menu in a language."""
        return State.model_validate(await self._get("/chat/state", lang=lang))

    async def send(
        self,
        user_id: int,
        chat_id: int,
        text: str = "",
        *,
        files: Sequence[Upload] = (),
        media: Literal["photo", "document"] = "photo",
        reply_to: int | ChatMessage | None = None,
        thread_id: int | None = None,
        voice: Literal["user", "group", "channel"] = "user",
    ) -> list[ChatMessage]:
        """Write a message; several files make an album, whose first message has the caption."""
        form = {"user_id": user_id, "chat_id": chat_id, "text": text, "media": media, "as": voice}
        if reply_to is not None:
            form["reply_to"] = reply_to.message_id if isinstance(reply_to, ChatMessage) else reply_to
        if thread_id is not None:
            form["thread_id"] = thread_id
        parts = [("files", _named(file, index)) for index, file in enumerate(files)]
        await self.mark()
        body = _read(await self._http.post("/chat/messages", data=form, files=parts or None))
        return [ChatMessage.model_validate(message) for message in body["messages"]]

    async def press(self, user_id: int, message: ChatMessage, button: str) -> str:
        """Press a button, named by its text or its data; gives the query's id, which an "answer" event carries."""
        found = next((held for held in message.buttons if button in {held.text, held.data}), None)
        if found is None or found.data is None:
            raise ChatError(f"no button {button!r} among {[held.text for held in message.buttons]}")
        wanted = {"chat_id": message.chat_id, "message_id": message.message_id, "data": found.data}
        body = await self.act("presses", user_id=user_id, **wanted)
        return str(body["query_id"])

    async def ask_inline(self, user_id: int, chat_id: int, query: str = "", *, offset: str = "") -> Event:
        """Type behind the bot's name in a chat; gives the event with what the bot offers."""
        body = await self.act("inline", user_id=user_id, chat_id=chat_id, query=query, offset=offset)
        return await self.wait_for(lambda event: event.type == "inline" and event.query_id == body["query_id"])

    async def choose(self, offered: Event, result: Offered) -> ChatMessage:
        """Send one of the results to where it was typed."""
        body = await self.act("choices", query_id=offered.query_id, result_id=result.id)
        return ChatMessage.model_validate(body["message"])

    async def edit(self, user_id: int, message: ChatMessage, text: str) -> ChatMessage:
        """Change a text or caption of one's own."""
        wanted = {"chat_id": message.chat_id, "message_id": message.message_id, "text": text}
        body = await self.act("edits", user_id=user_id, **wanted)
        return ChatMessage.model_validate(body["message"])

    async def history(self, chat_id: int) -> list[ChatMessage]:
        """Read a chat as it stands now."""
        body = await self._get("/chat/history", chat_id=chat_id)
        return [ChatMessage.model_validate(message) for message in body["messages"]]

    async def fetch(self, shown: ShownPhoto | ShownDocument) -> bytes:
        """Download a photo or a file."""
        answer = await self._http.get(shown.url)
        answer.raise_for_status()
        return answer.content

    async def act(self, path: str, **wanted: Any) -> dict[str, Any]:  # noqa: ANN401  JSON values
        """Post to any other path under /chat, such as "blocks", "admins", "migrations" or "faults"."""
        await self.mark()
        return _read(await self._http.post(f"/chat/{path}", json=wanted))

    async def calls(self, last: int = 1000) -> list[dict[str, Any]]:
        """Give the bot's last calls as they came, oldest first."""
        calls: list[dict[str, Any]] = (await self._get("/chat/calls", last=last))["calls"]
        return calls

    async def mark(self) -> None:
        """Let `wait_for` look only at what happens from now on. Every action does so by itself."""
        self._mark = (await self._get("/chat/events", after=2**53))["last"]

    async def events(self, seconds: float = 0) -> list[Event]:
        """Give what happened since the last time, waiting up to `seconds` for the first of it."""
        async with self._polling:
            body = await self._get("/chat/events", after=self._seen, timeout=min(seconds, _POLL_SECONDS))
            found = [Event.model_validate(event) for event in body["events"]]
            if found:
                self._seen = found[-1].n
            self._held.extend(found)
            return found

    async def wait_for(self, predicate: Callable[[Event], bool], timeout: float = _WAIT_SECONDS) -> Event:  # noqa: ASYNC109  said in the error
        """Wait for the first event since the last action that `predicate` accepts.

        Raises `TimeoutError` with what did happen.
        """
        clock = asyncio.get_running_loop().time
        end = clock() + timeout
        mark, looked = self._mark, self._mark
        while True:
            fresh = [event for event in self._held if event.n > looked]
            for event in fresh:
                if predicate(event):
                    return event
            looked = fresh[-1].n if fresh else looked
            left = end - clock()
            if left <= 0:
                raise TimeoutError(self._told(mark, timeout))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self.events(left)

    async def wait_for_message(
        self,
        chat_id: int,
        predicate: Callable[[ChatMessage], bool] = lambda _: True,
        timeout: float = _WAIT_SECONDS,  # noqa: ASYNC109  said in the error
    ) -> ChatMessage:
        """Wait for a message or edit of the bot's in a chat since the last action that `predicate` accepts."""

        def shows(event: Event) -> bool:
            message = event.message
            return message is not None and message.chat_id == chat_id and message.sender.is_bot and predicate(message)

        event = await self.wait_for(shows, timeout)
        if event.message is None:
            raise RuntimeError("an event without a message was taken for one")
        return event.message

    def _told(self, mark: int, timeout: float) -> str:
        happened = [
            f"{event.type} {event.message.words!r}" if event.message else f"{event.type} {event.action or event.text}"
            for event in self._held
            if event.n > mark
        ]
        return f"not within {timeout:g} s; what happened: {'; '.join(happened[-20:]) or 'nothing'}"

    async def _get(self, path: str, **query: Any) -> dict[str, Any]:  # noqa: ANN401  what a query can carry
        return _read(await self._http.get(path, params=query))


def _named(upload: Upload, index: int) -> tuple[str, bytes]:
    return upload if isinstance(upload, tuple) else (f"file{index + 1}", upload)


def _read(answer: httpx.Response) -> dict[str, Any]:
    body: dict[str, Any] = answer.json()
    if not answer.is_success:
        raise ChatError(body["error"])
    return body
