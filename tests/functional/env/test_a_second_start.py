"""A system that was started before, as it stands: looks that change nothing and share one start."""

import json
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from lms import env
from tests.conftest import data_folder
from tests.systems import RunningSystem, eventually, prepare, started


@pytest.fixture(scope="module")
def serving() -> Iterator[RunningSystem]:
    with data_folder("xueshi-again-") as folder:
        if not prepare(folder):
            with started(folder):
                pass
        with started(folder) as system:
            yield system


def test_it_serves_as_a_role_that_cannot_change_the_ledger(serving: RunningSystem) -> None:
    """A page is asked for while the owner holds every table, so that the web server stands there waiting."""
    waiting = "SELECT DISTINCT usename FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted"
    address = env.owner_url(serving.data_dir)
    # A login that the cache does not know is looked for in the database.
    visit = urllib.request.Request(f"{serving.url}/", headers={"Cookie": f"sessionid={'a' * 32}"})
    with ThreadPoolExecutor(max_workers=1) as pool, psycopg.connect(address, autocommit=True) as looks:
        with psycopg.connect(address) as owner:
            tables = owner.execute(
                "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"
            ).fetchall()
            owner.execute(f"LOCK TABLE {', '.join(name for (name,) in tables)}")  # type: ignore[call-overload]
            page = pool.submit(urllib.request.urlopen, visit, timeout=60)
            assert eventually(lambda: looks.execute(waiting).fetchall() != [])
            connected = looks.execute(waiting).fetchall()
        assert page.result(60).status == 200

    assert connected == [("xueshi_runtime",)]


def test_it_tells_address_and_people_in_both_languages(serving: RunningSystem) -> None:
    def said() -> str:
        return serving.output.read_text()

    assert eventually(lambda: "Ctrl-C" in said())

    for words in (
        "网址 Address",
        f"http://127.0.0.1:{serving.port}/",
        "xueshi-demo-2026",
        "worker1 .. worker20@demo.test",
    ):
        assert words in said()


def test_it_starts_again_without_preparing_anything(serving: RunningSystem) -> None:
    said = serving.output.read_text()

    assert "migrated" not in said
    assert "demo loaded" not in said


def rows_of(system: RunningSystem) -> dict[str, int]:
    """How many rows each table has."""
    names = [name for (name,) in system.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    return dict(system.rows(" UNION ALL ".join(f"SELECT '{name}', count(*) FROM \"{name}\"" for name in names)))


def test_loading_the_demo_again_changes_nothing(serving: RunningSystem) -> None:
    before = rows_of(serving)

    told, again = (json.loads(serving.manage("demo", "--json")) for _ in range(2))

    assert again == told
    assert rows_of(serving) == before
