"""The line of the beats to real PostgreSQL: a statement is planned once, and anew before its plan is old."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from django.db import DataError, IntegrityError, InternalError, OperationalError, connection
from django.db.backends.signals import connection_created

from lms.hours.queries import line as module
from lms.hours.queries.line import Line, ids_of
from tests.templates import owner_connection

pytestmark = pytest.mark.django_db(transaction=True)

FIND = "SELECT learner_id FROM hours_studyclock WHERE learner_id = ANY(%s::int8[])"


def over_a_line(story: Callable[[Line], Awaitable[Any]]) -> Any:
    async def told() -> Any:
        line = Line(lock_ms=100)
        try:
            return await story(line)
        finally:
            await line.rest()

    return asyncio.run(told())


async def find(line: Line, *learner_ids: int) -> None:
    async with line.lent() as over:
        await over.rows(FIND, [ids_of(learner_ids)])


async def ask(line: Line, *statements: str) -> list[tuple[Any, ...]]:
    async with line.lent() as over:
        return [row for each in statements for row in await over.rows(each)]


async def plan(line: Line) -> str:
    [(name,)] = await ask(line, f"SELECT name FROM pg_prepared_statements WHERE statement LIKE '{FIND[:30]}%'")
    return str(await ask(line, f"EXPLAIN EXECUTE {name}('{{1}}')"))


async def backend(line: Line) -> int:
    [(number,)] = await ask(line, "SELECT pg_backend_pid()")
    return int(number)


def test_a_plan_is_kept_for_a_while_and_then_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    ways = ("enable_indexscan", "enable_indexonlyscan", "enable_bitmapscan")

    async def story(line: Line) -> list[str]:
        await ask(line, *(f"SET {way} = off" for way in ways))
        await find(line, 1, 2)
        await ask(line, *(f"RESET {way}" for way in ways), "SET enable_seqscan = off")
        await find(line, 3)
        kept = await plan(line)
        monkeypatch.setattr(module, "PLAN_S_MAX", 0.0)
        await find(line, 3)
        return [kept, await plan(line)]

    kept, anew = over_a_line(story)

    assert "Seq Scan" in kept
    assert "Index" in anew


def test_one_at_a_time_speaks_over_it() -> None:
    """What one says within a transaction is never mixed with what another says."""

    async def story(line: Line) -> list[str]:
        told = []

        async def speak(name: str) -> None:
            async with line.lent() as over, over.transaction():
                told.append(f"{name} begins")
                await over.rows("SELECT pg_sleep(0.05)")
                told.append(f"{name} ends")

        await asyncio.gather(*(speak(name) for name in "abc"))
        return told

    assert over_a_line(story) == [f"{name} {what}" for name in "abc" for what in ("begins", "ends")]


@pytest.mark.parametrize(
    ("statement", "wanted", "is_kept"),
    [
        ("INSERT INTO hours_studyclock (learner_id) VALUES (NULL)", IntegrityError, True),
        ("SELECT 1 / 0", DataError, True),
        ("SELECT 1 FROM accounts_user FOR UPDATE", OperationalError, True),
        ("INSERT INTO accounts_user (id) VALUES (1)", InternalError, False),
        ("SELECT pg_terminate_backend(pg_backend_pid())", OperationalError, False),
    ],
    ids=["refused", "no number", "locked", "takes no writes", "lost"],
)
def test_an_error_that_does_not_speak_of_a_row_ends_the_connection(
    statement: str, wanted: type[Exception], is_kept: bool
) -> None:
    async def story(line: Line) -> bool:
        before = await backend(line)
        if wanted is InternalError:
            await ask(line, "SET default_transaction_read_only = on")
        with pytest.raises(wanted):
            await ask(line, statement)
        return await backend(line) == before

    with owner_connection(str(connection.settings_dict["NAME"])) as other, other.transaction():
        other.execute("LOCK TABLE accounts_user IN EXCLUSIVE MODE" if "FOR UPDATE" in statement else "SELECT 1")
        assert over_a_line(story) is is_kept


def test_what_was_not_finished_is_not_committed() -> None:
    async def story(line: Line) -> list[tuple[Any, ...]]:
        await ask(line, "SET application_name = 'before'")
        with pytest.raises(DataError):
            await half_done(line)
        return await ask(line, "SHOW application_name")

    async def half_done(line: Line) -> None:
        async with line.lent() as over, over.transaction():
            await over.rows("SET application_name = 'changed'")
            await over.rows("SELECT 1 / 0")

    assert over_a_line(story) == [("before",)]


def test_whoever_refuses_connections_of_this_process_refuses_this_one_too() -> None:
    """As the guard does against a database that may lose what was committed."""

    def refuse(**signal: Any) -> None:
        signal["connection"].close()
        raise OperationalError("not this one")

    async def story(line: Line) -> int:
        connection_created.connect(refuse)
        try:
            with pytest.raises(OperationalError, match="not this one"):
                await backend(line)
        finally:
            connection_created.disconnect(refuse)
        return await backend(line)

    assert over_a_line(story) > 0
