"""How a web process that stops lets go of its sockets: each once, a few at a time, and not slower than needed."""

import asyncio
import time
from typing import Any

import pytest
import uvicorn
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from lms.wiring import serving
from lms.wiring.serving import DrainingServer


class Held(WebSocketsSansIOProtocol):
    """A socket that only notes when it was told to go."""

    def __init__(self) -> None:
        self.told_at: list[float] = []

    def shutdown(self) -> None:
        self.told_at.append(time.monotonic())


async def nobody(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError("nobody asks")


def server_with(held: list[Held], drain_s: float) -> DrainingServer:
    server = DrainingServer(uvicorn.Config(nobody), drain_s=drain_s)
    server.server_state.connections.update(held)
    return server


async def test_many_sockets_go_over_the_whole_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "SOCKETS_PER_SECOND_MIN", 1.0)
    held = [Held() for _ in range(20)]

    await server_with(held, drain_s=0.5)._send_sockets_elsewhere()

    told = sorted(moment for one in held for moment in one.told_at)
    assert len(told) == 20
    assert told[-1] - told[0] > 0.4
    assert told[10] - told[0] > 0.2


async def test_few_sockets_do_not_take_the_whole_time() -> None:
    held = [Held() for _ in range(3)]
    start = time.monotonic()

    await server_with(held, drain_s=3_600)._send_sockets_elsewhere()

    assert [len(one.told_at) for one in held] == [1, 1, 1]
    assert time.monotonic() - start < 60


async def test_a_second_interrupt_ends_the_patience() -> None:
    held = [Held() for _ in range(200)]
    server = server_with(held, drain_s=3_600)
    draining = asyncio.create_task(server._send_sockets_elsewhere())
    await asyncio.sleep(0.05)
    server.force_exit = True

    await asyncio.wait_for(draining, 5)

    assert sum(len(one.told_at) for one in held) < 200
