"""A web process tells systemd that it serves and that its loop goes round; a loop that hangs tells nothing."""

import asyncio
import contextlib
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from lms.wiring.serving import DrainingServer
from lms.wiring.supervisor import WORDS, tell_of_life

EVERY_S = 0.05


@pytest.fixture
def heard() -> Iterator[socket.socket]:
    """The socket on which systemd would listen, in a folder with a short name."""
    with tempfile.TemporaryDirectory(prefix="xueshi-") as folder, _listening(f"{folder}/notify") as systemd:
        yield systemd


@contextlib.contextmanager
def _listening(address: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(address)
        systemd.settimeout(10)
        yield systemd


@contextlib.contextmanager
def going_round() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def all_of(systemd: socket.socket) -> list[bytes]:
    """What was said and not yet heard."""
    systemd.setblocking(False)
    said = []
    with contextlib.suppress(BlockingIOError):
        while True:
            said.append(systemd.recv(100))
    systemd.settimeout(10)
    return said


def test_a_loop_that_goes_round_says_so_again_and_again(heard: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", heard.getsockname())

    with going_round() as loop:
        loop.call_soon_threadsafe(tell_of_life, EVERY_S)

        assert [heard.recv(100) for _ in range(4)] == [WORDS] * 4
    assert WORDS.split(b"\n") == [b"READY=1", b"WATCHDOG=1"]


def test_a_loop_that_hangs_says_nothing_until_it_goes_on(heard: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", heard.getsockname())
    hangs, goes_on = threading.Event(), threading.Event()

    def hang() -> None:
        hangs.set()
        goes_on.wait(10)

    with going_round() as loop:
        loop.call_soon_threadsafe(tell_of_life, EVERY_S)
        heard.recv(100)
        loop.call_soon_threadsafe(hang)
        assert hangs.wait(10)
        all_of(heard)
        time.sleep(10 * EVERY_S)
        assert all_of(heard) == []
        goes_on.set()

        assert heard.recv(100) == WORDS


def test_a_name_in_no_folder_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"xueshi-{time.monotonic_ns()}"
    monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}")

    with _listening(f"\0{name}") as systemd, going_round() as loop:
        loop.call_soon_threadsafe(tell_of_life, EVERY_S)

        assert systemd.recv(100) == WORDS


def test_a_supervisor_that_went_away_stops_nobody(
    tmp_path: Path, heard: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))

    with going_round() as loop:
        loop.call_soon_threadsafe(tell_of_life, EVERY_S)
        time.sleep(3 * EVERY_S)
        monkeypatch.setenv("NOTIFY_SOCKET", heard.getsockname())

        assert heard.recv(100) == WORDS


async def nobody(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError("nobody asks")


async def test_a_web_process_says_so_when_it_listens(heard: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", heard.getsockname())
    server = DrainingServer(uvicorn.Config(nobody, port=0, lifespan="off", log_config=None), drain_s=0)
    serving = asyncio.create_task(server.serve())
    try:
        said = await asyncio.to_thread(heard.recv, 100)

        assert (said, server.started) == (WORDS, True)
    finally:
        server.should_exit = True
        await asyncio.wait_for(serving, 20)


async def test_without_a_supervisor_nothing_is_said(heard: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)

    tell_of_life(EVERY_S)
    await asyncio.sleep(3 * EVERY_S)

    assert all_of(heard) == []
