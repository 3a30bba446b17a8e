"""python-telegram-bot's Application as this bot uses it: one ordered list of handlers, no state of its own."""

from typing import Any, cast

from telegram import LinkPreviewOptions, Update
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    ChatMemberHandler,
    ContextTypes,
    Defaults,
    InlineQueryHandler,
    MessageHandler,
    filters,
)

from bot.capabilities import registry
from bot.settings import Settings
from bot.telegram import (
    dialogs,
    failures,
    help,  # noqa: A004  its command's name
    history,
    inline,
    limits_panel,
    menu,
    models_list,
    preferences,
    presets,
    privacy,
    replies,
    requests,
    results,
    service_updates,
    tasks_list,
)
from bot.telegram.commands import Asks
from bot.telegram.operator import broadcast, people, stats
from bot.telegram.pacing import Pacer
from bot.telegram.processor import After, SerialProcessor
from bot.telegram.services import App, Context

ALLOWED_UPDATES = [
    Update.MESSAGE,
    Update.CALLBACK_QUERY,
    Update.INLINE_QUERY,
    Update.MY_CHAT_MEMBER,
    Update.CHAT_MEMBER,
]

# Longer than Telegram's own patience, so that a time-out is rare and then means trouble.
READ_TIMEOUT = 30.0


def build(settings: Settings, after: After) -> App:
    """Make the application, without handlers and services: those need the bot's name and the parts around it.

    `after` settles each update whose handlers are done.
    """
    builder = Application.builder().token(settings.telegram_bot_token.get_secret_value())
    app: Any = (
        builder.base_url(f"{settings.telegram_api_url}/bot")
        .base_file_url(f"{settings.telegram_api_url}/file/bot")
        .updater(None)
        .job_queue(None)
        .rate_limiter(Pacer())
        .context_types(ContextTypes(context=Context))
        .defaults(Defaults(link_preview_options=LinkPreviewOptions(is_disabled=True)))
        .concurrent_updates(SerialProcessor(after=after))
        .connection_pool_size(64)
        .pool_timeout(30.0)
        .read_timeout(READ_TIMEOUT)
        .build()
    )
    return cast("App", app)  # its bot_data is yet to come


def add_handlers(app: App) -> None:
    """Add the handlers. The first that fits an update is the only one, so the order is part of what they mean.

    Only new messages count: an edited command orders nothing, or whoever mends a typo would pay twice.
    """
    name = app.bot.username
    new = filters.UpdateType.MESSAGE
    owner = filters.User(app.bot_data.settings.owner_ids)
    picture = filters.PHOTO | filters.Document.ALL
    app.add_handlers(
        [
            MessageHandler(filters.StatusUpdate.MIGRATE, service_updates.migrated),
            ChatMemberHandler(service_updates.my_membership, ChatMemberHandler.MY_CHAT_MEMBER),
            ChatMemberHandler(service_updates.membership, ChatMemberHandler.CHAT_MEMBER),
            MessageHandler(new & Asks(name, *registry.BY_COMMAND), requests.ask),
            MessageHandler(new & Asks(name, "start"), help.start),
            MessageHandler(new & Asks(name, "help"), help.show),
            MessageHandler(new & Asks(name, "tasks"), tasks_list.show),
            MessageHandler(new & Asks(name, "history"), history.show),
            MessageHandler(new & Asks(name, "models"), models_list.show),
            MessageHandler(new & Asks(name, "settings"), preferences.show),
            MessageHandler(new & Asks(name, "limits"), limits_panel.show),
            MessageHandler(new & Asks(name, "presets", "preset"), presets.show),
            MessageHandler(new & Asks(name, "privacy"), privacy.show),
            MessageHandler(new & Asks(name, "forget"), privacy.ask),
            MessageHandler(new & Asks(name, "cancel"), dialogs.cancel),
            # The operator's: for anybody else they are unknown.
            MessageHandler(new & owner & Asks(name, *people.NAMES), people.judge),
            MessageHandler(new & owner & filters.ChatType.PRIVATE & Asks(name, "broadcast"), broadcast.preview),
            MessageHandler(new & (owner | filters.ChatType.GROUPS) & Asks(name, "stats"), stats.show),
            # What is left of commands is unknown. In a group it may be for another bot.
            MessageHandler(new & filters.ChatType.PRIVATE & Asks(name), help.unknown),
            MessageHandler(new & (filters.TEXT | picture) & ~Asks(name), replies.take),
            MessageHandler(new & filters.ChatType.PRIVATE & filters.ATTACHMENT, help.unusable),
            CallbackQueryHandler(dialogs.press, pattern=r"^d:\d{1,18}:"),
            CallbackQueryHandler(
                results.press, pattern=r"^r:[a-z]+:\d{1,18}(:\d{1,2}(:([a-z_]{1,32}|\d{1,10}_\d{1,2}))?)?$"
            ),
            CallbackQueryHandler(menu.press, pattern=r"^m:[a-z]+$"),
            CallbackQueryHandler(history.press, pattern=r"^h:[a-z]+:-?\d{1,18}:\d{1,6}:\d{1,18}:\d{1,10}:\d$"),
            CallbackQueryHandler(models_list.press, pattern=r"^l:[a-z]+:-?\d{1,18}(:[\w.-]*)*$"),
            CallbackQueryHandler(preferences.press, pattern=r"^s:[a-z]+:-?\d{1,18}(:|$)"),
            CallbackQueryHandler(limits_panel.press, pattern=r"^g:[a-z]+(:[\w.-]+){0,2}$"),
            CallbackQueryHandler(presets.press, pattern=r"^p:[a-z]+:-?\d{1,18}:\d{1,3}(:[0-9a-f]{10})?$"),
            CallbackQueryHandler(privacy.press, pattern=r"^f:(yes|no)$"),
            CallbackQueryHandler(stats.press, pattern=r"^o:stats:(1|7|30)$"),
            CallbackQueryHandler(broadcast.press, pattern=r"^o:(send|drop|stop):\d{1,18}$"),
            CallbackQueryHandler(failures.unknown_button),
            InlineQueryHandler(inline.answer),
        ]
    )
    app.add_error_handler(failures.report)
