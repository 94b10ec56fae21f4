"""Taking a layer of the gate away, to see whether the other one holds alone; and windows in which a race can happen."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from django.db import connection
from django.db.models import QuerySet
from psycopg import sql

from tests.templates import owner_connection

GUARDED = ("exams_registration", "exams_waitingplace", "exams_sitting")
CONSTRAINTS = """
    SELECT conname FROM pg_constraint WHERE contype IN ('u', 'x', 'c') AND conrelid = %s::regclass
"""
UNIQUE_INDEXES = """
    SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = %s::regclass AND i.indisunique AND NOT i.indisprimary
"""
WINDOW_S_MAX = 0.1
JUDGED = "lms.exams.actions.{}.keep_decision"


@contextmanager
def wide_windows() -> Iterator[None]:
    """Some time passes between what is read and what is written upon it."""
    places = [JUDGED.format("registering"), JUDGED.format("seating"), "lms.exams.actions.holding.holding"]
    places.append("lms.exams.actions.sittings._move_down")
    with ExitStack() as patched:
        for each in places:
            patched.enter_context(_slowed(each))
        yield


@contextmanager
def without_locks() -> Iterator[None]:
    """Nothing that the program reads is locked; what PostgreSQL locks of its own accord stays."""
    with (
        patch.object(QuerySet, "select_for_update", lambda rows, *how, **more: rows.all()),
        patch("lms.exams.actions.locking.LOCK_TRAINING", "SELECT %s"),
    ):
        yield


def drop_constraints() -> None:
    """In this test's own database, which is made anew after it: no constraint, unique index or trigger guards a seat.

    Primary and foreign keys stay, and what guards the ledger, which is not the gate's.
    """
    with owner_connection(str(connection.settings_dict["NAME"])) as owner:
        for table in GUARDED:
            named = sql.Identifier(table)
            owner.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(named))
            for (name,) in owner.execute(CONSTRAINTS, [table]).fetchall():
                owner.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(named, sql.Identifier(name)))
            for (name,) in owner.execute(UNIQUE_INDEXES, [table]).fetchall():
                owner.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
        owner.execute("ALTER TABLE hours_entry DISABLE TRIGGER hours_entry_doubts_seats")


def guards_left() -> int:
    """How many constraints, unique indexes and triggers still guard a seat."""
    count = 0
    with owner_connection(str(connection.settings_dict["NAME"])) as owner:
        for table in GUARDED:
            count += len(owner.execute(CONSTRAINTS, [table]).fetchall())
            count += len(owner.execute(UNIQUE_INDEXES, [table]).fetchall())
            enabled = "SELECT 1 FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal AND tgenabled <> 'D'"
            count += len(owner.execute(enabled, [table]).fetchall())
    return count


@contextmanager
def _slowed(name: str) -> Iterator[None]:
    module, _, attribute = name.rpartition(".")
    original: Callable[..., Any] = getattr(__import__(module, fromlist=[attribute]), attribute)

    def slowly(*given: Any, **more: Any) -> Any:
        answer = original(*given, **more)
        time.sleep(random.uniform(0, WINDOW_S_MAX))
        return answer

    with patch(name, slowly):
        yield
