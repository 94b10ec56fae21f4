"""Whether what PostgreSQL calls committed is on its disk; without that an acknowledged beat may be lost.

A program that serves others looks when it starts, and from then on at every connection that it makes: a database may
answer only later, and a server, a database or a role may be changed while the program runs. A connection whose commits
may be lost is as good as none: beats are not acknowledged, pages fail, jobs wait, until the setting is put right.
"""

import logging
from typing import Any

import psycopg
from django.db import OperationalError, connection
from django.db.backends.signals import connection_created

from lms.wiring.queries.trust import Cursor, settings_in_force
from lms.wiring.rules.trust import lossy

log = logging.getLogger(__name__)

ANSWER_S_MAX = 5
GUARD = "lms.wiring.durability"


class NotDurable(OperationalError):
    """The connection was closed again: what is committed over it may be lost."""


def faults_at_start() -> list[str]:
    """What is wrong with the settings in force; nothing when the database does not answer, which is waited for."""
    try:
        with psycopg.connect(**(parameters() | {"connect_timeout": ANSWER_S_MAX}), autocommit=True) as asked:
            return _faults(asked.cursor())
    except (OSError, psycopg.Error) as error:
        log.warning("the database does not answer (%s); it is looked at when it does", type(error).__name__)
        return []


def guard_connections() -> None:
    """From now on no connection of this process is used before it was looked at."""
    connection_created.connect(_refuse_lossy, dispatch_uid=GUARD)


def parameters() -> dict[str, Any]:
    """Those of Django's connection, for one beside it: also where an event loop runs, which Django's refuses."""
    given = connection.get_connection_params()
    return {name: value for name, value in given.items() if name not in {"cursor_factory", "context"}}


def _refuse_lossy(*, connection: Any, **signal: Any) -> None:
    try:
        with connection.cursor() as cursor:
            found = _faults(cursor)
        if found:
            log.error("a connection to the database is refused: %s", " ".join(found))
            raise NotDurable(" ".join(found))
    except BaseException:
        # Django has taken it already, and would use it the next time that it is asked for one.
        connection.close()
        raise


def _faults(cursor: Cursor) -> list[str]:
    return [fault.text for fault in lossy(settings_in_force(cursor))]
