"""Bounds the bodies of uploads that come in parts, before anything is kept of them.

Django writes a request's body to a temporary file before a view or a middleware sees the request: whoever sends ten
gigabytes in one part, or without saying how many, would fill a disk first and be refused afterwards.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from media_pipeline.limits import PART_BYTES_MAX

UPLOADS = "/uploads/"

Application = Callable[[Any, Any, Any], Awaitable[None]]


class BoundedBodies:
    """An ASGI application whose uploads announce and send at most so much in one request; 413 otherwise."""

    def __init__(self, application: Application, *, prefix: str = UPLOADS, bytes_max: int = PART_BYTES_MAX) -> None:
        self._application = application
        self._prefix, self._bytes_max = prefix, bytes_max

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if not scope["path"].startswith(self._prefix):
            await self._application(scope, receive, send)
        elif _announced(scope) > self._bytes_max:
            await _refuse(send)
        else:
            await self._serve(scope, receive, send)

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        came, too_much = 0, False

        async def receive_bounded() -> Any:
            nonlocal came, too_much
            message = await receive()
            came += len(message.get("body", b""))
            if came > self._bytes_max:
                too_much = True
                # To the application it is as if the client had gone: it forgets the request.
                return {"type": "http.disconnect"}
            return message

        await self._application(scope, receive_bounded, send)
        if too_much:
            await _refuse(send)


def _announced(scope: Any) -> int:
    text = dict(scope["headers"]).get(b"content-length", b"0")
    return int(text) if text.isdigit() else 0


async def _refuse(send: Any) -> None:
    # The rest of the body is not read, so this connection is of no more use.
    headers = [(b"content-length", b"0"), (b"connection", b"close"), (b"tus-resumable", b"1.0.0")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
