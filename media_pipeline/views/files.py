"""Serves files of MEDIA_ROOT with byte ranges, in pieces, without holding a thread or the file in memory.

For installations without a web server or object storage in front. Only regular files inside MEDIA_ROOT; segments
never change under their address, so browsers and caches may keep them. What is not known to be a harmless type
is offered for download: an uploaded page must not run in the site's name.
"""

import asyncio
import mimetypes
import os
import re
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from django.conf import settings
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.utils.http import http_date, parse_http_date_safe

CHUNK_BYTES: Final = 256 * 1024
# The standard table calls .ts a translation file.
TYPES: Final = {".ts": "video/mp2t", ".m3u8": "application/vnd.apple.mpegurl"}
SHOWN_IN_PLACE: Final = ("image/", "video/", "audio/")
NEVER_IN_PLACE: Final = ("image/svg+xml",)
FOR_EVER: Final = "public, max-age=31536000, immutable"
FOR_AN_HOUR: Final = "public, max-age=3600"
_RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


async def media_file(request: HttpRequest, name: str) -> HttpResponseBase:
    """GET and HEAD of one file; 206 for one range, 416 for one outside, the whole for several."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
    file = await asyncio.to_thread(_find, name)
    if file is None:
        return HttpResponse(status=404, headers={"Cache-Control": "no-store"})  # players read no error pages
    path, found = file
    headers = _headers(name, found)
    if _unchanged(request, headers):
        return HttpResponse(status=304, headers={key: headers[key] for key in ("ETag", "Cache-Control")})
    size = found.st_size
    asked = _asked_range(request, headers)
    if asked is None:
        first, last, status = 0, size - 1, 200
    else:
        bounds = _bounds(asked, size)
        if bounds is None:
            return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}", "Accept-Ranges": "bytes"})
        (first, last), status = bounds, 206
        headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    headers["Content-Length"] = str(last - first + 1)
    if request.method == "HEAD":
        return HttpResponse(status=status, headers=headers)
    return StreamingHttpResponse(_pieces(path, first, last - first + 1), status=status, headers=headers)


def _find(name: str) -> tuple[Path, os.stat_result] | None:
    """The file and its facts; None for everything that is not a regular file inside MEDIA_ROOT."""
    root = Path(settings.MEDIA_ROOT).resolve()
    try:
        # Resolved before the check, so that neither ".." nor a link leads out.
        path = (root / name).resolve(strict=True)
        found = path.stat()
    except (OSError, ValueError, RuntimeError):
        return None
    if not path.is_relative_to(root) or not stat.S_ISREG(found.st_mode):
        return None
    return path, found


def _headers(name: str, found: os.stat_result) -> dict[str, str]:
    kind = TYPES.get(Path(name).suffix.lower()) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    headers = {
        "Content-Type": kind,
        "Accept-Ranges": "bytes",
        "ETag": f'"{found.st_mtime_ns:x}-{found.st_size:x}"',
        "Last-Modified": http_date(found.st_mtime),
        "Cache-Control": FOR_EVER if name.startswith("hls/") else FOR_AN_HOUR,
        "X-Content-Type-Options": "nosniff",
    }
    if not kind.startswith(SHOWN_IN_PLACE) or kind in NEVER_IN_PLACE:
        headers["Content-Disposition"] = "attachment"
        headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return headers


def _unchanged(request: HttpRequest, headers: dict[str, str]) -> bool:
    known = request.headers.get("If-None-Match")
    if known is None:
        return False
    tags = {tag.strip().removeprefix("W/") for tag in known.split(",")}
    return "*" in tags or headers["ETag"] in tags


def _asked_range(request: HttpRequest, headers: dict[str, str]) -> re.Match[str] | None:
    """The one range that is asked for; None for none, several, nonsense, or one of an older file."""
    asked = _RANGE.fullmatch(request.headers.get("Range", "").replace(" ", ""))
    if asked is None or asked.group(0) == "bytes=-":
        return None
    condition = request.headers.get("If-Range")
    if condition is None or condition == headers["ETag"]:
        return asked
    moment = parse_http_date_safe(condition)
    return asked if moment is not None and moment == parse_http_date_safe(headers["Last-Modified"]) else None


def _bounds(asked: re.Match[str], size: int) -> tuple[int, int] | None:
    """First and last byte, both inclusive; None when the file has none of what is asked."""
    start, end = asked.groups()
    if start == "":
        length = min(int(end), size)
        return (size - length, size - 1) if length else None
    first, last = int(start), min(int(end), size - 1) if end else size - 1
    return (first, last) if first <= last and first < size else None


async def _pieces(path: Path, first: int, length: int) -> AsyncIterator[bytes]:
    file = await asyncio.to_thread(path.open, "rb")
    try:
        await asyncio.to_thread(file.seek, first)
        while length > 0:
            piece = await asyncio.to_thread(file.read, min(CHUNK_BYTES, length))
            if not piece:
                return
            length -= len(piece)
            yield piece
    finally:
        await asyncio.to_thread(file.close)
