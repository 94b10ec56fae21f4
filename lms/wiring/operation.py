"""The outermost layer of the application: signs of life and metrics, the id of each request, and the counting of both.

`/healthz`, `/readyz` and `/metrics` are answered here, before hosts, sessions and threads: they must say how things
are when those do not work. A socket's messages pass untouched; only its coming and going is counted.
"""

import json
import logging
import re
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from lms import metrics
from lms.logs import request_id
from lms.wiring import readiness, scraping

log = logging.getLogger(__name__)

SLOW_MS = 2_000
REQUEST_ID = re.compile(rb"[0-9a-f-]{16,64}")
METRICS_TYPE = b"text/plain; version=0.0.4; charset=utf-8"

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class Operation:
    """Wraps an ASGI application."""

    def __init__(self, application: Any) -> None:
        self.application: Application = application
        self.watch = readiness.Watch()
        self.doors: dict[str, Callable[[Scope, Send], Awaitable[None]]] = {
            "/healthz": self._healthz,
            "/readyz": self._readyz,
            "/metrics": self._metrics,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            door = self.doors.get(scope["path"])
            await (door(scope, send) if door else self._serve(scope, receive, send))
        elif scope["type"] == "websocket":
            await self._hold(scope, receive, send)
        else:
            await self.application(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        served = _id_of(scope)
        request_id.set(served)
        start, status = time.monotonic(), 500

        async def receive_counted() -> dict[str, Any]:
            nonlocal start
            message = await receive()
            if message["type"] == "http.request":
                # What a visitor's connection takes for a large body is not our slowness.
                start = time.monotonic()
            return message

        async def send_counted(message: dict[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", served.encode())]
            await send(message)

        try:
            await self.application(scope, receive_counted, send_counted)
        finally:
            metrics.requests.labels(f"{status // 100}xx").inc()
            ms = round((time.monotonic() - start) * 1000)
            if ms > SLOW_MS:
                log.warning("slow: %s %s %s, %s ms", scope["method"], scope["path"], status, ms)

    async def _hold(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id.set(_id_of(scope))
        metrics.open_sockets.inc()
        try:
            await self.application(scope, receive, send)
        finally:
            metrics.open_sockets.dec()

    async def _healthz(self, scope: Scope, send: Send) -> None:
        await _answer(send, 200, b"application/json", b'{"status":"ok"}')

    async def _readyz(self, scope: Scope, send: Send) -> None:
        told = readiness.as_json(await self.watch.findings())
        await _answer(send, 200 if told["ready"] else 503, b"application/json", json.dumps(told).encode())

    async def _metrics(self, scope: Scope, send: Send) -> None:
        if scraping.may_scrape(scope):
            await _answer(send, 200, METRICS_TYPE, await scraping.exposition())
        else:
            await _answer(send, 403, b"text/plain", b"From this machine, or with the token.\n")


def _id_of(scope: Scope) -> str:
    """The proxy's, so that its log and ours can be laid side by side; never free text of a stranger."""
    given = dict(scope["headers"]).get(b"x-request-id", b"")
    return given.decode() if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


async def _answer(send: Send, status: int, kind: bytes, body: bytes) -> None:
    headers = [(b"content-type", kind), (b"content-length", b"%d" % len(body)), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
