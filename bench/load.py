"""A load of study clients in one process, as lean as a client can be: `python -m bench.load` reads its plan from stdin.

Each client logs in by its cookie, opens the lesson, and beats: `closed` sends the next beat when the last one is
acknowledged; `paced` sends one every `every_s`, its start spread over the interval. Positions are the time that really
passed, so every beat earns. Frames are masked with zeros, which the protocol allows and which costs nothing.

Each adds up what its acknowledgements promise, for whoever compares it with the database (bench.promises). An answer is
therefore searched for one field and not parsed.
"""

import asyncio
import json
import os
import struct
import sys
import time
from typing import Any
from uuid import uuid4

import uvloop

CONNECTS_AT_ONCE = 100
SETTLE_S = 1.0
"""Before a window is measured: the caller may have changed something since the last one."""
ANSWERED_S_MAX = 5.0
"""After the last window nobody sends any more, and what is still on its way is waited for. A server that answers a
hundred a second leaves thousands unanswered; nothing is promised to those."""
CREDITED = b'"credited_ms":'
ACK, ACK_AT = b'{"type":"ack"', 4
"""An acknowledgement, and where its text begins: it is so long that its size takes two bytes more."""
BEAT = b'{"type":"beat","seq":%d,"event":"%b","position_ms":%d,"playing":true,"visible":true}'
SHORT_HEADS = [struct.pack("!BBI", 0x81, 0x80 | size, 0) for size in range(126)]


class Client(asyncio.Protocol):
    """One socket. `acked` are its acknowledged beats, `late_ms` the time of each from beat to acknowledgement."""

    def __init__(self, plan: dict[str, Any], cookie: str, ready: "asyncio.Future[None]") -> None:
        self.plan, self.cookie, self.ready = plan, cookie, ready
        self.is_closed_loop = plan.get("mode") == "closed"
        self.buffer = b""
        self.is_upgraded = False
        self.seq = 0
        self.acked = 0
        self.errors: dict[str, int] = {}
        self.late_ms: list[float] = []
        self.sent_at = 0.0
        self.promised_ms = self.acked_ms = self.sent_ms = self.unanswered = 0
        self.running = False
        self.measuring = False
        self.began = 0.0

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        key = "dGhlIHNhbXBsZSBub25jZQ=="
        self.transport.write(
            (
                f"GET /ws/study/ HTTP/1.1\r\nHost: 127.0.0.1:{self.plan['port']}\r\nUpgrade: websocket\r\n"
                f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
                f"Sec-WebSocket-Protocol: study.v1\r\nCookie: {self.plan['cookie_name']}={self.cookie}\r\n\r\n"
            ).encode()
        )

    def data_received(self, data: bytes) -> None:
        if not self.buffer and data.startswith(ACK, ACK_AT) and len(data) == ACK_AT + (data[2] << 8 | data[3]):
            self._take(1, data[ACK_AT:])
            return
        self.buffer += data
        if not self.is_upgraded:
            head, found, rest = self.buffer.partition(b"\r\n\r\n")
            if not found:
                return
            if b" 101 " not in head.split(b"\r\n")[0]:
                self._fail(f"handshake: {head[:60]!r}")
                return
            self.is_upgraded, self.buffer = True, rest
            self._upgraded()
        while (frame := self._frame()) is not None:
            self._take(*frame)

    def _upgraded(self) -> None:
        opening = {"type": "open", "session": str(uuid4()), "lesson": self.plan["lesson"], "device": "bench-device"}
        self._send(json.dumps(opening).encode())

    def connection_lost(self, error: Exception | None) -> None:
        if self.plan["running"]:
            self._fail("lost")

    def beat(self) -> None:
        self._beat(time.perf_counter())

    def _beat(self, now: float) -> None:
        self.seq += 1
        self.unanswered += 1
        self.sent_at = now
        self.sent_ms = position_ms = int((now - self.began) * 1000)
        self._send(BEAT % (self.seq, b"tick" if self.seq > 1 else b"play", position_ms))

    def _send(self, payload: bytes) -> None:
        size = len(payload)
        head = SHORT_HEADS[size] if size < 126 else struct.pack("!BBHI", 0x81, 0xFE, size, 0)
        self.transport.write(head + payload)

    def _frame(self) -> tuple[int, bytes] | None:
        buffer = self.buffer
        if len(buffer) < 2:
            return None
        size, start = buffer[1] & 0x7F, 2
        if size == 126:
            if len(buffer) < 4:
                return None
            size, start = struct.unpack_from("!H", buffer, 2)[0], 4
        if len(buffer) < start + size:
            return None
        self.buffer = buffer[start + size :]
        return buffer[0] & 0x0F, buffer[start : start + size]

    def _take(self, opcode: int, payload: bytes) -> None:
        if opcode == 1 and payload.startswith(ACK):
            self._acked(payload)
        elif opcode == 9:  # ping
            self.transport.write(struct.pack("!BBI", 0x8A, 0x80 | len(payload), 0) + payload)
        elif opcode == 8:
            self._fail(f"closed {payload[:2].hex()}")
        elif payload.startswith(b'{"type":"opened"'):
            if not self.ready.done():
                self.ready.set_result(None)
        elif payload.startswith(b'{"type":"check'):
            pass  # asked; the beats go on, refused until it lapses
        else:
            self._fail(payload[:80].decode(errors="replace"))
            if self.running and self.is_closed_loop:
                self.beat()

    def _acked(self, answer: bytes) -> None:
        start = answer.index(CREDITED) + len(CREDITED)
        self.promised_ms += int(answer[start : answer.index(b",", start)])
        self.acked_ms = self.sent_ms
        self.unanswered -= 1
        now = time.perf_counter()
        if self.measuring:
            self.acked += 1
            self.late_ms.append((now - self.sent_at) * 1000)
        if self.running and self.is_closed_loop:
            self._beat(now)

    def _fail(self, why: str) -> None:
        self.errors[why] = self.errors.get(why, 0) + 1
        if not self.ready.done():
            self.ready.set_exception(RuntimeError(why))


async def _connect(plan: dict[str, Any], cookie: str, port: int, doors: asyncio.Semaphore) -> Client:
    loop = asyncio.get_running_loop()
    async with doors:
        ready: asyncio.Future[None] = loop.create_future()
        _transport, client = await loop.create_connection(
            lambda: Client(plan, cookie, ready),
            "127.0.0.1",
            port,
            local_addr=plan.get("address") and (plan["address"], 0),
        )
        async with asyncio.timeout(120):
            await ready
        return client


async def _paced(client: Client, plan: dict[str, Any], share: float) -> None:
    await asyncio.sleep(share * plan["every_s"])
    while client.running:
        client.beat()
        await asyncio.sleep(plan["every_s"])


async def load(plan: dict[str, Any]) -> dict[str, Any]:
    """Connect everybody, warm up, and measure `windows` times for `seconds`; the figures, and what each was promised.

    On stdout it says `measuring` and `measured` around each window.
    """
    plan["running"] = True
    doors = asyncio.Semaphore(CONNECTS_AT_ONCE)
    start = time.perf_counter()
    ports = plan.get("ports") or [plan["port"]]
    comers = (_connect(plan, cookie, ports[n % len(ports)], doors) for n, cookie in enumerate(plan["cookies"]))
    clients = await asyncio.gather(*comers)
    connected_s = time.perf_counter() - start
    tasks = []
    for index, client in enumerate(clients):
        client.running, client.began = True, time.perf_counter()
        if plan["mode"] == "closed":
            client.beat()
        else:
            tasks.append(asyncio.create_task(_paced(client, plan, index / len(clients))))
    await asyncio.sleep(plan["warm_s"])
    windows = [await _window(clients, plan["seconds"]) for _window_number in range(plan.get("windows", 1))]
    for task in tasks:
        task.cancel()
    await _fall_silent(clients)
    plan["running"] = False
    for client in clients:
        client.transport.close()
    return {
        "connects_per_s": len(clients) / connected_s,
        "errors": _errors(clients),
        "windows": windows,
        "promises": [(one.promised_ms, one.acked_ms, one.sent_ms, one.unanswered) for one in clients],
    }


async def _fall_silent(clients: list[Client]) -> None:
    for client in clients:
        client.running = False
    until = time.perf_counter() + ANSWERED_S_MAX
    while any(client.unanswered for client in clients) and time.perf_counter() < until:
        await asyncio.sleep(0.05)


async def _window(clients: list[Client], seconds: float) -> dict[str, Any]:
    """What is acknowledged between the two words on stdout; `SETTLE_S` before the first, for what was changed."""
    await asyncio.sleep(SETTLE_S)
    for client in clients:
        client.acked, client.late_ms, client.measuring = 0, [], True
    print("measuring", flush=True)
    began, cpu = time.perf_counter(), time.process_time()
    await asyncio.sleep(seconds)
    seconds, cpu_s = time.perf_counter() - began, time.process_time() - cpu
    for client in clients:
        client.measuring = False
    print("measured", flush=True)
    late = sorted(ms for client in clients for ms in client.late_ms)
    return {
        "acked": sum(client.acked for client in clients),
        "seconds": seconds,
        "client_cpu_s": cpu_s,
        "p50_ms": late[len(late) // 2] if late else None,
        "p99_ms": late[len(late) * 99 // 100] if late else None,
    }


def _errors(clients: list[Client]) -> dict[str, int]:
    errors: dict[str, int] = {}
    for client in clients:
        for why, count in client.errors.items():
            errors[why] = errors.get(why, 0) + count
    return errors


if __name__ == "__main__":
    figures = uvloop.run(load(json.load(sys.stdin)))
    print(json.dumps(figures), flush=True)
    os._exit(0)
