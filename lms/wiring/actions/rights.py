"""Gives the runtime role its rights after every migration: to add to the ledger, never to change it.

Computed anew from the catalogue each time, so that a table whose trigger refuses changes loses UPDATE and DELETE in the
same migration that guards it. The owner runs this; nobody's hours are touched, so no audit row is written.
"""

from typing import Any

from django.conf import settings
from django.db import connections, transaction
from psycopg import sql

from lms.wiring.queries.trust import append_only_tables

ORDINARY = "SELECT, INSERT, UPDATE, DELETE"
ADDED_TO = "SELECT, INSERT"
READ = "SELECT"
# What was migrated is the owner's to say: a row more here, and a later guard would never be made.
OWNERS_OWN = frozenset({"django_migrations"})
OWNED = """
    SELECT relname, relkind FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S')
        AND pg_has_role(relowner, 'MEMBER') ORDER BY relname
"""


def after_migrate(*, using: str, **signal: Any) -> None:
    """Receiver of post_migrate. Nothing happens where one role does everything: there is nobody to give rights to."""
    if settings.DATABASE_ROLE != "owner" or not settings.DATABASE_HAS_OWNER:
        return
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        grant_rights(cursor, role=settings.DATABASE_RUNTIME_ROLE)


def grant_rights(cursor: Any, *, role: str) -> None:
    """As the owner: give `role` what serving needs in this database, and take everything else from it."""
    cursor.execute("SELECT current_database()")
    (database,) = cursor.fetchone()
    names = {"role": sql.Identifier(role), "database": sql.Identifier(database)}
    for statement, more in _statements(cursor):
        cursor.execute(sql.SQL(statement).format(**names, **more))


def _statements(cursor: Any) -> list[tuple[str, dict[str, sql.Composable]]]:
    found: list[tuple[str, dict[str, sql.Composable]]] = [
        ("REVOKE CREATE ON SCHEMA public FROM PUBLIC, {role}", {}),
        ("REVOKE CREATE, TEMPORARY ON DATABASE {database} FROM PUBLIC, {role}", {}),
        ("GRANT CONNECT ON DATABASE {database} TO {role}", {}),
        ("GRANT USAGE ON SCHEMA public TO {role}", {}),
    ]
    append_only = append_only_tables(cursor)
    cursor.execute(OWNED)
    for name, kind in cursor.fetchall():
        rights = _rights(name, kind, append_only)
        where = "SEQUENCE" if kind == "S" else "TABLE"
        named: dict[str, sql.Composable] = {"name": sql.Identifier(name)}
        found.append((f"REVOKE ALL ON {where} {{name}} FROM PUBLIC, {{role}}", named))
        found.append((f"GRANT {rights} ON {where} {{name}} TO {{role}}", named))
    return found


def _rights(name: str, kind: str, append_only: frozenset[str]) -> str:
    if kind == "S":
        return "USAGE"
    if name in OWNERS_OWN or kind in "vm":
        return READ
    return ADDED_TO if name in append_only else ORDINARY
