"""Rows by the million: one INSERT ... SELECT for each table, and what would judge them row by row set aside meanwhile.

Checks, uniqueness and the exclusion of overlaps stay on; foreign keys are taken off and added again, which proves them
all in one pass. Columns that are not named get the default of their Django field.
"""

import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection, models
from psycopg import sql

FOREIGN_KEYS = """
    SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f' AND conrelid = %s::regclass
"""


@contextmanager
def set_aside(owner: "psycopg.Connection[Any]", tables: Iterable[type[models.Model]]) -> Iterator[None]:
    """Without triggers and foreign keys on these tables; afterwards with both, proven, and with fresh statistics."""
    names = [each._meta.db_table for each in tables]
    keys = [(name, *key) for name in names for key in owner.execute(FOREIGN_KEYS, [name]).fetchall()]
    for name in names:
        _alter(owner, name, sql.SQL("DISABLE TRIGGER USER"))
    for name, key, _definition in keys:
        _alter(owner, name, sql.SQL("DROP CONSTRAINT {}").format(sql.Identifier(key)))
    yield
    started = time.monotonic()
    for name, key, definition in keys:
        _alter(owner, name, sql.SQL("ADD CONSTRAINT {} {}").format(sql.Identifier(key), sql.SQL(definition)))
    for name in names:
        _alter(owner, name, sql.SQL("ENABLE TRIGGER USER"))
        owner.execute(sql.SQL("VACUUM ANALYZE {}").format(sql.Identifier(name)))
    say("foreign keys proven, statistics made", started)


def insert(
    owner: "psycopg.Connection[Any]", model: type[models.Model], source: str, columns: dict[str, str | models.Model]
) -> None:
    """One row of `model` for each row of `source`; `columns` gives SQL expressions, or the row that all point at."""
    started = time.monotonic()
    names, values = [], []
    for field in model._meta.concrete_fields:
        given = columns.get(field.column)
        if given is None and field.primary_key and isinstance(field, models.AutoField):
            continue
        names.append(sql.Identifier(field.column))
        if isinstance(given, models.Model):
            values.append(sql.Literal(given.pk))
        else:
            values.append(sql.SQL(given) if given is not None else _default(field))  # type: ignore[arg-type]
    unknown = set(columns) - {field.column for field in model._meta.concrete_fields}
    if unknown:
        raise ValueError(f"{model.__name__} has no {', '.join(sorted(unknown))}")
    statement = sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {}").format(
        sql.Identifier(model._meta.db_table),
        sql.SQL(", ").join(names),
        sql.SQL(", ").join(values),
        sql.SQL(source),  # type: ignore[arg-type]
    )
    made = owner.execute(statement).rowcount
    say(f"{made:>9,} {model._meta.verbose_name_plural}", started)


def say(what: str, started: float) -> None:
    """Progress, with the seconds it took."""
    print(f"  {what} ({time.monotonic() - started:.1f} s)", flush=True)


def _default(field: Any) -> sql.Composable:
    if field.default is uuid.uuid4:
        return sql.SQL("gen_random_uuid()")
    return sql.Literal(field.get_db_prep_save(field.get_default(), connection))


def _alter(owner: "psycopg.Connection[Any]", table: str, how: sql.Composable) -> None:
    owner.execute(sql.SQL("ALTER TABLE {} {}").format(sql.Identifier(table), how))
