"""PostgreSQL told to lose what it committed, for new connections to the test database: by its owner or by the role."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from django.db import connection
from psycopg import sql

from lms import env
from tests.templates import owner_connection

WAYS = {
    "the database": "ALTER DATABASE {} {} synchronous_commit {}",
    "the role": "ALTER ROLE CURRENT_USER IN DATABASE {} {} synchronous_commit {}",
}


def address() -> str:
    """Where the role that serves finds the test database."""
    folder = Path(os.environ["DATA_DIR"])
    return urlsplit(env.runtime_url(folder))._replace(path=f"/{connection.settings_dict['NAME']}").geturl()


@contextmanager
def lossy_commits(way: str = "the database") -> Iterator[None]:
    name = sql.Identifier(connection.settings_dict["NAME"])
    says = owner_connection("postgres") if way == "the database" else psycopg.connect(address(), autocommit=True)
    with says:
        says.execute(sql.SQL(WAYS[way]).format(name, sql.SQL("SET"), sql.SQL("= off")))
        try:
            yield
        finally:
            says.execute(sql.SQL(WAYS[way]).format(name, sql.SQL("RESET"), sql.SQL("")))


@contextmanager
def closed_to_everybody() -> Iterator[Callable[[], None]]:
    """Nobody may connect to the test database until the function that is given is called."""
    name = sql.Identifier(connection.settings_dict["NAME"])
    statement = "ALTER DATABASE {} ALLOW_CONNECTIONS {}"
    with owner_connection("postgres") as owner:

        def let_in() -> None:
            owner.execute(sql.SQL(statement).format(name, sql.SQL("true")))

        owner.execute(sql.SQL(statement).format(name, sql.SQL("false")))
        try:
            yield let_in
        finally:
            let_in()
