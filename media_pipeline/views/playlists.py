"""Playlists and keys as every view answers them: a playlist packed and asked for anew, a key never kept anywhere.

Who may have them is decided by the views; the addresses of segments in a playlist are signed for the login session
behind the request, so a playlist is nobody else's.
"""

import gzip
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from media_pipeline.addresses import signer
from media_pipeline.rules.ranges import accepts_gzip, is_known

PLAYLIST_TYPE: Final = "application/vnd.apple.mpegurl"
KEY_TYPE: Final = "application/octet-stream"


def segment_url(request: HttpRequest) -> Callable[[str], str]:
    """Addresses of segments for the login behind a request: an app's X-Session-Token, else its cookie."""
    cookie = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    return signer(request.headers.get("X-Session-Token") or cookie, datetime.now(UTC))


def playlist(request: HttpRequest, text: str) -> HttpResponse:
    """A playlist: asked for every time, and 304 without a body when the reader has it."""
    body = text.encode()
    packed = accepts_gzip(request.headers.get("Accept-Encoding", ""))
    # Two encodings are two representations, with a strong tag each.
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}{"-gzip" if packed else ""}"'
    headers = {
        "Cache-Control": "private, no-cache",
        "ETag": etag,
        "Vary": "Accept-Encoding, Cookie, X-Session-Token",
    }
    if is_known(request.headers.get("If-None-Match", ""), etag):
        return HttpResponse(status=304, headers=headers)
    if packed:
        headers["Content-Encoding"] = "gzip"
        # No moment and no name in it: the same list is the same bytes.
        body = gzip.compress(body, mtime=0)
    return HttpResponse(body, content_type=PLAYLIST_TYPE, headers=headers)


def key(secret: bytes) -> HttpResponse:
    """A key: no browser, no proxy and no disk keeps it."""
    return HttpResponse(secret, content_type=KEY_TYPE, headers={"Cache-Control": "no-store"})
