"""Alive and ready: what the two answers say when all is well, and when a server is gone, hangs, or is behind."""

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from lms.hours.actions import group_commit
from lms.hours.consumers.hub import hub
from lms.wiring import readiness
from lms.wiring.operation import Operation
from tests.integration.hours.rooms import Room, holding_the_clocks, tick
from tests.integration.wiring.asking import ask
from tests.integration.wiring.lossy import WAYS, lossy_commits
from tests.outages import no_writes
from tests.world import make_world

pytestmark = [pytest.mark.django_db]


async def nobody(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError("nothing behind the first layer is needed for this")


@contextmanager
def deaf_server() -> Iterator[int]:
    """The port of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


async def checks_of(path: str = "/readyz") -> tuple[int, dict[str, dict[str, Any]], float]:
    start = time.monotonic()
    answer = await ask(Operation(nobody), path)
    return answer.status_code, {each["name"]: each for each in answer.json()["checks"]}, time.monotonic() - start


async def test_all_is_well() -> None:
    status, checks, _took = await checks_of()

    assert status == 200
    assert {name: check["ok"] for name, check in checks.items()} == {
        "database": True,
        "durability": True,
        "migrations": True,
        "clock": True,
        "beats": True,
        "valkey": True,
        "signing": True,
    }
    assert all(check["reason"] == "" for check in checks.values())


async def test_keys_that_cannot_sign_are_named_and_take_no_process_out(settings: Any, tmp_path: Path) -> None:
    settings.SIGNING_KEYS_DIR = tmp_path
    (tmp_path / "0001.json").write_text("no key of ours")

    status, checks, _took = await checks_of()

    assert (status, checks["signing"]["ok"], checks["signing"]["required"]) == (200, False, False)
    assert checks["signing"]["reason"] == "failed (NoSigningKey)"


async def test_a_database_that_hangs_is_not_ready_within_two_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    await asyncio.to_thread(readiness._last_migrations)
    with deaf_server() as port:
        monkeypatch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
        monkeypatch.setitem(connection.settings_dict, "PORT", port)
        status, checks, took = await checks_of()

    assert status == 503
    assert checks["database"]["reason"] == "no answer within 1000 ms"
    assert checks["migrations"]["reason"] == checks["durability"]["reason"] == "the database did not answer"
    assert checks["valkey"]["ok"]
    assert took < 3


async def test_a_database_that_is_gone_is_not_ready_and_its_address_is_not_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(connection.settings_dict, "HOST", "/nowhere/at/all")
    status, checks, _took = await checks_of()

    assert status == 503
    assert checks["database"] == {
        "name": "database",
        "ok": False,
        "ms": checks["database"]["ms"],
        "reason": "failed (OperationalError)",
        "required": True,
    }


@pytest.mark.django_db(transaction=True)
def test_a_database_that_takes_no_writes_is_not_ready() -> None:
    with no_writes():
        status, checks, _took = asyncio.run(checks_of())
    after, _checks, _took = asyncio.run(checks_of())

    assert (status, after) == (503, 200)
    assert (checks["database"]["ok"], checks["database"]["reason"]) == (False, "takes no writes")
    assert checks["migrations"]["ok"]


@pytest.mark.django_db(transaction=True)
def test_a_beat_whose_commit_is_held_up_takes_the_process_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_commit, "LOCK_WAIT_MS", 60_000)
    monkeypatch.setattr(readiness, "BEAT_MS_MAX", 2_000)
    readiness._last_migrations()
    room = Room(make_world(), 1)
    (person,) = room.learners

    async def story() -> tuple[list[int], str]:
        group = hub().group_commit

        async def beat(seq: int) -> object:
            session, at = room.sessions[person.pk], datetime.now(UTC)
            return await group.record(learner_id=person.pk, session=session, beat=tick(seq, 0), at=at)

        try:
            assert await beat(1)
            with holding_the_clocks(person):
                waiting = asyncio.create_task(beat(2))
                await asyncio.sleep(0)
                at_once, _checks, _took = await checks_of()
                await asyncio.sleep(2.1)
                late, checks, _took = await checks_of()
            assert await waiting
            after, _checks, _took = await checks_of()
        finally:
            await group.rest()
        return [at_once, late, after], checks["beats"]["reason"]

    statuses, reason = asyncio.run(story())

    assert statuses == [200, 503, 200]
    assert reason.startswith("the oldest waits for ")


@pytest.mark.parametrize("hangs", [True, False])
async def test_valkey_that_hangs_or_is_gone_is_not_ready(settings: Any, hangs: bool) -> None:
    with deaf_server() as port:
        settings.REDIS_URL = f"redis://:hidden@127.0.0.1:{port if hangs else 1}/0"
        status, checks, took = await checks_of()

    assert status == 503
    assert checks["valkey"]["reason"] == ("no answer within 1000 ms" if hangs else "failed (ConnectionError)")
    assert checks["database"]["ok"]
    assert took < 3


async def test_a_missing_migration_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    known = readiness._last_migrations()
    monkeypatch.setattr(readiness, "_last_migrations", lambda: known | {("audit", "9999_from_tomorrow")})

    status, checks, _took = await checks_of()

    assert status == 503
    assert checks["migrations"]["reason"] == "1 not applied: audit.9999_from_tomorrow"


@pytest.mark.parametrize("way", WAYS)
async def test_a_database_that_may_lose_what_it_commits_is_not_ready(way: str) -> None:
    """The control is that all is well before and after."""
    before, *_more = await checks_of()
    with lossy_commits(way):
        status, checks, _took = await checks_of()
    after, *_more = await checks_of()

    assert (before, status, after) == (200, 503, 200)
    assert [name for name, each in checks.items() if not each["ok"]] == ["durability"]
    assert checks["durability"]["reason"].startswith("synchronous_commit is 'off'; it must be 'local' or 'on'")


async def test_a_clock_that_is_three_seconds_off_is_not_ready() -> None:
    told = readiness._Told({}, readiness._last_migrations(), 3_000)
    good = readiness._Told({}, readiness._last_migrations(), -1_999)

    found = {each.name: each for each in readiness._of_database(told, told.migrations)}

    assert [name for name, each in found.items() if not each.ok] == ["clock"]
    assert found["clock"].reason == "3000 ms ahead of the database's"
    assert all(each.ok for each in readiness._of_database(good, good.migrations))


async def test_it_is_alive_whatever_became_of_the_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "HOST", "/nowhere/at/all")

    answer = await ask(Operation(nobody), "/healthz", headers={"Host": "10.1.2.3:8001"})

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_askers_of_the_same_second_share_one_look(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0

    async def look() -> list[readiness.Finding]:
        nonlocal looks
        looks += 1
        await asyncio.sleep(0.01)
        return []

    monkeypatch.setattr(readiness, "_look", look)
    watch = readiness.Watch()

    await asyncio.gather(*(watch.findings() for _ in range(50)))

    assert looks == 1
