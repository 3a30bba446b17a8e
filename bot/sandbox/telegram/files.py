"""The files of messages, and the ids by which a bot sends and fetches them again."""

import asyncio
import mimetypes
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Final

from bot.sandbox.telegram.pictures import Jpeg, check_document_size, photo_sizes, thumbnail
from bot.sandbox.telegram.refusals import bad_request

MAX_DOWNLOAD_BYTES: Final = 20 * 1024 * 1024
_MAX_HELD_BYTES: Final = 1024 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class File:
    """What is known of some bytes. Width and height are in pixels, 0 where it is no picture of Telegram's making."""

    file_id: str
    unique_id: str
    path: str
    size: int
    mime_type: str
    name: str = ""
    width: int = 0
    height: int = 0

    def identity(self) -> dict[str, Any]:
        """Phrase what every kind of file has in common."""
        return {"file_id": self.file_id, "file_unique_id": self.unique_id, "file_size": self.size}

    def as_size(self) -> dict[str, Any]:
        """Phrase it as a `PhotoSize`."""
        return self.identity() | {"width": self.width, "height": self.height}


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo in its sizes, smallest first."""

    sizes: tuple[File, ...]

    @property
    def largest(self) -> File:
        """The best size there is."""
        return self.sizes[-1]


@dataclass(frozen=True, slots=True)
class Document:
    """A file as it was sent, with a small picture where it is one."""

    file: File
    thumbnail: File | None

    def as_json(self) -> dict[str, Any]:
        """Phrase it as the Bot API does."""
        body = self.file.identity() | {"file_name": self.file.name, "mime_type": self.file.mime_type}
        return body | ({"thumbnail": self.thumbnail.as_size()} if self.thumbnail else {})


Media = Photo | Document


@dataclass(frozen=True, slots=True)
class _Held:
    file: File
    media: Media
    body: bytes


class FileStore:
    """Files in memory; past a gigabyte the oldest are forgotten."""

    def __init__(self, max_bytes: int = _MAX_HELD_BYTES) -> None:
        self._max_bytes = max_bytes
        self._held_bytes = 0
        self._held: OrderedDict[str, _Held] = OrderedDict()
        self._ids_by_path: dict[str, str] = {}

    async def add_photo(self, body: bytes) -> Photo:
        """Take a photo in; raises `Refused` where Telegram would not."""
        sizes = await asyncio.to_thread(photo_sizes, body)
        photo = Photo(tuple(_size_file(size, "AgACAgI", "photos") for size in sizes))
        for file, size in zip(photo.sizes, sizes, strict=True):
            self._keep(file, photo, size.body)
        return photo

    async def add_document(self, body: bytes, name: str, mime_type: str | None = None) -> Document:
        """Take a file in as it is; its kind is told by its name unless the sender says it."""
        check_document_size(len(body))
        kind = mime_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
        small = await asyncio.to_thread(thumbnail, body) if kind.startswith("image/") else None
        file = _file("BQACAgI", "documents", len(body), kind, name or "file")
        document = Document(file, _size_file(small, "AAMCAgI", "thumbnails") if small else None)
        self._keep(file, document, body)
        if small and document.thumbnail:
            self._keep(document.thumbnail, document, small.body)
        return document

    def photo(self, file_id: str) -> Photo:
        """Find a photo to be sent again. Raises `Refused` if the id is a document's, or nobody's."""
        media = self._media(file_id)
        if not isinstance(media, Photo):
            raise bad_request("can't use file of type Document as Photo")
        return media

    def document(self, file_id: str) -> Document:
        """Find a document to be sent again. Raises `Refused` if the id is a photo's, or nobody's."""
        media = self._media(file_id)
        if not isinstance(media, Document):
            raise bad_request("can't use file of type Photo as Document")
        return media

    def find(self, file_id: str) -> File | None:
        """Find a file by its id."""
        held = self._held.get(file_id)
        return held.file if held else None

    def read(self, file_id: str) -> bytes | None:
        """Read a file by its id."""
        held = self._held.get(file_id)
        return held.body if held else None

    def read_path(self, path: str) -> bytes | None:
        """Read a file by the path that `getFile` told."""
        return self.read(self._ids_by_path.get(path, ""))

    def _media(self, file_id: str) -> Media:
        if file_id.startswith(("http://", "https://")):
            raise bad_request("failed to get HTTP URL content")
        if file_id not in self._held:
            raise bad_request("wrong file identifier/HTTP URL specified")
        return self._held[file_id].media

    def _keep(self, file: File, media: Media, body: bytes) -> None:
        self._held[file.file_id] = _Held(file, media, body)
        self._ids_by_path[file.path] = file.file_id
        self._held_bytes += file.size
        while self._held_bytes > self._max_bytes and len(self._held) > 1:
            _, oldest = self._held.popitem(last=False)
            del self._ids_by_path[oldest.file.path]
            self._held_bytes -= oldest.file.size


def _size_file(size: Jpeg, prefix: str, folder: str) -> File:
    return _file(prefix, folder, len(size.body), "image/jpeg", width=size.width, height=size.height)


def _file(
    prefix: str, folder: str, size: int, mime_type: str, name: str = "", *, width: int = 0, height: int = 0
) -> File:
    unique = secrets.token_urlsafe(11)
    suffix = mimetypes.guess_extension(mime_type) or ""
    path = f"{folder}/file_{secrets.token_hex(4)}{suffix}"
    return File(f"{prefix}{secrets.token_urlsafe(40)}", unique, path, size, mime_type, name, width, height)
