"""The door of the ASGI application for published files, before Django: no session, no thread, no middleware.

A segment is asked for every few seconds by everybody who studies. Through all of Django's layers it cost some three
milliseconds of a processor, most of them for threads; here a tenth when nginx sends the bytes. What is answered, and to
whom, is decided in files.py.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings

from media_pipeline.views.files import Answer, Asked, answer_to, pieces

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class PublishedFiles:
    """Wraps an ASGI application for HTTP: answers what lies below MEDIA_URL, and leaves the rest to it."""

    def __init__(self, application: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        self.application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not scope["path"].startswith(settings.MEDIA_URL):
            return await self.application(scope, receive, send)
        answer = await answer_to(_asked(scope))
        headers = {"Content-Length": str(len(answer.body)), **answer.headers}
        if answer.status == 304:
            del headers["Content-Length"]
        await send(
            {
                "type": "http.response.start",
                "status": answer.status,
                "headers": [(name.lower().encode(), value.encode("latin1")) for name, value in headers.items()],
            }
        )
        if answer.path is None:
            await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else answer.body})
        else:
            await _send_file(answer, receive, send)


def _asked(scope: Scope) -> Asked:
    name = scope["path"].removeprefix(settings.MEDIA_URL)
    headers = {key.decode("latin1"): value.decode("latin1") for key, value in scope["headers"]}
    return Asked(scope["method"], name, scope["query_string"].decode("latin1"), headers)


async def _send_file(answer: Answer, receive: Receive, send: Send) -> None:
    left = answer.length
    gone = asyncio.ensure_future(_until_gone(receive))
    try:
        async with contextlib.aclosing(pieces(answer)) as parts:
            async for piece in parts:
                if gone.done():
                    return
                left -= len(piece)
                await send({"type": "http.response.body", "body": piece, "more_body": left > 0})
    finally:
        gone.cancel()


async def _until_gone(receive: Receive) -> None:
    """A reader who went away: nothing more is read from the disk for them."""
    while (await receive())["type"] != "http.disconnect":
        pass
