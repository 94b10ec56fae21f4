"""Prepared statements on real PostgreSQL: planned once, and made anew before a plan is old."""

from collections.abc import Iterator

import pytest
from django.db import connection, transaction

from lms.hours.queries import prepared as module
from lms.hours.queries.prepared import ids_of, prepared

pytestmark = pytest.mark.django_db(transaction=True)

FIND = "SELECT learner_id FROM hours_studyclock WHERE learner_id = ANY(%s::int8[])"


@pytest.fixture(autouse=True)
def own_connection() -> Iterator[None]:
    connection.close()
    yield
    connection.close()


def test_a_plan_is_kept_for_a_while_and_then_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    ask("SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_bitmapscan = off")
    prepared(FIND, [ids_of([1, 2])])
    ask("RESET enable_indexscan; RESET enable_indexonlyscan; RESET enable_bitmapscan; SET enable_seqscan = off")

    prepared(FIND, [ids_of([3])])
    assert "Seq Scan" in plan()

    monkeypatch.setattr(module, "PLAN_S_MAX", 0.0)
    prepared(FIND, [ids_of([3])])
    assert "Index" in plan()


def test_a_statement_is_not_prepared_by_a_transaction_that_may_take_the_settings_back() -> None:
    with transaction.atomic():
        prepared(FIND, [ids_of([1])])
        assert names() == []
        transaction.set_rollback(True)

    prepared(FIND, [ids_of([1])])

    assert len(names()) == 1
    assert ask("SHOW plan_cache_mode") == [("force_generic_plan",)]


def test_what_does_not_ask_is_not_prepared() -> None:
    prepared(FIND, [ids_of([1])])
    for _ in range(10):
        ask("SELECT 1")

    assert len(names()) == 1


def plan() -> str:
    (name,) = names()
    return "\n".join(line for (line,) in ask(f"EXPLAIN EXECUTE {name}('{{1}}')"))


def names() -> list[str]:
    return [name for (name,) in ask("SELECT name FROM pg_prepared_statements")]


def ask(statement: str) -> list[tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []
