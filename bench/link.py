"""One socket of a student: frames in, frames out, and how it ended. Everything that it means is in students.py."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from bench.load import Client

ABNORMAL = 1006


class Link(Client):
    """`heard` is called with every message. `ended` holds the close code once the connection is gone."""

    def __init__(self, plan: dict[str, Any], port: int, cookie: str, heard: Callable[[dict[str, Any]], None]) -> None:
        loop = asyncio.get_running_loop()
        super().__init__({**plan, "port": port}, cookie, loop.create_future())
        self.heard = heard
        self.ended: asyncio.Future[int] = loop.create_future()

    def say(self, message: dict[str, Any] | str) -> None:
        if not self.ended.done() and not self.transport.is_closing():
            self._send((message if isinstance(message, str) else json.dumps(message)).encode())

    def cut(self) -> None:
        self.transport.abort()

    def _upgraded(self) -> None:
        if not self.ready.done():
            self.ready.set_result(None)

    def _take(self, opcode: int, payload: bytes) -> None:
        if opcode == 1:
            self.heard(json.loads(payload))
        elif opcode == 8:
            self._end(int.from_bytes(payload[:2], "big"))
            self.transport.close()
        else:
            super()._take(opcode, payload)

    def connection_lost(self, error: Exception | None) -> None:
        self._end(ABNORMAL)

    def _fail(self, why: str) -> None:
        self._end(ABNORMAL)
        self.transport.abort()

    def _end(self, code: int) -> None:
        if not self.ready.done():
            self.ready.set_exception(ConnectionResetError(code))
            self.ready.exception()
        if not self.ended.done():
            self.ended.set_result(code)
