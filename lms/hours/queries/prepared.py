"""Statements that the database plans once for many beats: for one beat, planning costs more than doing."""

import time
from collections.abc import Iterable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from django.db import connection

PLAN_S_MAX = 5.0
"""A plan is kept this long. One that was made while tables were nearly empty may read all of a table that has grown."""

NEVER_UNASKED = 2**31
"""Uses of a statement before psycopg prepares it by itself."""

# Left to itself PostgreSQL finds a plan for any number of learners too dear for one, and plans anew for each.
KEEP_PLANS = "SET plan_cache_mode = force_generic_plan"

_planned_at: "WeakKeyDictionary[psycopg.Connection[Any], float]" = WeakKeyDictionary()


def prepared(statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows of a statement. Types are part of what is prepared: pass arrays as text.

    Django's own cursors write parameters into the text, and its connections prepare nothing until they are told to.
    Errors come as Django's.
    """
    connection.ensure_connection()
    own = connection.connection
    with connection.wrap_database_errors, psycopg.Cursor(own) as cursor:
        if not connection.in_atomic_block:  # a rollback would take a setting back
            _keep_plans(own, cursor)
        cursor.execute(statement, parameters, prepare=True)
        return cursor.fetchall() if cursor.description else []


def _keep_plans(own: "psycopg.Connection[Any]", cursor: "psycopg.Cursor[Any]") -> None:
    now = time.monotonic()
    planned_at = _planned_at.get(own)
    if planned_at is not None and now - planned_at < PLAN_S_MAX:
        return
    if planned_at is None:
        cursor.execute(KEEP_PLANS)
        own.prepare_threshold = NEVER_UNASKED
    else:
        cursor.execute("DISCARD PLANS")
    _planned_at[own] = now


def ids_of(numbers: Iterable[int]) -> str:
    """Numbers as PostgreSQL's text of an array, for `= ANY(%s::int8[])`."""
    return "{" + ",".join(map(str, numbers)) + "}"
