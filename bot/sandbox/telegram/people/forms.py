"""A message that somebody writes, as the chat page's form sends it."""

from typing import Final, Literal

from pydantic import BaseModel, Field
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from bot.sandbox.telegram.params import MAX_BODY_BYTES
from bot.sandbox.telegram.people.speaking import Said, Upload, Voice
from bot.sandbox.telegram.refusals import bad_request, too_large

_MAX_FILES: Final = 10


class _Fields(BaseModel):
    chat_id: int
    user_id: int
    text: str = ""
    reply_to: int | None = None
    thread_id: int | None = None
    voice: Voice = Field(default="user", alias="as")
    media: Literal["photo", "document"] = "photo"


async def read_said(request: Request) -> Said:
    """Read the form of POST /chat/messages. Raises `Refused` for more than 10 files or 50 MB."""
    if int(request.headers.get("content-length") or 0) > MAX_BODY_BYTES * _MAX_FILES:
        raise too_large()
    async with request.form(max_part_size=MAX_BODY_BYTES) as form:
        # A form's field that is left empty is a field that is not given.
        given = {name: value for name, value in form.items() if isinstance(value, str) and value}
        fields = _Fields.model_validate(given)
        files = await _files(form)
    return Said(**fields.model_dump(), files=files)


async def _files(form: FormData) -> tuple[Upload, ...]:
    parts = [part for part in form.getlist("files") if isinstance(part, UploadFile) and part.filename]
    if len(parts) > _MAX_FILES:
        raise bad_request(f"at most {_MAX_FILES} files make an album")
    return tuple([Upload(part.filename or "", part.content_type, await part.read()) for part in parts])
