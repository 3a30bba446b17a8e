"""What the operator sets, read from the environment and from `.env`."""

import hashlib
import hmac
import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

_BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9_-][A-Za-z0-9._-]*)*/?")


class SettingsError(Exception):
    """The start cannot go on; the text is one sentence that names the setting."""


class Settings(BaseSettings):
    """The bot's settings. `.env.example` says what each is for."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    telegram_bot_token: SecretStr = Field(min_length=1)
    telegram_api_url: str = "https://api.telegram.org"
    telegram_mode: Literal["polling", "webhook"] = "polling"
    telegram_webhook_secret: SecretStr | None = None

    miaohua_access_key: SecretStr = Field(min_length=1)
    miaohua_secret_key: SecretStr = Field(min_length=1)
    miaohua_api_url: str = "https://mhapi.sensetime.com"
    default_model: str | None = None
    vendor_concurrency: int = Field(default=4, ge=1, le=1000)

    database_url: str = Field(default="sqlite+aiosqlite:///data/bot.db", repr=False)  # it may hold a password
    media_dir: Path = Path("data/media")

    media_bucket_url: str | None = None
    media_bucket_endpoint: str | None = None
    media_bucket_region: str = Field(default="us-east-1", pattern=r"^[a-z0-9-]{1,40}$")
    media_bucket_access_key: SecretStr | None = None
    media_bucket_secret_key: SecretStr | None = None

    public_url: str | None = None
    web_host: str = "127.0.0.1"
    web_port: int = Field(default=8080, ge=0, le=65535)

    owner_ids: Annotated[frozenset[int], NoDecode] = frozenset()
    access: Literal["open", "allowlist"] = "open"
    max_running_tasks: int = Field(default=3, ge=1)
    daily_limit: int = Field(default=50, ge=1)
    min_interval_seconds: float = Field(default=3, ge=0)
    limits_timezone: ZoneInfo = ZoneInfo("Asia/Shanghai")
    history_days: int = Field(default=90, ge=0, le=36500)

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["console", "json"] = "console"

    @field_validator("owner_ids", mode="before")
    @classmethod
    def _split_ids(cls, value: object) -> object:
        if isinstance(value, str):
            return [part.strip() for part in value.split(",") if part.strip()]
        return value

    @field_validator("limits_timezone", mode="before")
    @classmethod
    def _named_zone(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError("no time zone of that name") from None

    @field_validator("telegram_api_url", "miaohua_api_url", "public_url", "media_bucket_endpoint")
    @classmethod
    def _http_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if not _is_http_address(value):
            raise ValueError("must be an address that starts with http:// or https://")
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if not value.startswith(("sqlite+aiosqlite://", "postgresql+asyncpg://")):
            raise ValueError("must start with sqlite+aiosqlite:// or postgresql+asyncpg://")
        return value

    @field_validator("media_bucket_url")
    @classmethod
    def _s3_address(cls, value: str | None) -> str | None:
        if value and not _BUCKET.fullmatch(value):
            raise ValueError("must look like s3://bucket or s3://bucket/prefix, in plain letters")
        return value

    @field_validator("telegram_webhook_secret")
    @classmethod
    def _takes_a_header(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", value.get_secret_value()):
            raise ValueError("may hold 1 to 256 of the characters A-Z, a-z, 0-9, _ and -")
        return value

    @model_validator(mode="after")
    def _webhook_needs(self) -> Self:
        if self.telegram_mode == "webhook" and self.public_url is None:
            raise ValueError("PUBLIC_URL must be set where TELEGRAM_MODE is webhook")
        if self.telegram_mode == "webhook" and self.telegram_webhook_secret is None:
            raise ValueError("TELEGRAM_WEBHOOK_SECRET must be set where TELEGRAM_MODE is webhook")
        return self

    @model_validator(mode="after")
    def _bucket_needs(self) -> Self:
        if self.media_bucket_url and not (self.media_bucket_access_key and self.media_bucket_secret_key):
            raise ValueError(
                "MEDIA_BUCKET_ACCESS_KEY and MEDIA_BUCKET_SECRET_KEY must be set where MEDIA_BUCKET_URL is set"
            )
        return self

    @property
    def link_key(self) -> bytes:
        """The key that signs our media links: derived, so that nothing more is to be set and links outlive restarts."""
        token = self.telegram_bot_token.get_secret_value().encode()
        return hmac.new(token, b"media links", hashlib.sha256).digest()

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every secret value, for whoever has to keep them out of the logs."""
        held = (
            self.telegram_bot_token,
            self.telegram_webhook_secret,
            self.miaohua_access_key,
            self.miaohua_secret_key,
            self.media_bucket_access_key,
            self.media_bucket_secret_key,
        )
        return tuple(secret.get_secret_value() for secret in held if secret)


def _is_http_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        reachable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # whose words repeat the value
        return False
    return reachable and not any(sign.isspace() for sign in value)


def load(**overrides: Any) -> Settings:  # noqa: ANN401  a field's value each
    """Read the settings; `overrides` win over the environment.

    Raises `SettingsError` with a sentence that names the first setting that is missing or bad, never its value.
    """
    try:
        return Settings(**overrides)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = str(first["loc"][0]).upper() if first["loc"] else None
        if first["type"] == "missing" or (first["type"].endswith("too_short") and name):
            raise SettingsError(f"{name} is not set: put it into .env or the environment.") from None
        reason = first["msg"].removeprefix("Value error, ")
        raise SettingsError(f"{name}: {reason}." if name else f"{reason}.") from None
