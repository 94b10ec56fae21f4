"""The ground that all tests stand on: real PostgreSQL and Valkey, a migrated template, a browser, a running system.

The private servers start before Django's settings load and stop after the last test; with `-n 2` the workers share
them, each with a database and a Valkey number of its own. Wagtail's migrations run once, into a template database
that every test database is copied from.
"""

import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, settings

from lms.env.catalogues import compile_catalogues
from lms.env.servers import running_servers

if TYPE_CHECKING:
    from tests.systems import RunningSystem

BASE = Path(__file__).resolve().parent.parent
# These need nothing that runs, or whole systems with servers of their own. Where only they are asked for, none is
# started here: unit tests begin in a moment, also on a machine that can run no server.
WITHOUT_SERVERS = ("unit", "repository", "functional", "faults")
# A test with real transactions ends with a new copy of the template database, which takes a quarter of the time in
# memory. That what was acknowledged is on the disk is tried on one, by tests/faults.
MEMORY = Path("/dev/shm")
MEMORY_BYTES_MIN = 6 * 1024**3
# What takes minutes comes first, so that at the end of a part no worker is left alone with it. A file of one test is
# given out together with the next one that is free: behind the whole way that one is short.
LONG = (
    "model",
    "contract",
    "integration/media_pipeline/test_kills.py",
    "functional/test_the_whole_way.py",
    "functional/env/test_run.py",
    "functional/test_scrub_preview.py",
    "functional/test_accessibility.py",
    "functional/test_clips_play.py",
)

# How long an example takes says something about the machine, and nothing about the rule.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

_ground = contextlib.ExitStack()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    worker = getattr(config, "workerinput", {}).get("workerid", "")
    # Told to end, pytest ends as after Ctrl-C: whatever was started is stopped.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    if not worker:
        folder = _ground.enter_context(data_folder("xueshi-test-", within=_memory()))
        os.environ["DATA_DIR"] = str(folder)
        (folder / "static").mkdir()  # where collected files would be; whitenoise warns without it
        compile_catalogues(BASE / "locale")
    if not all(_is_without_servers(one, config) for one in config.args):
        _ground.enter_context(running_servers())
        if worker:
            os.environ["REDIS_URL"] = _numbered_redis(int(worker.removeprefix("gw")) + 1)
    from tests.templates import template_name

    os.environ["TEST_TEMPLATE"] = template_name()
    # pytest-django calls django.setup() in its own pytest_configure, which comes last.
    os.environ["DJANGO_SETTINGS_MODULE"] = "lms.settings"
    from django.conf import settings

    assert settings.DATABASES
    # A worker inherits this environment; it must not load its settings before it has a Valkey number of its own.
    del os.environ["DJANGO_SETTINGS_MODULE"]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests late: their browser leaves an event loop running in this thread, and no other may then start.

    Faults last of all: they kill parts of the system that the tests before them walk through. Else what is long first.
    """

    def within(item: pytest.Item, names: tuple[str, ...]) -> list[bool]:
        return [item.path.is_relative_to(BASE / "tests" / name) for name in names]

    items.sort(key=lambda item: (within(item, ("faults", "functional")), [not each for each in within(item, LONG)]))


def pytest_unconfigure(config: pytest.Config) -> None:
    _ground.close()


def _is_without_servers(argument: str, config: pytest.Config) -> bool:
    path = (config.invocation_params.dir / argument.split("::")[0]).resolve()
    return any(path.is_relative_to(BASE / "tests" / name) for name in WITHOUT_SERVERS)


def _numbered_redis(number: int) -> str:
    from lms import env

    address = env.redis_url(Path(os.environ["DATA_DIR"]))
    return urlsplit(address)._replace(path=f"/{number}").geturl()


def _memory() -> Path | None:
    """The file system in memory, where it takes what servers of a whole suite write: a gigabyte and more."""
    is_there = MEMORY.is_dir() and os.access(MEMORY, os.W_OK | os.X_OK)
    return MEMORY if is_there and shutil.disk_usage(MEMORY).free > MEMORY_BYTES_MIN else None


@contextlib.contextmanager
def data_folder(prefix: str, *, within: Path | None = None) -> Iterator[Path]:
    """A DATA_DIR for one use. Not pytest's tmp_path: root's is closed to the user who runs PostgreSQL."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=within)).resolve()
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        elsewhere = (folder / "postgres").resolve()
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(elsewhere, ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """The template must be there before pytest-django copies it into this worker's database."""
    from django.db.backends.postgresql.base import DatabaseWrapper
    from django.test import TransactionTestCase

    from tests.templates import ensure_template, owners_cursor, restore_from_template

    def teardown(case: TransactionTestCase) -> None:
        from django.db import connections

        for connection in connections.all():
            restore_from_template(connection)

    ensure_template()
    TransactionTestCase._fixture_teardown = teardown  # type: ignore[method-assign]
    DatabaseWrapper._nodb_cursor = owners_cursor  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> None:
    """Rights on a database, unlike those on its tables, are not copied from a template."""
    from django.db import connection

    from tests.templates import keep_temporary_tables_out

    keep_temporary_tables_out(connection.settings_dict["NAME"])


@pytest.fixture(autouse=True)
def _fresh_valkey(request: pytest.FixtureRequest) -> None:
    """No test sees another's messages, rate limits or cache. Only for tests that may touch servers."""
    if "db" not in request.fixturenames and "transactional_db" not in request.fixturenames:
        marker = request.node.get_closest_marker("django_db")
        if marker is None:
            return
    import redis
    from django.conf import settings

    with redis.from_url(settings.REDIS_URL) as client:
        client.flushdb()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's Chromium instead of a downloaded one; without it the tests fail, they are never skipped."""
    from tests.chromium import chromium, flags

    return {**browser_type_launch_args, "executable_path": chromium(), "args": flags()}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "locale": "zh-CN", "timezone_id": "Asia/Shanghai"}


@pytest.fixture(scope="session")
def running_system() -> Iterator["RunningSystem"]:
    """What `make run` starts, with a DATA_DIR and a port of its own: web server, worker, demo."""
    from tests.systems import started

    with data_folder("xueshi-system-") as folder, started(folder) as system:
        yield system
