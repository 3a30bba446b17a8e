import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.settings import Settings, SettingsError, load

TOKEN, ACCESS, SECRET = "1234567:the-bot-token", "the-access-key", "the-secret-key"
NEEDED = {"TELEGRAM_BOT_TOKEN": TOKEN, "MIAOHUA_ACCESS_KEY": ACCESS, "MIAOHUA_SECRET_KEY": SECRET}
BUCKET_KEYS = {
    "MEDIA_BUCKET_ACCESS_KEY": "the-access-key-of-the-bucket",
    "MEDIA_BUCKET_SECRET_KEY": "the-secret-key-of-the-bucket",
}
EXAMPLE = Path(__file__).parents[1] / ".env.example"

Environment = Callable[..., None]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Environment:
    """Begin with what is needed and nothing else; return how to set more."""
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.lower() in Settings.model_fields:
            monkeypatch.delenv(name)

    def put(**more: str) -> None:
        for name, value in more.items():
            monkeypatch.setenv(name, value)

    put(**NEEDED)
    return put


def complaint() -> str:
    with pytest.raises(SettingsError) as fault:
        load()
    assert fault.value.__cause__ is None
    assert fault.value.__suppress_context__  # its text holds the values
    said = str(fault.value)
    assert said.endswith(".")
    assert "\n" not in said
    return said


def test_three_settings_are_enough() -> None:
    settings = load()
    assert settings.telegram_bot_token.get_secret_value() == TOKEN
    assert settings.telegram_mode == "polling"
    assert settings.owner_ids == frozenset()
    assert (settings.public_url, settings.default_model, settings.telegram_webhook_secret) == (None, None, None)
    assert str(settings.limits_timezone) == "Asia/Shanghai"


@pytest.mark.parametrize("name", NEEDED)
@pytest.mark.parametrize("is_empty", [True, False])
def test_what_is_needed_and_missing_is_named(monkeypatch: pytest.MonkeyPatch, name: str, *, is_empty: bool) -> None:
    if is_empty:
        monkeypatch.setenv(name, "")
    else:
        monkeypatch.delenv(name)
    assert complaint() == f"{name} is not set: put it into .env or the environment."


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TELEGRAM_API_URL", "api.telegram.example"),
        ("TELEGRAM_API_URL", "ftp://api.telegram.example"),
        ("MIAOHUA_API_URL", "https://"),
        ("MIAOHUA_API_URL", "https://[half"),
        ("MIAOHUA_API_URL", "https://name:pass℀word@host.example"),
        ("MIAOHUA_API_URL", "http://host.example:99999"),
        ("PUBLIC_URL", "www.secret-host.example"),
        ("PUBLIC_URL", "https://secret host.example"),
        ("PUBLIC_URL", "https://host.example:0"),
        ("MEDIA_BUCKET_URL", "https://host.example/my-bucket"),
        ("MEDIA_BUCKET_URL", "s3://"),
        ("MEDIA_BUCKET_URL", "s3://My_Bucket"),
        ("MEDIA_BUCKET_URL", "s3://name:password@my-bucket"),
        ("MEDIA_BUCKET_URL", "s3://my-bucket/../another"),
        ("MEDIA_BUCKET_ENDPOINT", "s3.example.org"),
        ("MEDIA_BUCKET_REGION", "Hangzhou, China"),
        ("TELEGRAM_MODE", "pushing"),
        ("TELEGRAM_WEBHOOK_SECRET", "not a header's word"),
        ("TELEGRAM_WEBHOOK_SECRET", "x" * 257),
        ("VENDOR_CONCURRENCY", "0"),
        ("HISTORY_DAYS", "-1"),
        ("VENDOR_CONCURRENCY", "many"),
        ("DATABASE_URL", "mysql://name:password@db.example/bot"),
        ("DATABASE_URL", "data/bot.db"),
        ("WEB_PORT", "65536"),
        ("OWNER_IDS", "12345678,somebody"),
        ("OWNER_IDS", "12345678;87654321"),
        ("MAX_RUNNING_TASKS", "0"),
        ("DAILY_LIMIT", "-10"),
        ("MIN_INTERVAL_SECONDS", "-0.5"),
        ("MIN_INTERVAL_SECONDS", "soon"),
        ("LIMITS_TIMEZONE", "Atlantis/Sunken"),
        ("LIMITS_TIMEZONE", "../../etc/passwd"),
        ("LOG_LEVEL", "chatty"),
        ("LOG_FORMAT", "verse"),
    ],
)
def test_a_bad_value_is_named_and_never_shown(environment: Environment, name: str, value: str) -> None:
    environment(**{name: value})
    said = complaint()
    assert said.startswith(f"{name}: ")
    assert len(said) > len(name) + 10
    for part in re.split(r"[^\w.-]+", value):
        if len(part) > 4 and part not in {"https", "mysql"}:
            assert part not in said


@given(value=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=5))
@pytest.mark.parametrize("name", ["PUBLIC_URL", "TELEGRAM_WEBHOOK_SECRET", "DATABASE_URL", "LIMITS_TIMEZONE"])
def test_whatever_a_value_is_it_is_taken_or_complained_about(name: str, value: str) -> None:
    try:
        load(_env_file=None, **{name.lower(): f"http://{value}" if name == "PUBLIC_URL" else value})
    except SettingsError as fault:
        said = str(fault)
    else:
        return
    assert said.startswith(f"{name}: ")
    assert value not in said


@pytest.mark.parametrize(
    ("missing", "given"),
    [
        ("PUBLIC_URL", {"TELEGRAM_WEBHOOK_SECRET": "a-word"}),
        ("TELEGRAM_WEBHOOK_SECRET", {"PUBLIC_URL": "https://bot.example"}),
        ("TELEGRAM_WEBHOOK_SECRET", {"PUBLIC_URL": "https://bot.example", "TELEGRAM_WEBHOOK_SECRET": ""}),
    ],
)
def test_a_webhook_needs_more(environment: Environment, missing: str, given: dict[str, str]) -> None:
    environment(TELEGRAM_MODE="webhook", **given)
    assert complaint() == f"{missing} must be set where TELEGRAM_MODE is webhook."
    environment(PUBLIC_URL="https://bot.example", TELEGRAM_WEBHOOK_SECRET="a-word")
    assert load().telegram_mode == "webhook"


@pytest.mark.parametrize(
    ("typed", "ids"),
    [("7", {7}), ("7,8", {7, 8}), (" 7 , 8 ,", {7, 8}), ("", set()), (",", set()), ("-1001234", {-1001234})],
)
def test_owners_are_numbers_with_commas(environment: Environment, typed: str, ids: set[int]) -> None:
    environment(OWNER_IDS=typed)
    assert load().owner_ids == ids


@pytest.mark.parametrize("name", [name for name in Settings.model_fields if name.upper() not in NEEDED])
def test_an_empty_value_is_as_if_it_were_not_set(environment: Environment, name: str) -> None:
    usual = getattr(load(), name)
    environment(**{name.upper(): ""})
    assert getattr(load(), name) == usual


def test_an_address_loses_its_last_slash(environment: Environment) -> None:
    environment(PUBLIC_URL="https://bot.example/studio/", MIAOHUA_API_URL="http://127.0.0.1:8001/")
    assert load().public_url == "https://bot.example/studio"
    assert load().miaohua_api_url == "http://127.0.0.1:8001"


def test_the_file_is_read_and_the_environment_wins(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TELEGRAM_BOT_TOKEN")
    Path(".env").write_text(
        "TELEGRAM_BOT_TOKEN=of-the-file\nDAILY_LIMIT=7\nWEB_PORT=\nUNHEARD_OF=1\n", encoding="utf-8"
    )
    environment(DAILY_LIMIT="8")
    assert load().telegram_bot_token.get_secret_value() == "of-the-file"
    assert load().daily_limit == 8
    assert load(daily_limit=9).daily_limit == 9
    assert load().web_port == 8080


def test_nothing_secret_is_shown(environment: Environment) -> None:
    environment(
        TELEGRAM_WEBHOOK_SECRET="the-webhook-secret",
        MEDIA_BUCKET_URL="s3://my-bucket",
        **BUCKET_KEYS,
        DATABASE_URL="postgresql+asyncpg://bot:the-password@db.example/bot",
        OWNER_IDS="7",
    )
    settings = load()
    assert set(settings.secrets) == {TOKEN, ACCESS, SECRET, "the-webhook-secret", *BUCKET_KEYS.values()}
    for shown in (repr(settings), str(settings), f"{settings}"):
        assert "owner_ids" in shown
        for secret in (*settings.secrets, "the-password", settings.link_key.hex(), repr(settings.link_key)):
            assert secret not in shown


def test_links_are_signed_with_a_key_of_the_bots_own(environment: Environment) -> None:
    key = load().link_key
    assert len(key) == 32
    assert load().link_key == key
    environment(TELEGRAM_BOT_TOKEN="1234567:another")
    assert load().link_key != key


@pytest.mark.parametrize("missing", BUCKET_KEYS)
def test_a_bucket_needs_both_keys(environment: Environment, missing: str) -> None:
    environment(MEDIA_BUCKET_URL="s3://my-bucket/studio/pictures/", **{**BUCKET_KEYS, missing: ""})
    assert missing in complaint()
    environment(**BUCKET_KEYS)
    assert load().media_bucket_url == "s3://my-bucket/studio/pictures/"


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load().daily_limit = 5  # type: ignore[misc]


def test_the_example_names_every_setting_and_no_other() -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    named = [match[1] for line in lines if (match := re.fullmatch(r"#?\s?([A-Z_]+)=.*", line))]
    assert sorted(named) == sorted(name.upper() for name in Settings.model_fields)
    set_there = dict(line.split("=", 1) for line in lines if re.fullmatch(r"[A-Z_]+=.*", line))
    Path(".env").write_text("\n".join(f"{name}={value}" for name, value in set_there.items()), encoding="utf-8")
    load()
