"""The supervisor: stops everything it started, however it ends, and says in one sentence why it cannot start."""

import os
import random
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from lms import env
from lms.env.addresses import free_port
from tests.conftest import data_folder
from tests.faults.blows import BLOWS, replaced, strike
from tests.faults.blows import programs as programs_of
from tests.systems import START_S_MAX, RunningSystem, eventually, launch, prepare, processes_of, stop, wait_for


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """One data folder for all of these: at most the first start has to migrate and to load the demo."""
    with data_folder("xueshi-run-") as path:
        prepare(path)
        yield path


@pytest.fixture
def serving(folder: Path) -> Iterator[RunningSystem]:
    system = launch(folder, free_port())
    try:
        wait_for(f"{system.url}/", system.process, within_s=START_S_MAX, told=system.output)
        yield system
    finally:
        if system.process.poll() is None:
            stop(system.process)


def programs(folder: Path) -> str:
    return " ".join(processes_of(folder).values())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_it_stops_everything_when_told(serving: RunningSystem, number: signal.Signals) -> None:
    assert "django serve" in programs(serving.data_dir)
    assert "celery" in programs(serving.data_dir)

    serving.process.send_signal(number)

    assert serving.process.wait(10) == 0
    assert eventually(lambda: processes_of(serving.data_dir) == {}, within_s=2)


def test_it_does_not_start_on_a_database_that_could_change_what_was_posted(folder: Path) -> None:
    system = launch(folder, free_port())
    try:
        wait_for(f"{system.url}/", system.process, within_s=START_S_MAX, told=system.output)
        with psycopg.connect(env.owner_url(folder), autocommit=True) as owner:
            owner.execute("GRANT UPDATE ON hours_entry TO xueshi_runtime")
    finally:
        stop(system.process)

    again = launch(folder, free_port())
    try:
        assert again.process.wait(START_S_MAX) == 1
        assert (
            "The database role 'xueshi_runtime' has UPDATE on hours_entry; it must only have SELECT, INSERT."
            in again.output.read_text()
        )
    finally:
        (folder / "prepared").unlink()  # the next start migrates, and gives the rights anew


def test_it_leaves_no_server_and_no_worker_when_it_is_killed(serving: RunningSystem) -> None:
    serving.process.kill()
    serving.process.wait()

    assert eventually(
        lambda: "django serve" not in programs(serving.data_dir) and "celery" not in programs(serving.data_dir)
    )


def test_it_starts_again_what_was_killed_and_leaves_nothing_of_it(serving: RunningSystem) -> None:
    assert eventually(lambda: "Ctrl-C" in serving.output.read_text())
    before = processes_of(serving.data_dir)
    victims = strike(serving, BLOWS["everything"], random.Random(1))

    assert eventually(lambda: replaced(serving, victims), within_s=60)
    wait_for(f"{serving.url}/healthz", serving.process, within_s=60, told=serving.output)

    assert not {pid for pid in before if pid != serving.process.pid} & set(processes_of(serving.data_dir))
    for title in (
        "the web server",
        "the Celery worker",
        "the media worker",
        "the Celery clock",
        "PostgreSQL",
        "Valkey",
    ):
        assert f"{title} had " in serving.output.read_text()
    assert stop(serving.process) == 0
    assert eventually(lambda: processes_of(serving.data_dir) == {}, within_s=2)


def test_it_ends_with_an_error_that_names_the_child_that_will_not_live(folder: Path) -> None:
    system = launch(folder, free_port())
    wait_for(f"{system.url}/", system.process, within_s=START_S_MAX, told=system.output)
    assert eventually(lambda: "Ctrl-C" in system.output.read_text())

    deadline = time.monotonic() + 60
    while system.process.poll() is None and time.monotonic() < deadline:
        if "clock" in programs_of(system):
            os.kill(programs_of(system)["clock"], signal.SIGKILL)
        time.sleep(0.05)

    assert system.process.wait(15) == 1
    assert "The Celery clock ended unexpectedly with status -9" in system.output.read_text()
    assert eventually(lambda: processes_of(folder) == {}, within_s=2)


def test_it_says_in_one_sentence_that_the_port_is_taken(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        system = launch(folder, port)

        assert system.process.wait(30) == 1

    assert system.output.read_text() == f"Port {port} is in use by another program; choose another, e.g. PORT=9000.\n"
