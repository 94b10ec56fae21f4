"""Segments through the real nginx with the rules of deploy/: the application says who, nginx sends the bytes."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings as configured
from django.core.files.storage import default_storage

from lms.env.addresses import free_port
from media_pipeline.addresses import signer
from tests import proxies
from tests.serving import served

CONTENT = bytes(range(256)) * 2000
SEGMENT, POSTER = "hls/one/two/480/00000.ts", "hls/one/two/poster.jpg"
UUID = "0f0b6c86-4a0e-4d60-8a3c-19c0a7a1b2c3"
ALICE, BOB = "a" * 32, "b" * 32


@dataclass(frozen=True)
class Site:
    proxy: proxies.Proxy
    media: Path

    def ask(self, address: str, session: str = ALICE, method: str = "GET", **headers: str) -> httpx.Response:
        cookie = {"Cookie": f"{configured.SESSION_COOKIE_NAME}={session}"}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.request(
            method, self.proxy.url + address, headers={**cookie, **named}, verify=self.proxy.tls, trust_env=False
        )


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Where nginx, which is nobody, may read."""
    with tempfile.TemporaryDirectory(prefix="xueshi-nginx-") as name:
        os.chmod(name, 0o755)
        for file in (SEGMENT, POSTER, "hls/one/two/480/index.m3u8", "images/a.png"):
            path = Path(name) / "media" / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(CONTENT)
        yield Path(name)


@pytest.fixture(scope="module")
def site(folder: Path) -> Iterator[Site]:
    with served() as web:
        rules = folder / "nginx"
        rules.mkdir()
        proxy = proxies.write_rules(rules, port=free_port(), web_ports=[web.port, web.port], data_dir=folder)
        with proxies.running(proxy):
            _wait(proxy)
            yield Site(proxy, folder / "media")


@pytest.fixture(autouse=True)
def media_lie_there(settings: Any, folder: Path, storage: Path) -> None:
    settings.MEDIA_ROOT = folder / "media"


def _wait(proxy: proxies.Proxy) -> None:
    transport = httpx.HTTPTransport(verify=proxy.tls, retries=8)
    with httpx.Client(transport=transport, trust_env=False) as client:
        assert client.get(f"{proxy.url}/metrics").status_code == 404


def address(session: str = ALICE, name: str = SEGMENT) -> str:
    return signer(session, datetime.now(UTC))(name)


def test_nginx_sends_a_segment_to_the_login_that_it_was_signed_for(site: Site) -> None:
    answer = site.ask(address())

    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert answer.headers["Content-Type"] == "video/mp2t"
    assert answer.headers["Cache-Control"] == "private, max-age=64800, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    # nginx's own way of writing it: the bytes did not pass the application.
    assert answer.headers["ETag"].endswith('-7d000"')
    assert "X-Accel-Redirect" not in answer.headers


def test_nginx_answers_ranges_conditions_and_head(site: Site) -> None:
    etag = site.ask(address()).headers["ETag"]

    part = site.ask(address(), Range="bytes=100-299")
    assert (part.status_code, part.content) == (206, CONTENT[100:300])
    assert part.headers["Content-Range"] == "bytes 100-299/512000"
    assert site.ask(address(), Range="bytes=600000-").status_code == 416
    assert site.ask(address(), If_None_Match=etag).status_code == 304
    assert site.ask(address(), Range="bytes=0-1", If_Range='"older"').status_code == 200
    head = site.ask(address(), method="HEAD")
    assert (head.status_code, head.headers["Content-Length"], head.content) == (200, "512000", b"")


@pytest.mark.parametrize(
    ("asked", "session", "code"),
    [
        (f"/media/{SEGMENT}", ALICE, "address_unsigned"),
        ("/media/hls/one/two/480/index.m3u8", ALICE, "address_unsigned"),
        (None, BOB, "address_of_another"),
    ],
)
def test_nginx_sends_nothing_that_the_application_refused(
    site: Site, asked: str | None, session: str, code: str
) -> None:
    answer = site.ask(asked or address(), session)

    assert (answer.status_code, answer.json()["code"]) == (403, code)
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    [f"/_published/{SEGMENT}", f"/media/../_published/{SEGMENT}", f"/media/x/../{SEGMENT}", f"/media//{SEGMENT}"],
)
def test_the_folder_itself_is_closed(site: Site, path: str) -> None:
    request = httpx.Request("GET", site.proxy.url)
    request.url = request.url.copy_with(raw_path=path.encode())
    with httpx.Client(verify=site.proxy.tls, trust_env=False) as client:
        answer = client.send(request)

    assert answer.status_code in (403, 404)
    assert CONTENT not in answer.content


def test_a_stranger_does_not_make_the_application_believe_in_nginx(site: Site) -> None:
    """Elsewhere than for segments the header is only a stranger's word."""
    answer = site.ask("/media/images/a.png", X_Accel_Files="yes")

    assert (answer.status_code, answer.content) == (200, CONTENT)


def test_posters_are_public_and_sent_without_asking(site: Site) -> None:
    answer = site.ask(f"/media/{POSTER}", session="")

    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert (answer.headers["Content-Type"], answer.headers["Cache-Control"]) == (
        "image/jpeg",
        "public, max-age=31536000, immutable",
    )


def test_the_log_holds_no_signature(site: Site) -> None:
    once = SEGMENT.replace("00000", "00007")
    (site.media / once).write_bytes(CONTENT)

    assert site.ask(address(name=once)).status_code == 200

    _wait_for_line(site.proxy, once)
    written = site.proxy.log() + site.proxy.errors()
    assert "signature" not in written
    assert "until=" not in written


def _wait_for_line(proxy: proxies.Proxy, part: str) -> None:
    """nginx writes the line of a request when the answer is sent already, and its errors before."""
    deadline = time.monotonic() + 30
    while part not in proxy.log():
        assert time.monotonic() < deadline, f"{part} is not in the log"
        time.sleep(0.05)


SEARCH, REFERRER = "/staff/people/?q=wangxiaoming", "https://localhost/staff/people/?q=lijianguo"


@contextmanager
def deserted(folder: Path, *, level: str | None = None) -> Iterator[Site]:
    """nginx without a web process behind it, so that every request is an error; `level` is another than ours."""
    proxy = proxies.write_rules(folder, port=free_port(), web_ports=[free_port(), free_port()], data_dir=folder)
    if level is not None:
        logs = (folder / "logs.conf").read_text()
        assert " emerg;" in logs
        (folder / "logs.conf").write_text(logs.replace(" emerg;", f" {level};"))
    with proxies.running(proxy):
        _wait(proxy)
        yield Site(proxy, folder)


def test_an_error_quotes_neither_the_query_nor_the_page_before(tmp_path: Path) -> None:
    with deserted(tmp_path) as site:
        assert site.ask(SEARCH, Referer=REFERRER).status_code == 502
        _wait_for_line(site.proxy, "GET /staff/people/ 502 ")

        written = site.proxy.log() + site.proxy.errors()

    assert "wangxiaoming" not in written
    assert "lijianguo" not in written
    # What the operator needs is there all the same: which process did not answer.
    assert "up=127.0.0.1:" in written


def test_at_the_usual_level_an_error_would_quote_both(tmp_path: Path) -> None:
    """The control: the request of the test before is an error, and nginx tells errors with all that they hold."""
    with deserted(tmp_path, level="error") as site:
        assert site.ask(SEARCH, Referer=REFERRER).status_code == 502
        _wait_for_line(site.proxy, "GET /staff/people/ 502 ")

        written = site.proxy.errors()

    assert "wangxiaoming" in written
    assert "lijianguo" in written


@pytest.mark.parametrize(
    ("path", "logged"),
    [
        ("/accounts/password/reset/key/2b-dk6h4w-7f1c0a9be25d43c6/", "/accounts/password/reset/key/[withheld] 502 "),
        ("/join/K7QM2RXA/", "/join/[withheld] 502 "),
        ("/join/K7QM2RXA/new/", "/join/[withheld] 502 "),
        ("/join//K7QM2RXA/", "/join/[withheld] 502 "),
        # These let nobody in: whoever asks to join waits for the institution.
        (f"/join/class/{UUID}/", f"/join/class/{UUID}/ 502 "),
        (f"/join/requests/{UUID}/", f"/join/requests/{UUID}/ 502 "),
    ],
)
def test_the_log_lets_nobody_in(tmp_path: Path, path: str, logged: str) -> None:
    with deserted(tmp_path) as site:
        assert site.ask(path).status_code == 502
        _wait_for_line(site.proxy, logged)

        written = site.proxy.log() + site.proxy.errors()

    assert "K7QM2RXA" not in written
    assert "7f1c0a9be25d43c6" not in written


def test_a_poster_that_lies_in_a_bucket_is_asked_of_the_application(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def redirection(name: str, **more: Any) -> str:
        return f"https://bucket.example/{name}"

    monkeypatch.setattr(default_storage, "redirection", redirection, raising=False)

    answer = site.ask("/media/hls/one/two/sprites-0.jpg", session="")

    assert (answer.status_code, answer.headers["Location"]) == (
        302,
        "https://bucket.example/hls/one/two/sprites-0.jpg",
    )
    assert "immutable" not in answer.headers["Cache-Control"]


def test_a_poster_that_lies_nowhere_is_not_found(site: Site) -> None:
    assert site.ask("/media/hls/one/two/gone.jpg", session="").status_code == 404
