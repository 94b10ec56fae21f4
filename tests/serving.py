"""A real server in a thread of the test process, with limits that can be lowered; a peer that says anything.

The server's end of every connection has a small buffer in the system, so that a peer which does not read is soon felt.
"""

import asyncio
import json
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import uvicorn
from django.conf import settings
from django.test import Client as Browser

T = TypeVar("T")

SYSTEM_BUFFER = 4_096
START_S_MAX = 10
ANSWER_S_MAX = 20

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
TEXT, CONTINUED, CLOSE, PING, PONG = 0x1, 0x0, 0x8, 0x9, 0xA


@dataclass
class Served:
    port: int
    server: uvicorn.Server
    loop: asyncio.AbstractEventLoop

    def asked(self, question: Callable[[], T]) -> T:
        """What a function answers in the server's event loop."""

        async def ask() -> T:
            return question()

        return asyncio.run_coroutine_threadsafe(ask(), self.loop).result(ANSWER_S_MAX)

    def unsent(self) -> list[int]:
        """Bytes that wait in the server's memory, for each connection."""
        connections = self.server.server_state.connections
        return self.asked(lambda: [one.transport.get_write_buffer_size() for one in connections if one.transport])


@contextmanager
def served(transport: Any = None) -> Iterator[Served]:
    """A web process in a thread of this one; `transport` is another connection of uvicorn than ours."""
    from lms.wiring.serving import config_of

    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SYSTEM_BUFFER)
        config = config_of(host="127.0.0.1", port=0, trusted_proxies="", stop_s=2)
        config.ws = transport or config.ws
        server = uvicorn.Server(config)
        loop = config.get_loop_factory()()
        thread = threading.Thread(target=loop.run_until_complete, args=[server.serve(sockets=[listening])])
        thread.start()
        try:
            yield Served(listening.getsockname()[1], server, loop)
        finally:
            server.should_exit = True
            thread.join(START_S_MAX)
            assert not thread.is_alive()
            loop.close()


def login_of(person: Any) -> str:
    """A cookie header of a fresh login."""
    browser = Browser()
    browser.force_login(person)
    return f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"


class Peer:
    """A connection made of bytes. It reads only when it is told to."""

    def __init__(self, port: int, cookie: str = "", *, origin: str = "", key: str = KEY, buffer: int = 0) -> None:
        self.link = socket.socket()
        if buffer:
            self.link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.link.settimeout(ANSWER_S_MAX)
        self.link.connect(("127.0.0.1", port))
        head = [
            "GET /ws/study/ HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Protocol: study.v1",
        ]
        head += [f"Cookie: {cookie}"] if cookie else []
        head += [f"Origin: {origin}"] if origin else []
        self.link.sendall("\r\n".join([*head, "", ""]).encode())
        self.unread = b""
        while b"\r\n\r\n" not in self.unread:
            self._read()
        told, _, self.unread = self.unread.partition(b"\r\n\r\n")
        self.status = int(told.split()[1])

    def __enter__(self) -> "Peer":
        return self

    def __exit__(self, *error: object) -> None:
        self.link.close()

    def send(self, message: dict[str, Any] | str) -> None:
        self.link.sendall(frame(message if isinstance(message, str) else json.dumps(message)))

    def ask(self, message: dict[str, Any]) -> dict[str, Any]:
        self.send(message)
        return self.receive()

    def open(self, lesson: Any) -> dict[str, Any]:
        session = f"00000000-0000-4000-8000-{os.urandom(6).hex()}"
        return self.ask({"type": "open", "session": session, "lesson": str(lesson), "device": "phone-0001"})

    def receive(self) -> dict[str, Any]:
        """The next message; an AssertionError when the server closed instead."""
        opcode, payload = self._frame()
        assert opcode == TEXT, (opcode, payload)
        message: dict[str, Any] = json.loads(payload)
        return message

    def closed_with(self) -> int:
        """Read to the end; the code of the server's close frame, 1006 when there was none, 0 when it stays open."""
        until = time.monotonic() + ANSWER_S_MAX
        try:
            while time.monotonic() < until:
                opcode, payload = self._next()
                if opcode == CLOSE:
                    return int(struct.unpack("!H", payload[:2])[0])
        except ConnectionError:
            return 1006
        except TimeoutError:
            pass
        return 0

    def _frame(self) -> tuple[int, bytes]:
        while True:
            opcode, payload = self._next()
            if opcode != PING:
                return opcode, payload
            self.link.sendall(frame(payload, PONG))

    def _next(self) -> tuple[int, bytes]:
        self._need(2)
        size, start = self.unread[1] & 0x7F, 2
        if size == 126:
            self._need(4)
            size, start = struct.unpack_from("!H", self.unread, 2)[0], 4
        self._need(start + size)
        opcode, payload = self.unread[0] & 0xF, self.unread[start : start + size]
        self.unread = self.unread[start + size :]
        return opcode, payload

    def _need(self, size: int) -> None:
        while len(self.unread) < size:
            self._read()

    def _read(self) -> None:
        data = self.link.recv(65_536)
        if not data:
            raise ConnectionResetError
        self.unread += data


def frame(payload: str | bytes, opcode: int = TEXT, *, last: bool = True) -> bytes:
    """A masked frame; the mask is zero, which the protocol allows."""
    data = payload.encode() if isinstance(payload, str) else payload
    first = opcode | (0x80 if last else 0)
    if len(data) < 126:
        return struct.pack("!BBI", first, 0x80 | len(data), 0) + data
    if len(data) < 65_536:
        return struct.pack("!BBHI", first, 0xFE, len(data), 0) + data
    return struct.pack("!BBQI", first, 0xFF, len(data), 0) + data
