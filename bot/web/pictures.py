"""Show the vendor the pictures that a link was signed for."""

import asyncio
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from bot.media.encodings import CONTENT_TYPES
from bot.media.links import BadLink, Links
from bot.media.shelf import Shelf

_HEADERS = {"Cache-Control": "private", "X-Content-Type-Options": "nosniff"}


@dataclass(frozen=True, slots=True)
class Pictures:
    """Files of the shelf by signed link."""

    links: Links
    shelf: Shelf

    async def show(self, request: Request) -> Response:
        """Send the picture; a link that is forged, expired or whose picture is gone is answered in one way, 404."""
        try:
            path = self.shelf.path(self.links.verify(request.path_params["token"]))
        except BadLink:
            path = None
        found = await asyncio.to_thread(_stat, path) if path else None
        if path is None or found is None:
            return PlainTextResponse("Not Found", 404)
        content_type = CONTENT_TYPES[path.suffix.removeprefix(".")]
        return FileResponse(path, headers=_HEADERS, media_type=content_type, stat_result=found)


def _stat(path: Path) -> os.stat_result | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found if stat.S_ISREG(found.st_mode) else None
