"""Every program of an installation refuses to start where it would be unsafe, and says why."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
import redis

from lms import env
from lms.env import postgres
from lms.env.addresses import free_port
from tests.conftest import data_folder
from tests.integration.env.programs import Holder
from tests.integration.wiring.lossy import address, closed_to_everybody, lossy_commits
from tests.production import PUBLIC

BASE = Path(__file__).resolve().parent.parent.parent.parent
UNSAFE = {"ALLOWED_HOSTS": "*", "BASE_URL": "http://hours.example.cn", "DEBUG": "1"}
CELERY = ("-m", "celery", "-A", "lms", "--quiet")
PROGRAMS = {
    "web": ["manage.py", "serve", "--port", "{port}"],
    "uvicorn": ["-m", "uvicorn", "lms.wiring.asgi:application", "--lifespan", "off", "--port", "{port}"],
    "worker": [*CELERY, "worker", "--loglevel", "INFO", "--concurrency", "1"],
    "clock": [*CELERY, "beat", "--loglevel", "INFO", "--pidfile=", "--schedule", "{folder}/schedule"],
}
WORKS = {"worker": "ready.", "clock": "Sending due task"}
"""What shows in its log that a program has started."""
VALKEY_NUMBER = 15 - int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
"""What these programs say to each other, and the pages that they keep, reach no other test."""
START_S_MAX = 90
STOP_S_MAX = 30
LOSSY = "synchronous_commit is 'off'; it must be 'local' or 'on'"


def command_of(program: str, folder: Path, port: int = 1) -> list[str]:
    return [sys.executable, *(word.format(folder=folder, port=port) for word in PROGRAMS[program])]


def public(database: str) -> dict[str, str]:
    """The environment of an installation that serves others and is safe in all that is not its database's."""
    secrets = {
        "SECRET_KEY": "pQ8mWz3kLr7VtY1nXc5BsD9fGh2JuEa6",
        "IDENTITY_KEY": "Zx4CvB8nMq1WeR5tYu9IoP3aSd7FgH2j",
        "IDENTITY_MAC_KEY": "Lk6JhG2fDs9AqW4eRt8YuI1oPz5XcV3b",
        "MEDIA_KEY": "Nm7BvC3xZl9KjH5gFd1SaP8oIu4YtR2e",
    }
    broker = urlsplit(env.redis_url(Path(os.environ["DATA_DIR"])))._replace(path=f"/{VALKEY_NUMBER}").geturl()
    return {**os.environ, **PUBLIC, **secrets, "LOG_FORMAT": "text", "DATABASE_URL": database, "REDIS_URL": broker}


def refusal_of(program: str, folder: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(
        command_of(program, folder),
        check=False,
        cwd=BASE,
        env=environment,
        capture_output=True,
        text=True,
        timeout=START_S_MAX,
    )
    assert done.returncode != 0
    return done.stderr + done.stdout


@contextmanager
def started(program: str, folder: Path, database: str) -> Iterator[tuple[str, Callable[[], str]]]:
    """A program that runs: the address that the web programs have, and what it has said so far."""
    port, log = free_port(), folder / "log"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            command_of(program, folder, port), cwd=BASE, env=public(database), stdout=sink, stderr=subprocess.STDOUT
        )
    try:
        yield f"http://127.0.0.1:{port}", log.read_text
    finally:
        process.terminate()
        process.wait(STOP_S_MAX)
        with redis.from_url(public(database)["REDIS_URL"]) as broker:
            broker.flushdb()


def status_of(url: str) -> int:
    """0 while nobody answers. A login that the cache does not know is looked for in the database."""
    headers = {"Host": "localhost", "Cookie": f"sessionid={uuid.uuid4().hex}"}
    try:
        return httpx.get(url, timeout=10, trust_env=False, headers=headers).status_code
    except httpx.HTTPError:
        return 0


def durability_of(url: str) -> tuple[int, str]:
    """What `/readyz` answers, and what it says about what is committed."""
    answer = httpx.get(f"{url}/readyz", timeout=10, trust_env=False)
    return answer.status_code, {each["name"]: each["reason"] for each in answer.json()["checks"]}["durability"]


def eventually(what: Callable[[], bool]) -> bool:
    until = time.monotonic() + START_S_MAX
    while not what() and time.monotonic() < until:
        time.sleep(0.1)
    return what()


@pytest.mark.parametrize("program", PROGRAMS)
def test_it_does_not_start(program: str, tmp_path: Path) -> None:
    said = refusal_of(program, tmp_path, {**os.environ, **UNSAFE})

    for each in ("DEBUG is on", "ALLOWED_HOSTS holds '*'", "BASE_URL is not https", "MEDIA_KEY is not set"):
        assert each in said


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("program", "way"), [("web", "the role"), ("worker", "the database"), ("clock", "the database")]
)
def test_it_does_not_start_on_a_database_that_may_lose_what_it_committed(
    program: str, way: str, tmp_path: Path
) -> None:
    with lossy_commits(way):
        said = refusal_of(program, tmp_path, public(address()))

    assert f"In PostgreSQL {LOSSY}" in said


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("program", ["web", "worker", "clock"])
def test_it_starts_on_a_sound_database(program: str, tmp_path: Path) -> None:
    """The control: the same programs and settings."""
    with started(program, tmp_path, address()) as (url, said):
        if program == "web":
            assert eventually(lambda: status_of(f"{url}/readyz") == 200), said()
        else:
            assert eventually(lambda: WORKS[program] in said()), said()


def test_it_does_not_start_on_a_server_without_fsync(tmp_path: Path) -> None:
    with data_folder("xueshi-fsync-") as folder:
        holder = Holder(folder)
        database = holder.up()
        try:
            sound = said_by_the_clock(folder, database, tmp_path, fsync="on")
            unsafe = said_by_the_clock(folder, database, tmp_path, fsync="off")
        finally:
            holder.out()

    assert WORKS["clock"] in sound
    assert "In PostgreSQL fsync is 'off'; it must be 'on'." in unsafe
    assert WORKS["clock"] not in unsafe


def said_by_the_clock(folder: Path, database: str, tmp_path: Path, *, fsync: str) -> str:
    """What the program that needs no table says in its first seconds on a server with this setting."""
    cluster = (folder / "postgres").resolve() / "cluster"
    with (cluster / "postgresql.conf").open("a") as file:
        file.write(f"\nfsync = {fsync}\n")
    server = postgres._process(cluster)
    assert server is not None
    os.kill(server, signal.SIGHUP)

    def in_force() -> bool:
        with psycopg.connect(database) as asked:
            return asked.execute("SHOW fsync").fetchone() == (fsync,)

    assert eventually(in_force)
    with started("clock", tmp_path, database) as (_url, said):
        eventually(lambda: WORKS["clock"] in said() or "Not started" in said())
        return said()


@pytest.mark.django_db(transaction=True)
def test_a_process_that_waited_for_its_database_uses_it_only_when_it_is_sound(tmp_path: Path) -> None:
    with closed_to_everybody() as let_in, started("web", tmp_path, address()) as (url, said):
        assert eventually(lambda: status_of(f"{url}/healthz") == 200), said()
        while_closed = durability_of(url)
        with lossy_commits():
            let_in()
            assert eventually(lambda: durability_of(url) != while_closed)
            while_lossy, page = durability_of(url), status_of(f"{url}/")
        assert eventually(lambda: status_of(f"{url}/readyz") == 200)
        page_of_a_sound_one = status_of(f"{url}/")

    assert while_closed == (503, "the database did not answer")
    assert while_lossy[0] == 503 and while_lossy[1].startswith(LOSSY)
    assert (page, page_of_a_sound_one) == (503, 200)
