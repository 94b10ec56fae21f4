"""Web processes of their own on this test's database, and who asks them: an app with a token, or a browser."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.cached_db import SessionStore
from django.db import connection
from django.urls import reverse

from lms.accounts.models import User
from lms.env.addresses import free_port, runtime_url
from tests.systems import BASE

READY_S_MAX = 90
STOP_S_MAX = 20
REFUSED_BY_API = (404, 409, 429)
"""No such seat, the gate's own refusals, and more than one person may ask in a minute. Nobody is suspended here: who is
not known (401) is a failure."""
REFUSED_BY_PAGES = (404, 422, 429)
"""Gone meanwhile, the form again with its reasons, and more than one person may send in a minute."""
FORM = "/me/"
"""A page that everybody may see, and that brings the token of its forms."""


class ServerFailed(Exception):
    """An answer that no caller should ever get."""


class Web:
    """The web processes, given out in turn, with the logins of whoever asks them."""

    def __init__(self, addresses: list[str], connections: ExitStack) -> None:
        self._addresses = cycle(addresses)
        self._connections = connections
        self._logins: dict[int, str] = {}

    def app(self) -> "App":
        return App(self._client(), self)

    def browser(self, person: User) -> "Browser":
        return Browser(self._client(), self.login_of(person))

    def login_of(self, person: User) -> str:
        """The key of the person's one login, which is an app's token as well."""
        if person.pk not in self._logins:
            self._logins[person.pk] = _login(person)
        return self._logins[person.pk]

    def _client(self) -> httpx.Client:
        return self._connections.enter_context(
            httpx.Client(base_url=next(self._addresses), timeout=60, trust_env=False)
        )


class App:
    """Asks the API for one person or another."""

    def __init__(self, client: httpx.Client, web: Web) -> None:
        self._client, self._web = client, web

    def ask(self, method: str, path: str, person: User, wanted: dict[str, str] | None = None) -> httpx.Response:
        token = {"X-Session-Token": self._web.login_of(person)}
        answer = self._client.request(method, f"/api/v1{path}", headers=token, json=wanted)
        return _passed(answer, f"{method} {path}", REFUSED_BY_API)


class Browser:
    """One person at the pages: the login's cookie, and with every form the token that its page brought."""

    def __init__(self, client: httpx.Client, login: str) -> None:
        self._client = client
        client.cookies.set(settings.SESSION_COOKIE_NAME, login)
        client.get(FORM).raise_for_status()
        self._token = client.cookies[settings.CSRF_COOKIE_NAME]

    def send(self, path: str, **fields: Any) -> str:
        """Send a form: "" when it was done and the browser is sent on, else the status."""
        answer = self._client.post(path, data={**fields, "csrfmiddlewaretoken": self._token})
        _passed(answer, f"POST {path}", REFUSED_BY_PAGES)
        if answer.status_code == 302 and urlsplit(answer.headers["Location"]).path == reverse(settings.LOGIN_URL):
            raise ServerFailed(f"POST {path} was not done: it is sent to the login page")
        # A browser goes on to the next page, which tells what was done; untold it would pile up in the login.
        self._client.cookies.delete("messages")
        return "" if answer.status_code == 302 else str(answer.status_code)


@contextmanager
def web_processes(count: int) -> Iterator[Web]:
    with tempfile.TemporaryFile() as log, ExitStack() as connections:
        started = [_start(log.fileno()) for _ in range(count)]
        try:
            for address, process in started:
                _wait_for(address, process)
            yield Web([address for address, _process in started], connections)
        finally:
            for _address, process in started:
                process.terminate()
            for _address, process in started:
                process.wait(STOP_S_MAX)


def _passed(answer: httpx.Response, asked: str, refused: tuple[int, ...]) -> httpx.Response:
    if answer.status_code >= 400 and answer.status_code not in refused:
        raise ServerFailed(f"{asked} answers {answer.status_code}: {answer.text[:200]}")
    return answer


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
