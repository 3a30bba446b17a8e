from typing import Any

import pytest
from telegram import Update
from telegram.ext import BaseHandler, CallbackQueryHandler, ChatMemberHandler, InlineQueryHandler, MessageHandler

from bot.sandbox.telegram.cast import BOT, TOKEN
from bot.sandbox.telegram.entities import finish
from bot.sandbox.telegram.people.requests import Edit
from bot.sandbox.telegram.people.speaking import edit
from bot.settings import Settings
from bot.telegram import (
    dialogs,
    failures,
    help,  # noqa: A004  its command's name
    limits_panel,
    menu,
    presets,
    privacy,
    replies,
    requests,
    results,
    service_updates,
    tasks_list,
)
from bot.telegram.application import ALLOWED_UPDATES, READ_TIMEOUT, build
from bot.telegram.pacing import Pacer
from bot.telegram.processor import SerialProcessor
from bot.telegram.services import Context
from tests.telegram.stage import Stage, picture_bytes
from tests.telegram.wires import ADDRESS

# What each kind of handler is given.
KINDS = {
    MessageHandler: Update.MESSAGE,
    CallbackQueryHandler: Update.CALLBACK_QUERY,
    InlineQueryHandler: Update.INLINE_QUERY,
}
MEMBERS: dict[int | None, str] = {
    ChatMemberHandler.MY_CHAT_MEMBER: Update.MY_CHAT_MEMBER,
    ChatMemberHandler.CHAT_MEMBER: Update.CHAT_MEMBER,
}
PERSON = {"id": 7, "is_bot": False, "first_name": "Ann"}
PRIVATE, GROUP = {"id": 7, "type": "private"}, {"id": -1001, "type": "supergroup", "title": "Group"}
PHOTO: dict[str, Any] = {"photo": [{"file_id": "p", "file_unique_id": "p", "width": 9, "height": 9}]}
VOICE: dict[str, Any] = {"file_id": "v", "file_unique_id": "v", "duration": 1}
FILE: dict[str, Any] = {"document": {"file_id": "d", "file_unique_id": "d"}}


def handlers(stage: Stage) -> list[BaseHandler[Any, Any, Any]]:
    [group] = stage.parts.app.handlers.values()
    return list(group)


def written(words: str, chat: dict[str, Any] = PRIVATE, **more: Any) -> dict[str, Any]:
    found = finish(words)
    kind = "caption" if {"photo", "document"} & set(more) else "text"
    marks = "caption_entities" if kind == "caption" else "entities"
    body = {kind: found.text, marks: [entity.as_json() for entity in found.entities]} if words else {}
    return {"message_id": 1, "date": 1, "chat": chat, "from": PERSON, **body, **more}


def query(data: str) -> dict[str, Any]:
    shown = {"message_id": 1, "date": 1, "chat": PRIVATE, "text": "x"}
    return {"id": "1", "from": PERSON, "chat_instance": "1", "data": data, "message": shown}


def first_for(stage: Stage, kind: str, body: dict[str, Any]) -> object:
    """Find whose update it is: the callback of the first handler that takes it."""
    update = Update.de_json({"update_id": 1, kind: body}, stage.bot)
    takers = (handler.callback for handler in handlers(stage) if handler.check_update(update) not in {None, False})
    return next(takers, None)


MESSAGES = [
    (written("/imagine a fox"), requests.ask),
    (written("/imagine", GROUP), requests.ask),
    (written("/imagine a fox", **PHOTO), requests.ask),
    (written("/imagine a fox", GROUP, **FILE), requests.ask),
    (written(f"/imagine@{BOT.username} a fox", GROUP), requests.ask),
    (written("/start"), help.start),
    (written("/help imagine"), help.show),
    (written("/tasks", GROUP), tasks_list.show),
    (written("/limits daily 20", GROUP), limits_panel.show),
    (written("/presets"), presets.show),
    (written("/preset save fox", GROUP), presets.show),
    (written("/privacy"), privacy.show),
    (written("/forget"), privacy.ask),
    (written("/cancel"), dialogs.cancel),
    (written("/weather"), help.unknown),
    (written("/weather", **PHOTO), help.unknown),
    (written("/weather", GROUP), None),
    (written("a fox"), replies.take),
    (written("a fox", GROUP), replies.take),
    (written("", **PHOTO), replies.take),
    (written("a fox", **FILE), replies.take),
    (written("", GROUP, migrate_to_chat_id=-1002), service_updates.migrated),
    (written("", GROUP, migrate_from_chat_id=-5), service_updates.migrated),
    (written("", GROUP, new_chat_title="New"), None),
    (written("", dice={"value": 3, "emoji": "🎲"}), help.unusable),
    (written("", voice=VOICE), help.unusable),
    (written("", voice=VOICE, caption="a fox"), help.unusable),
    (written("", GROUP, voice=VOICE), None),
    (written("", message_auto_delete_timer_changed={"message_auto_delete_time": 60}), None),
    (written("", users_shared={"request_id": 1, "users": []}), None),
]
BUTTONS = [
    ("d:1:run", dialogs.press),
    ("d:1:set:size:16:9", dialogs.press),
    ("d:x:run", failures.unknown_button),
    ("d:9999999999999999999:run", failures.unknown_button),
    ("r:again:1", results.press),
    ("r:vary:1:7", results.press),
    ("r:go:1:7:upscale", results.press),
    ("r:delete:1:0:123_3", results.press),
    ("r:go:1:7:8", failures.unknown_button),
    ("r:go:1:7:upscale:2", failures.unknown_button),
    ("m:upscale", menu.press),
    ("m:", failures.unknown_button),
    ("m:upscale:1", failures.unknown_button),
    ("r:again:9999999999999999999", failures.unknown_button),
    ("g:add:daily:-5", limits_panel.press),
    ("g:main", limits_panel.press),
    ("g:set:daily:1:2", failures.unknown_button),
    ("p:turn:-5:0", presets.press),
    ("p:use:5:12:0123456789", presets.press),
    ("p:use:5:12:fox", failures.unknown_button),
    ("f:yes", privacy.press),
    ("f:yes:5", failures.unknown_button),
    ("anything", failures.unknown_button),
]


async def test_the_first_handler_that_fits_has_the_message(stage: Stage) -> None:
    for body, callback in MESSAGES:
        assert first_for(stage, "message", body) == callback, body


@pytest.mark.parametrize("kind", ["edited_message", "channel_post", "edited_channel_post", "business_message"])
async def test_only_new_messages_to_the_bot_count(stage: Stage, kind: str) -> None:
    for body, callback in MESSAGES:
        if callback is not service_updates.migrated:  # which nobody edits
            assert first_for(stage, kind, body) is None, body


async def test_the_first_handler_that_fits_has_the_button(stage: Stage) -> None:
    for data, callback in BUTTONS:
        assert first_for(stage, "callback_query", query(data)) == callback, data


async def test_telegram_is_asked_for_what_the_handlers_take_and_for_nothing_else(stage: Stage) -> None:
    wanted = {
        MEMBERS[handler.chat_member_types] if isinstance(handler, ChatMemberHandler) else KINDS[type(handler)]
        for handler in handlers(stage)
    }
    assert sorted(ALLOWED_UPDATES) == sorted(wanted)


async def test_an_edited_command_does_nothing(stage: Stage) -> None:
    alice = stage.person("Alice").id
    await stage.say("Alice", "/imagine a fx")
    await stage.say("Alice", "/imagine a fx", files={"a.jpg": picture_bytes()})
    before = len(await stage.tasks())
    for message_id, words in ((1, "/imagine a fox"), (2, "/imagine a fox"), (1, "/help")):
        edit(stage.sandbox, Edit(chat_id=alice, user_id=alice, message_id=message_id, text=words))
        await stage.handle()
        assert stage.updates[-1].edited_message is not None
    assert (before, len(await stage.tasks())) == (2, 2)
    assert stage.shown(stage.chat("Alice")) == []


async def test_the_application_is_made_for_these_settings() -> None:
    async def after(update: object) -> None:
        """Settle nothing."""

    secrets = {"telegram_bot_token": TOKEN, "miaohua_access_key": "a", "miaohua_secret_key": "b"}
    app = build(Settings(_env_file=None, telegram_api_url=ADDRESS, **secrets), after)  # type: ignore[arg-type]
    assert app.bot.base_url == f"{ADDRESS}/bot{TOKEN}"
    assert app.bot.base_file_url == f"{ADDRESS}/file/bot{TOKEN}"
    assert app.updater is None
    assert isinstance(app.bot.rate_limiter, Pacer)
    assert isinstance(app.update_processor, SerialProcessor)
    assert app.context_types.context is Context
    assert app.bot.request.read_timeout == READ_TIMEOUT
    assert app.bot.defaults is not None
