"""The parameters of a method call, however they arrive: JSON, a form, multipart with files, or the query."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from bot.sandbox.telegram.refusals import bad_request, too_large

MAX_BODY_BYTES: Final = 52 * 1024 * 1024  # a file of 50 MB and its form
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b\x0c\x0e-\x1f]")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a call."""

    name: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Params:
    """A call's parameters. What is missing is None; what cannot be read raises `Refused` (400)."""

    values: Mapping[str, Any]
    uploads: Mapping[str, Upload] = field(default_factory=dict)

    def text(self, name: str) -> str | None:
        """Read a string; control characters become spaces."""
        value = self.values.get(name)
        if value is None:
            return None
        return _CONTROL.sub(" ", value if isinstance(value, str) else json.dumps(value)).replace("\r", "")

    def integer(self, name: str) -> int | None:
        """Read a whole number."""
        value = self.values.get(name)
        if value is None or value == "":
            return None
        try:
            return int(value)
        except (TypeError, ValueError):
            raise bad_request(f"invalid {name} specified") from None

    def flag(self, name: str) -> bool:
        """Read a boolean; missing is False."""
        return str(self.values.get(name, "")).lower() in {"true", "1", "yes", "t", "y"}

    def json(self, name: str) -> Any:  # noqa: ANN401  any JSON value
        """Read an object or array, which forms carry as its JSON text."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError:
            raise bad_request(f"can't parse {name} JSON object") from None

    def array(self, name: str) -> list[Any] | None:
        """Read an array."""
        value = self.json(name)
        if value is not None and not isinstance(value, list):
            raise bad_request(f"can't parse {name}: expected an Array")
        return value

    def chat_id(self) -> int:
        """Read the chat; usernames of channels are nobody here."""
        if self.values.get("chat_id") in {None, ""}:
            raise bad_request("chat_id is empty")
        try:
            return int(self.values["chat_id"])
        except (TypeError, ValueError):
            raise bad_request("chat not found") from None


async def read_params(request: Request) -> Params:
    """Read a request's parameters. Raises `Refused`: 413 where it is too large, 400 where it cannot be read."""
    if int(request.headers.get("content-length") or 0) > MAX_BODY_BYTES:
        raise too_large()
    query = dict(request.query_params)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method == "GET" or not kind:
        return Params(query)
    if kind == "application/json":
        return Params(query | _json_object(await request.body()))
    if kind not in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        raise bad_request("unsupported content type")
    return await _form(request, query)


async def _form(request: Request, values: dict[str, Any]) -> Params:
    uploads = {}
    try:
        async with request.form(max_part_size=MAX_BODY_BYTES) as form:
            for name, value in form.multi_items():
                if isinstance(value, UploadFile):
                    uploads[name] = Upload(value.filename or "", await value.read())
                else:
                    values[name] = value
    except HTTPException as error:
        raise bad_request(f"can't parse the form: {error.detail}") from error
    return Params(values, uploads)


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body or b"{}")
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise bad_request("can't parse request JSON object")
    return value
