"""Reads from the catalogue of PostgreSQL what `rules.trust` judges. No Django: the supervisor asks before it starts it.

An append-only table is one with an unconditional row trigger before UPDATE and DELETE that calls a refusing function,
so that a table which a later migration guards is known by itself.
"""

import json
from collections.abc import Sequence
from typing import Any, Protocol

from lms.wiring.rules.trust import APPEND_ONLY, DURABLE, FORBIDDEN_RIGHTS, GUARDS, Facts, Table


class Cursor(Protocol):
    """psycopg's, or Django's around it."""

    def execute(self, query: Any, params: Any = None, /) -> Any: ...
    def fetchall(self) -> Sequence[Sequence[Any]]: ...


IN_FORCE = "SELECT name, current_setting(name) FROM unnest(%s::text[]) AS name"
DURABLE_NAMES = sorted(DURABLE)

# tgtype: 1 row, 2 before, 8 delete, 16 update.
GUARD_TRIGGERS = """
    SELECT t.tgrelid, t.tgname, t.tgenabled FROM pg_trigger t JOIN pg_proc f ON f.oid = t.tgfoid
    WHERE NOT t.tgisinternal AND f.proname = ANY(%(guards)s)
        AND t.tgtype & 27 = 27 AND t.tgqual IS NULL AND t.tgattr = ''
"""
TABLES = f"""
    SELECT c.relname, pg_has_role(c.relowner, 'MEMBER'),
        ARRAY(SELECT word FROM unnest(%(rights)s::text[]) AS word WHERE has_table_privilege(c.oid, word)
            OR (word IN ('UPDATE', 'REFERENCES') AND has_any_column_privilege(c.oid, word))),
        (SELECT jsonb_object_agg(g.tgname, g.tgenabled)::text FROM ({GUARD_TRIGGERS}) g WHERE g.tgrelid = c.oid)
    FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
        AND (c.relname = ANY(%(append_only)s) OR c.oid IN (SELECT g.tgrelid FROM ({GUARD_TRIGGERS}) g))
"""
# A temporary table could stand in for a real one in what the triggers read.
POWERS = """
    SELECT word FROM (VALUES
        ('everything, as a superuser', (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)),
        ('to make roles', (SELECT rolcreaterole FROM pg_roles WHERE rolname = current_user)),
        ('CREATE on the schema public', has_schema_privilege('public', 'CREATE')),
        ('CREATE on the database', has_database_privilege(current_database(), 'CREATE')),
        ('TEMPORARY on the database', has_database_privilege(current_database(), 'TEMPORARY'))
    ) AS power(word, has) WHERE has
"""


def append_only_tables(cursor: Cursor) -> frozenset[str]:
    """The tables whose rows are only ever added, by their triggers."""
    return frozenset(name for name, _owned, _rights, guards in _tables(cursor) if guards)


def facts(cursor: Cursor) -> Facts:
    """What the connection's own role may do, and the settings that hold for it."""
    tables = tuple(
        Table(name, is_owned, tuple(rights), _guards(guards)) for name, is_owned, rights, guards in _tables(cursor)
    )
    powers = tuple(word for (word,) in _ask(cursor, POWERS))
    ((role,),) = _ask(cursor, "SELECT current_user")
    return Facts(role, settings_in_force(cursor), tables, powers)


def settings_in_force(cursor: Cursor) -> dict[str, str]:
    """The settings of the connection on which it depends whether a commit is on the disk."""
    found: Sequence[Any] = _ask(cursor, IN_FORCE, [DURABLE_NAMES])
    return dict(found)


def _tables(cursor: Cursor) -> Sequence[Sequence[Any]]:
    names = {
        "guards": sorted(GUARDS),
        "append_only": sorted(APPEND_ONLY),
        "rights": ["SELECT", "INSERT", *FORBIDDEN_RIGHTS],
    }
    return _ask(cursor, TABLES, names)


def _guards(written: str | None) -> dict[str, str]:
    return json.loads(written) if written else {}


def _ask(cursor: Cursor, question: str, values: Any = None) -> Sequence[Sequence[Any]]:
    cursor.execute(question, values)
    return cursor.fetchall()
