"""How a web process that stops lets go of its sockets: each once, a few at a time, and not slower than needed."""

import asyncio
import math
import time
from collections.abc import Sequence
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


def server_with(held: Sequence[Held], drain_s: float, **more: Any) -> DrainingServer:
    server = DrainingServer(uvicorn.Config(nobody), drain_s=drain_s, **more)
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


class Slow:
    """A clock that only moves when somebody works or sleeps, and a loop that sleeps whole milliseconds."""

    def __init__(self) -> None:
        self.now_s = 0.0

    async def sleep(self, seconds: float) -> None:
        self.now_s += math.ceil(seconds * 1_000) / 1_000


class Laborious(Held):
    """One that takes its time to be told."""

    def __init__(self, slow: Slow, work_s: float) -> None:
        super().__init__()
        self.slow, self.work_s = slow, work_s

    def shutdown(self) -> None:
        super().shutdown()
        self.slow.now_s += self.work_s


@pytest.mark.parametrize(
    ("count", "work_s", "within_s"),
    [
        pytest.param(20_000, 0.0006, 20.1, id="twenty thousand, more than half of each pause is work"),
        pytest.param(30_000, 0.0, 20.1, id="thirty thousand, whose pauses are shorter than a millisecond"),
        pytest.param(3_000, 0.0005, 20.1, id="three thousand"),
        pytest.param(20_000, 0.002, 40.1, id="more work than there is time"),
    ],
)
async def test_it_takes_no_longer_than_was_promised_or_the_work_takes(
    count: int, work_s: float, within_s: float
) -> None:
    slow = Slow()
    held = [Laborious(slow, work_s) for _ in range(count)]
    server = server_with(held, drain_s=20.0, clock=lambda: slow.now_s, sleep=slow.sleep)

    await server._send_sockets_elsewhere()

    assert sum(len(one.told_at) for one in held) == count
    assert within_s - 0.2 < slow.now_s < within_s


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
