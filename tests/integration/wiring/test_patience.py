"""Nobody who serves people waits for the database without an end: what our connections are told when they are made."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.conninfo import conninfo_to_dict

from lms.hours.actions.group_commit import GroupCommit
from lms.hours.consumers.hub import Hub
from lms.wiring import readiness, trust
from lms.wiring.threads import SharedThreads
from tests.outages import end_other_connections

pytestmark = pytest.mark.django_db(transaction=True)

BASE = Path(__file__).resolve().parent.parent.parent.parent
VANISHED = {
    "connect_timeout": "5",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "15000",
}


WAITING = ("lock_timeout", "idle_in_transaction_session_timeout")


def told() -> dict[str, str]:
    """What the connection of this thread was told."""
    connection.ensure_connection()
    return limits(connection) | waiting()


def limits(own: BaseDatabaseWrapper) -> dict[str, str]:
    given = own.connection.info.get_parameters()
    return {name: given.get(name, "") for name in VANISHED}


def waiting() -> dict[str, str]:
    found = {}
    with connection.cursor() as cursor:
        for name in WAITING:
            cursor.execute(f"SHOW {name}")
            (found[name],) = cursor.fetchone() or ("",)
    return found


async def of_study(ask: Callable[[], dict[str, str]]) -> dict[str, str]:
    hub = Hub()
    try:
        return await hub.in_thread(ask)
    finally:
        await hub._rest()


async def of_a_request(ask: Callable[[], dict[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}

    def asked() -> None:
        try:
            found.update(ask())
        finally:
            connection.close()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await sync_to_async(asked)()

    await SharedThreads(application, threads=1)(None, None, None)
    return found


@pytest.mark.parametrize(
    ("thread", "lock"),
    [(of_study, "3s"), (of_a_request, "10s")],
    ids=["of study", "of a request"],
)
def test_a_thread_that_serves_waits_for_locks_and_holds_them_for_seconds(
    thread: Callable[[Any], Coroutine[Any, Any, dict[str, str]]], lock: str
) -> None:
    found = asyncio.run(thread(told))

    assert found == {**VANISHED, "lock_timeout": lock, "idle_in_transaction_session_timeout": "30s"}


def test_the_line_of_the_beats_waits_for_a_fifth_of_a_second() -> None:
    async def story() -> dict[str, str]:
        group = GroupCommit()
        try:
            async with group.line.lent() as over:
                found = {name: (await over.rows(f"SHOW {name}"))[0][0] for name in WAITING}
            assert group.line._made is not None
            return limits(group.line._made) | found
        finally:
            await group.rest()

    found = asyncio.run(story())

    assert found == {**VANISHED, "lock_timeout": "200ms", "idle_in_transaction_session_timeout": "30s"}


def test_whoever_else_waits_as_long_as_it_takes() -> None:
    """A command or a worker, whose threads nobody named."""
    connection.close()

    assert told() == {**VANISHED, "lock_timeout": "0", "idle_in_transaction_session_timeout": "0"}


def test_a_connection_that_is_made_anew_in_the_middle_is_as_patient() -> None:
    def again() -> dict[str, str]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        connection.close()
        return waiting()

    assert asyncio.run(of_study(again)) == {"lock_timeout": "3s", "idle_in_transaction_session_timeout": "30s"}


def test_a_connection_that_was_lost_between_two_errands_is_as_patient() -> None:
    async def story() -> list[dict[str, str]]:
        hub = Hub()
        try:
            first = await hub.in_thread(waiting)
            await asyncio.to_thread(end_others)
            return [first, await hub.in_thread(waiting)]
        finally:
            await hub._rest()

    def end_others() -> None:
        end_other_connections()
        connection.close()

    first, second = asyncio.run(story())

    assert first == second
    assert second["lock_timeout"] == "3s"


class Asked(Exception):
    """Instead of a connection."""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """What psycopg is asked for by those that do not go through Django."""
    found: list[dict[str, Any]] = []

    def connect(conninfo: str = "", **given: Any) -> None:
        found.append({**conninfo_to_dict(conninfo), **given})
        raise Asked

    async def connect_soon(conninfo: str = "", **given: Any) -> None:
        connect(conninfo, **given)

    monkeypatch.setattr(psycopg, "connect", connect)
    monkeypatch.setattr(psycopg.AsyncConnection, "connect", connect_soon)
    return found


def test_so_do_the_looks_at_the_start_and_at_readiness(asked: list[dict[str, Any]]) -> None:
    with pytest.raises(Asked):
        trust.main()
    with pytest.raises(Asked):
        asyncio.run(readiness._ask_database())

    assert [{name: str(each[name]) for name in VANISHED} for each in asked] == [VANISHED, VANISHED]


def test_the_address_overrules_what_it_names(monkeypatch: pytest.MonkeyPatch, asked: list[dict[str, Any]]) -> None:
    address = "postgres://a:b@db.example/x?sslmode=require&tcp_user_timeout=30000"
    said = "import json; from lms import settings; print(json.dumps(settings.DATABASES['default']['OPTIONS']))"
    monkeypatch.setenv("DATABASE_URL", address)
    done = subprocess.run([sys.executable, "-c", said], check=True, cwd=BASE, capture_output=True, text=True)
    with pytest.raises(Asked):
        trust.main()

    overruled = {"sslmode": "require", "tcp_user_timeout": "30000"}
    assert {name: str(value) for name, value in json.loads(done.stdout).items()} == VANISHED | overruled
    assert {name: str(asked[0][name]) for name in (*VANISHED, "sslmode")} == VANISHED | overruled
