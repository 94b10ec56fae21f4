"""Learners over HTTP: web processes of their own on this test's database, and requests with the token of a login."""

import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.cached_db import SessionStore
from django.db import connection

from lms.accounts.models import User
from lms.env.addresses import free_port, runtime_url
from tests.integration.exams.racing.ground import Stage
from tests.integration.exams.racing.writers import Writer
from tests.systems import BASE

READY_S_MAX = 90
STOP_S_MAX = 20
REFUSED = (401, 404, 409, 429)
"""Not logged in (suspended), no such seat, the gate's own refusals, and more than one person may ask in a minute."""


class ServerFailed(Exception):
    """An answer that no caller should ever get."""


@contextmanager
def web_processes(count: int) -> Iterator[list[str]]:
    """Their addresses."""
    with tempfile.TemporaryFile() as log:
        started = [_start(log.fileno()) for _ in range(count)]
        try:
            for address, process in started:
                _wait_for(address, process)
            yield [address for address, _process in started]
        finally:
            for _address, process in started:
                process.terminate()
            for _address, process in started:
                process.wait(STOP_S_MAX)


@contextmanager
def http_writers(stage: Stage, addresses: list[str], count: int) -> Iterator[list[tuple[str, Writer]]]:
    """Each asks whether somebody may register, registers them, and sometimes gives the seat back."""
    tokens = {each.person.pk: _login(each.person) for each in stage.learners}
    with ExitStack() as connections:
        clients = [
            connections.enter_context(
                httpx.Client(base_url=f"{addresses[place % len(addresses)]}/api/v1", timeout=60, trust_env=False)
            )
            for place in range(count)
        ]
        yield [("http", _writer(stage, each, tokens)) for each in clients]


def _writer(stage: Stage, client: httpx.Client, tokens: dict[int, str]) -> Writer:
    def ask(method: str, path: str, token: str) -> httpx.Response:
        answer = client.request(method, path, headers={"X-Session-Token": token})
        if answer.status_code >= 400 and answer.status_code not in REFUSED:
            raise ServerFailed(f"{method} answers {answer.status_code}: {answer.text[:200]}")
        return answer

    def write() -> str:
        token = tokens[random.choice(stage.learners).person.pk]
        sitting = random.choice(stage.sittings).uuid
        ask("GET", f"/sittings/{sitting}/eligibility", token)
        booked = ask("POST", f"/sittings/{sitting}/registrations", token)
        if booked.status_code != 201:
            return str(booked.status_code)
        if random.random() < 0.5:
            ask("DELETE", f"/registrations/{booked.json()['uuid']}", token)
        return "booked"

    return write


def _login(person: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def _start(log: int) -> tuple[str, "subprocess.Popen[bytes]"]:
    port, name = free_port(), connection.settings_dict["NAME"]
    address = urlsplit(runtime_url(Path(os.environ["DATA_DIR"])))._replace(path=f"/{name}").geturl()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "serve", "--port", str(port), "--drain-s", "0"],
        cwd=BASE,
        env={**os.environ, "DATABASE_URL": address, "REDIS_URL": settings.REDIS_URL},
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    return f"http://127.0.0.1:{port}", process


def _wait_for(address: str, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + READY_S_MAX
    while True:
        try:
            httpx.get(f"{address}/healthz", timeout=5, trust_env=False)
            return
        except httpx.HTTPError:
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("a web process does not answer") from None
            time.sleep(0.1)
