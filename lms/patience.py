"""How long the threads that serve people wait for the database, and what its errors mean to them.

Few threads serve everybody, so none of them may stand for long behind a row that somebody else holds, or hold rows
while it does nothing. A pool of such threads names its patience when it is made, and every connection that is opened in
one of them gets it. Nothing else is limited: migrations, back-ups, commands and what the workers do wait as long as it
takes.
"""

import threading
from collections.abc import Callable
from typing import Any

from django.db import InterfaceError, OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from psycopg.errors import DeadlockDetected, LockNotAvailable, ReadOnlySqlTransaction

IDLE_MS_MAX = 30_000
"""A transaction in which nothing is said for so long is ended, and its locks with it: its process hangs, or its machine
vanished, which PostgreSQL would otherwise find out in two hours."""

_own = threading.local()


def patience(lock_ms: int) -> Callable[[], None]:
    """The initializer of a pool whose threads wait at most `lock_ms` for a lock."""

    def begin() -> None:
        _own.lock_ms = lock_ms

    return begin


def is_locked(error: BaseException) -> bool:
    """Whether the database gave a statement up because somebody else holds what it needs. Nothing was written."""
    return isinstance(error.__cause__, (LockNotAvailable, DeadlockDetected))


def is_away(error: BaseException) -> bool:
    """Whether the database does not answer, or takes no writes, as one that another has taken over from."""
    return isinstance(error, (OperationalError, InterfaceError)) or is_read_only(error)


def is_read_only(error: BaseException) -> bool:
    return isinstance(error.__cause__, ReadOnlySqlTransaction)


def _limit(sender: Any, connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    lock_ms = getattr(_own, "lock_ms", None)
    if lock_ms is not None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = {lock_ms}; SET idle_in_transaction_session_timeout = {IDLE_MS_MAX}")


connection_created.connect(_limit, dispatch_uid="lms.patience")
