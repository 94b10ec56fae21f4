"""The template database: migrated once a session by whoever comes first, then copied in a moment.

Its name holds a hash of all migrations and locked packages, so that on a shared server (DATABASE_URL) another
version's template is never taken for ours. The owner makes databases; tests then run as the role that serves, so that
every one of them proves that it needs no more rights.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

BASE = Path(__file__).resolve().parent.parent
DATABASE_ROOTS = ("lms", "courses", "media_pipeline")
DROP_S_MAX = 20.0


def template_name() -> str:
    sources = [BASE / "requirements" / "run.txt", BASE / "lms" / "settings.py"]
    sources += [BASE / "lms/wiring/actions/rights.py", BASE / "lms/wiring/rules/trust.py"]
    for root in DATABASE_ROOTS:
        sources += sorted((BASE / root).rglob("migrations/*.py"))
    digest = hashlib.sha256()
    for source in sources:
        digest.update(f"{source.relative_to(BASE)}\0".encode() + source.read_bytes())
    return f"xueshi_template_{digest.hexdigest()[:16]}"


def ensure_template() -> None:
    """Have the template there and whole; other workers wait meanwhile."""
    from lms import env

    folder = Path(os.environ["DATA_DIR"])
    address = env.owner_url(folder)
    name = os.environ["TEST_TEMPLATE"]
    with _alone(), psycopg.connect(address, autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            return
        draft = f"{name}_draft"
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(draft)))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(draft)))
        done = subprocess.run(
            [sys.executable, "manage.py", "migrate", "--noinput", "--verbosity", "0"],
            check=False,
            cwd=BASE,
            env={
                **os.environ,
                "DATABASE_URL": urlsplit(env.runtime_url(folder))._replace(path=f"/{draft}").geturl(),
                "DATABASE_OWNER_URL": urlsplit(address)._replace(path=f"/{draft}").geturl(),
            },
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            raise RuntimeError(f"the template database could not be migrated:\n{done.stderr[-4000:]}")
        # Only a whole template gets the name that others look for.
        rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        connection.execute(rename.format(sql.Identifier(draft), sql.Identifier(name)))


def restore_from_template(connection: "BaseDatabaseWrapper") -> None:
    """Put a test database back to the template's state, rows of the migrations included.

    Django's own way after a test with real transactions is to truncate every table: the append-only ones refuse it,
    and Wagtail's first pages would be gone for all tests that follow.
    """
    settings = connection.settings_dict
    name, template = sql.Identifier(settings["NAME"]), sql.Identifier(settings["TEST"]["TEMPLATE"])
    connection.close()
    _end_sessions(settings["NAME"])
    with owner_connection("postgres") as owner:
        _drop(owner, name)
        owner.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(name, template))
    keep_temporary_tables_out(settings["NAME"])


def _drop(owner: psycopg.Connection[Any], name: sql.Identifier) -> None:
    """A role that is no superuser may not end the autovacuum that happens to be at work there; it ends by itself."""
    until = time.monotonic() + DROP_S_MAX
    while True:
        try:
            owner.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
            return
        except psycopg.errors.InsufficientPrivilege:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def _end_sessions(database: str) -> None:
    """End what threads of a test left connected: only the role itself may, not the one that owns the database."""
    from lms import env

    address = urlsplit(env.database_url(Path(os.environ["DATA_DIR"])))._replace(path="/postgres").geturl()
    with psycopg.connect(address, autocommit=True) as own:
        own.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = %s AND usename = current_user AND pid <> pg_backend_pid()",
            [database],
        )


def keep_temporary_tables_out(database: str) -> None:
    with owner_connection("postgres") as owner:
        owner.execute(sql.SQL("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC").format(sql.Identifier(database)))


def owner_connection(database: str) -> psycopg.Connection[Any]:
    """A connection of the role that owns the tables, outside of Django and of any test's transaction."""
    from lms import env

    address = urlsplit(env.owner_url(Path(os.environ["DATA_DIR"])))
    return psycopg.connect(address._replace(path=f"/{database}").geturl(), autocommit=True)


@contextmanager
def owners_cursor(wrapper: "BaseDatabaseWrapper") -> Iterator[Any]:
    """What Django's test runner makes and drops databases with; the role that serves may not."""
    with owner_connection("postgres") as owner, owner.cursor() as cursor:
        yield cursor


@contextmanager
def _alone() -> Iterator[None]:
    with (Path(os.environ["DATA_DIR"]) / "template.lock").open("w") as door:
        fcntl.flock(door, fcntl.LOCK_EX)
        yield
