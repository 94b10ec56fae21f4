"""Gives published files by byte range, in pieces, without holding a thread or the file in memory.

Segments of films are given to the login session that their address was signed for, and to nobody else
(rules/addresses); other published files are public. Who sends the bytes depends on where they lie: the bucket (we
redirect), nginx (it says so by X-Accel-Files, and we name the file), else this process: then only regular files inside
MEDIA_ROOT. What is not known to be a harmless type is offered for download: an uploaded page must not run in the site's
name.

`answer_to` knows neither Django's requests nor a database: the door of the ASGI application asks it too (door.py).
"""

import asyncio
import json
import os
import stat
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final
from urllib.parse import parse_qsl, quote

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.http.cookie import parse_cookie
from django.utils.http import http_date

from media_pipeline import addresses
from media_pipeline.rules.addresses import EXPIRED, OF_ANOTHER, STEP_S, STEPS, UNSIGNED, is_public, refusal
from media_pipeline.rules.ranges import OUTSIDE, PART, WHOLE, Facts, part_for
from media_pipeline.storage import type_of

CHUNK_BYTES: Final = 256 * 1024
NAME_BYTES_MAX: Final = 1024
QUERY_CHARS_MAX: Final = 500
SHOWN_IN_PLACE: Final = ("image/", "video/", "audio/")
NEVER_IN_PLACE: Final = ("image/svg+xml",)
TO_ONE: Final = f"private, max-age={STEP_S * STEPS}, immutable"
FOR_EVER: Final = "public, max-age=31536000, immutable"
FOR_AN_HOUR: Final = "public, max-age=3600"
# A redirection that is kept must not outlive what it leads to (limits.BUCKET_ADDRESS_S) while a film is being read.
REDIRECTED: Final = "private, max-age=60"
NGINX_FOLDER: Final = "/_published/"
"""Where nginx keeps MEDIA_ROOT for files that we name (deploy/nginx); closed to everybody else."""
REFUSALS: Final = {
    UNSIGNED: "This address is incomplete: take it from the playlist.",
    EXPIRED: "This address is over: fetch the playlist again.",
    OF_ANOTHER: "This address was made for another login: fetch the playlist with yours.",
}


Redirection = Callable[..., str]
"""`buckets.PublishedBucket.redirection`; a folder has none."""


@dataclass(frozen=True)
class Asked:
    """A request for a file. Header names are written small; `sessions` are the logins that it shows, unproven."""

    method: str
    name: str
    query: str
    headers: Mapping[str, str]

    @property
    def sessions(self) -> tuple[str, ...]:
        cookies = parse_cookie(self.headers.get("cookie", ""))
        return (self.headers.get("x-session-token", ""), cookies.get(settings.SESSION_COOKIE_NAME, ""))


@dataclass(frozen=True)
class Answer:
    """`body`, or `length` bytes of a file from `first`."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    path: Path | None = None
    first: int = 0
    length: int = 0


async def media_file(request: HttpRequest, name: str) -> HttpResponseBase:
    """GET and HEAD of one file; 206 for one range, 416 for one outside, the whole for several."""
    headers = {key.lower(): value for key, value in request.headers.items()}
    answer = await answer_to(Asked(request.method or "", name, request.META.get("QUERY_STRING", ""), headers))
    if answer.path is None:
        return HttpResponse(answer.body, status=answer.status, headers=answer.headers)
    return StreamingHttpResponse(pieces(answer), status=answer.status, headers=answer.headers)


async def answer_to(asked: Asked) -> Answer:
    if asked.method not in ("GET", "HEAD"):
        return Answer(405, {"Allow": "GET, HEAD", "Content-Type": "text/plain"})
    if not _is_plain(asked.name):
        return _nothing()
    if not is_public(asked.name):
        code = _refusal(asked)
        if code is not None:
            return _refused(code)
    redirection: Redirection | None = getattr(default_storage, "redirection", None)
    if redirection is not None:
        return await asyncio.to_thread(_redirected, asked, redirection)
    if asked.name.startswith("hls/") and "x-accel-files" in asked.headers:
        named = {"X-Accel-Redirect": NGINX_FOLDER + quote(asked.name)}
        return Answer(200, {**_headers(asked.name), **named})
    file = await asyncio.to_thread(_find, asked.name)
    return _nothing() if file is None else _given(asked, *file)


async def pieces(answer: Answer) -> AsyncGenerator[bytes, None]:
    """The bytes of an answer that lie in a file; not more than one piece of them is in memory."""
    assert answer.path is not None
    left = answer.length
    file, piece = await asyncio.to_thread(_begin, answer.path, answer.first, min(CHUNK_BYTES, left))
    with file:
        while piece:
            left -= len(piece)
            yield piece
            piece = await asyncio.to_thread(file.read, min(CHUNK_BYTES, left)) if left else b""


def _is_plain(name: str) -> bool:
    """Whether a name says what it means: with `x/../hls/` a segment would not look like one."""
    parts = name.split("/")
    return len(name.encode()) <= NAME_BYTES_MAX and "\0" not in name and not {"", ".", ".."} & set(parts)


def _refusal(asked: Asked) -> str | None:
    told = dict(parse_qsl(asked.query[:QUERY_CHARS_MAX]))
    return refusal(
        addresses.keys(),
        sessions=asked.sessions,
        name=asked.name,
        until=told.get("until"),
        signed=told.get("signature"),
        now_s=int(time.time()),
    )


def _refused(code: str) -> Answer:
    text = {"type": "about:blank", "status": 403, "title": code, "code": code, "detail": REFUSALS[code]}
    headers = {"Content-Type": "application/problem+json", "Cache-Control": "no-store"}
    return Answer(403, headers, json.dumps(text).encode())


def _nothing() -> Answer:
    """Players read no error pages."""
    return Answer(404, {"Cache-Control": "no-store", "Content-Type": "text/plain"})


def _redirected(asked: Asked, redirection: Redirection) -> Answer:
    disposition = None if _is_shown_in_place(type_of(asked.name)) else "attachment"
    try:
        place = redirection(asked.name, method=asked.method, disposition=disposition)
    except SuspiciousOperation:
        return _nothing()
    return Answer(302, {"Location": place, "Cache-Control": REDIRECTED, "Content-Type": "text/plain"})


def _find(name: str) -> tuple[Path, os.stat_result] | None:
    """The file and its facts; None for everything that is not a regular file inside MEDIA_ROOT."""
    root = Path(settings.MEDIA_ROOT).resolve()
    try:
        # Resolved before the check, so that no link leads out.
        path = (root / name).resolve(strict=True)
        found = path.stat()
    except (OSError, ValueError, RuntimeError):
        return None
    if not path.is_relative_to(root) or not stat.S_ISREG(found.st_mode):
        return None
    return path, found


def _given(asked: Asked, path: Path, found: os.stat_result) -> Answer:
    facts = Facts(found.st_size, f'"{found.st_mtime_ns:x}-{found.st_size:x}"', int(found.st_mtime))
    headers = {
        **_headers(asked.name),
        "Accept-Ranges": "bytes",
        "ETag": facts.etag,
        "Last-Modified": http_date(facts.modified_s),
    }
    part = part_for(asked.method, asked.headers, facts)
    if part.status == OUTSIDE:
        return Answer(OUTSIDE, {"Content-Range": f"bytes */{facts.size}", "Accept-Ranges": "bytes"})
    if part.status not in (WHOLE, PART):
        kept = ("ETag", "Cache-Control", "Last-Modified")
        return Answer(part.status, {key: headers[key] for key in kept})
    headers["Content-Length"] = str(part.length)
    if part.status == PART:
        headers["Content-Range"] = part.content_range(facts.size)
    if asked.method == "HEAD" or not part.length:
        return Answer(part.status, headers)
    return Answer(part.status, headers, path=path, first=part.first, length=part.length)


def _headers(name: str) -> dict[str, str]:
    kind = type_of(name)
    headers = {"Content-Type": kind, "Cache-Control": _kept(name), "X-Content-Type-Options": "nosniff"}
    if not _is_shown_in_place(kind):
        headers["Content-Disposition"] = "attachment"
        headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return headers


def _kept(name: str) -> str:
    """How long it may be kept, and by whom. What lies below hls/ never changes under its address."""
    if not is_public(name):
        return TO_ONE
    return FOR_EVER if name.startswith("hls/") else FOR_AN_HOUR


def _is_shown_in_place(kind: str) -> bool:
    return kind.startswith(SHOWN_IN_PLACE) and kind not in NEVER_IN_PLACE


def _begin(path: Path, first: int, length: int) -> tuple[IO[bytes], bytes]:
    file = path.open("rb", buffering=0)
    file.seek(first)
    return file, file.read(length)
