"""`python -m bot check`: try what the settings name, and say in plain words what is wrong."""

import os
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, suppress

from prometheus_client import CollectorRegistry
from telegram import Bot
from telegram.error import InvalidToken, TelegramError

from bot.locales.text import Text, pick, text, verbatim
from bot.media.download import DownloadError, download
from bot.media.links import Links
from bot.media.offers import of_task
from bot.media.shelf import Shelf
from bot.miaohua.client import Miaohua, http_client
from bot.miaohua.errors import MiaohuaError, NotSent, Unauthenticated
from bot.miaohua.imgenstd import Imgenstd
from bot.settings import Settings, SettingsError
from bot.store import inbox
from bot.store.engine import Store
from bot.web.app import create_app
from bot.web.server import serve

LINK_SECONDS = 60.0
FETCH_SECONDS = 20.0
FETCH_LIMIT = 1000

_NOBODY = of_task(0)  # no task has this number


class _Wrong(Exception):
    """Something does not work; the sentence says what, and what to do."""

    def __init__(self, sentence: Text) -> None:
        super().__init__()
        self.sentence = sentence


async def check(settings: Settings, say: Callable[[str], None] = print) -> bool:
    """Try Telegram, the image service, the database and the link for pictures; say whether all of them work."""
    lang = pick(os.environ.get("LC_ALL") or os.environ.get("LANG"))
    probes: tuple[tuple[Text, Callable[[Settings], Awaitable[Text]]], ...] = (
        (text("Telegram"), _telegram),
        (text("Image service"), _vendor),
        (text("Database"), _database),
        (text("Public link"), _bucket if settings.media_bucket_url else _public_link),
    )
    all_well = True
    for name, probe in probes:
        try:
            mark, sentence = "✓", await probe(settings)
        except _Wrong as wrong:
            mark, sentence, all_well = "✗", wrong.sentence, False
        say(f"{mark} {name.plain(lang)}: {sentence.plain(lang)}")
    return all_well


async def _telegram(settings: Settings) -> Text:
    bot = Bot(
        settings.telegram_bot_token.get_secret_value(),
        base_url=f"{settings.telegram_api_url}/bot",
        base_file_url=f"{settings.telegram_api_url}/file/bot",
    )
    try:
        async with bot:
            return text("the bot is @{name}.", name=bot.username)
    except InvalidToken:
        raise _Wrong(text("it does not know this token. Copy TELEGRAM_BOT_TOKEN anew from @BotFather.")) from None
    except TelegramError:
        raise _Wrong(
            text("no answer from {address}. Check TELEGRAM_API_URL and the network.", address=settings.telegram_api_url)
        ) from None


async def _vendor(settings: Settings) -> Text:
    async with http_client() as http:
        client = Miaohua(
            http,
            base_url=settings.miaohua_api_url,
            access_key=settings.miaohua_access_key,
            secret_key=settings.miaohua_secret_key,
        )
        try:
            models = await Imgenstd(client).models("Checkpoint")
        except Unauthenticated:
            raise _Wrong(
                text("it does not accept the keys. Check MIAOHUA_ACCESS_KEY and MIAOHUA_SECRET_KEY, and this clock.")
            ) from None
        except NotSent:
            raise _Wrong(
                text(
                    "no answer from {address}. Check MIAOHUA_API_URL and the network.", address=settings.miaohua_api_url
                )
            ) from None
        except MiaohuaError as error:
            raise _Wrong(text("it answers, but not as it should: {error}", error=str(error))) from None
    names = {model.name for model in models} | {model.id for model in models}
    if settings.default_model and settings.default_model not in names:
        raise _Wrong(text("it has no model “{name}”. Change DEFAULT_MODEL.", name=settings.default_model))
    return text("{count} models.", count=len(models))


async def _database(settings: Settings) -> Text:
    try:
        async with AsyncExitStack() as opened:
            store = await Store.open(settings.database_url)
            opened.push_async_callback(store.close)
            async with store.write() as conn:
                await inbox.forget(conn, 0.0)  # nothing is that old
    except SettingsError as error:
        raise _Wrong(verbatim(str(error))) from None
    except Exception as error:  # noqa: BLE001  drivers raise errors of their own
        kind = type(_root(error)).__name__
        raise _Wrong(text("it cannot be written to ({kind}). Check DATABASE_URL.", kind=kind)) from None
    return text("it can be read and written.")


def _root(error: BaseException) -> BaseException:
    return error if error.__cause__ is None else _root(error.__cause__)


async def _public_link(settings: Settings) -> Text:
    """Fetch a file of ours the way the image service will; serve it meanwhile unless the running bot does."""
    if settings.public_url is None:
        return text(
            "neither PUBLIC_URL nor MEDIA_BUCKET_URL is set, so nothing works that begins with a photo, but /stylize, "
            "which sends it along (up to 7 MB); words alone work."
        )
    links = Links(settings.public_url, settings.link_key)
    shelf, content = Shelf(settings.media_dir, links), secrets.token_bytes(64)
    try:
        name = await shelf.put(_NOBODY, 0, content, "png")
    except OSError:
        raise _Wrong(
            text("no file can be written to {directory}. Check MEDIA_DIR.", directory=str(settings.media_dir))
        ) from None
    try:
        async with AsyncExitStack() as opened:
            app = create_app(links=links, shelf=shelf, health=_no_report, registry=CollectorRegistry())
            with suppress(OSError):  # the port is taken: by the running bot, as we shall see
                await opened.enter_async_context(serve(app, settings.web_host, settings.web_port))
            fetched = await _fetch(shelf.link(name, time.time() + LINK_SECONDS))
    except DownloadError as error:
        raise _Wrong(
            text(
                "{address} does not lead to this bot ({error}). Check PUBLIC_URL, WEB_HOST, WEB_PORT and the proxy.",
                address=settings.public_url,
                error=str(error),
            )
        ) from None
    finally:
        await shelf.remove(_NOBODY)
    if fetched != content:
        raise _Wrong(text("{address} leads to something else. Check PUBLIC_URL.", address=settings.public_url))
    return text("{address} leads here.", address=settings.public_url)


async def _bucket(settings: Settings) -> Text:
    """Put a picture into the bucket, fetch it the way the image service will, and remove it."""
    from bot.media.bucket import BucketClosed, BucketUnreachable, bucket_of  # noqa: PLC0415  others need not load it

    bucket = bucket_of(settings, patience=0)
    names, content = {"bucket": bucket.name, "address": bucket.endpoint}, secrets.token_bytes(64)
    try:
        link = bucket.link(await bucket.put(_NOBODY, 0, content, "png"), time.time() + LINK_SECONDS)
        try:
            fetched = await _fetch(link)
        finally:
            await bucket.clear(_NOBODY)
    except BucketClosed as closed:
        raise _Wrong(_closed(names, closed.s3_code, is_missing=closed.is_missing)) from None
    except BucketUnreachable as fault:
        raise _Wrong(_unreachable(names, fault.s3_code)) from None
    except DownloadError as error:
        raise _Wrong(
            text(
                "the bucket “{bucket}” takes pictures, but its link does not lead to them ({error}). "
                "Check MEDIA_BUCKET_ENDPOINT and MEDIA_BUCKET_REGION.",
                error=str(error),
                **names,
            )
        ) from None
    if fetched != content:
        raise _Wrong(text("{address} leads to something else. Check MEDIA_BUCKET_ENDPOINT.", **names))
    return text("the bucket “{bucket}” takes pictures, and its links lead to them.", **names)


def _closed(names: Mapping[str, str], code: str, *, is_missing: bool) -> Text:
    if is_missing:
        return text(
            "there is no bucket “{bucket}” at {address}. Check MEDIA_BUCKET_URL and MEDIA_BUCKET_ENDPOINT.", **names
        )
    return text(
        "the bucket “{bucket}” does not accept the keys ({code}). Check MEDIA_BUCKET_ACCESS_KEY and "
        "MEDIA_BUCKET_SECRET_KEY, MEDIA_BUCKET_REGION, and that they may read, write, list and delete there.",
        code=code,
        **names,
    )


def _unreachable(names: Mapping[str, str], code: str) -> Text:
    if code:
        return text(
            "{address} answers, but not as it should ({code}). Check MEDIA_BUCKET_ENDPOINT and MEDIA_BUCKET_REGION.",
            code=code,
            **names,
        )
    return text("no answer as from a bucket from {address}. Check MEDIA_BUCKET_ENDPOINT and the network.", **names)


async def _fetch(link: str) -> bytes:
    async with http_client() as http:
        return (await download(http, link, limit=FETCH_LIMIT, timeout=FETCH_SECONDS)).data


async def _no_report() -> dict[str, object]:
    return {"ok": True}
