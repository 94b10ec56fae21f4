"""Two web processes behind the real nginx, restarted one after the other while phones study and pages are read.

Nobody is silent for longer than an interval, no acknowledged beat or millisecond is missing when a session is opened
again, no page fails. There are two controls: a killed process, whose sockets end without a word, so the test would see
a restart that only kills; and a build that acknowledges before it commits, in which the same phones find losses.
"""

import asyncio
import json
import ssl
import threading
import uuid
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.functional.phones import Phone
from tests.production import Installation, installed
from tests.systems import web_node

if TYPE_CHECKING:
    from tests.systems import RunningSystem, WebNode

PHONES = 16
INTERVAL_S = 15.0
GOING_AWAY = 1012
WITHOUT_A_WORD = 1006
HASTY = "bench.hasty:application"
HASTY_PHONES = 4


@dataclass
class Story:
    """What was seen, for the tests to look at. Times are indexes into the phones' closings."""

    phones: list[Phone]
    statuses: list[int] = field(default_factory=list)
    exits: list[int] = field(default_factory=list)
    restarted: list[list[int]] = field(default_factory=list)
    kill_codes: list[int] = field(default_factory=list)
    earned_ms: dict[str, int] = field(default_factory=dict)
    metrics: str = ""


@pytest.fixture(scope="module")
def installation(running_system: "RunningSystem") -> Iterator[Installation]:
    with installed(running_system.data_dir) as found:
        yield found


@pytest.fixture(scope="module")
def story(running_system: "RunningSystem", installation: Installation) -> Story:
    told = Story(_phones(running_system, PHONES, installation.proxy.url, installation.proxy.tls))
    _in_own_loop(_live(told, installation))
    return told


def _phones(system: "RunningSystem", count: int, url: str, tls: ssl.SSLContext | None) -> list[Phone]:
    tag = f"rolling-{uuid.uuid4().hex[:6]}"
    said = system.manage("shell", "-c", f"from tests.attacks import stage; stage.build({count}, '{tag}')")
    stage = json.loads(said.strip().splitlines()[-1])
    return [Phone(url, tls, email, stage["password"], stage["lessons"]["first"]) for email in stage["emails"]]


def _in_own_loop(work: Coroutine[Any, Any, None]) -> None:
    """In a thread of its own: a browser test before may hold this one's loop."""
    failed: list[BaseException] = []

    def live() -> None:
        try:
            asyncio.run(work)
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=live)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]


async def _live(told: Story, installation: Installation) -> None:
    stop = asyncio.Event()
    async with httpx.AsyncClient(verify=installation.proxy.tls, timeout=20, trust_env=False) as http:
        for phone in told.phones:
            await phone.log_in(http)
        studying = [asyncio.create_task(phone.study(stop)) for phone in told.phones]
        reading = asyncio.create_task(_read(installation.proxy.url, http, told, stop))
        await asyncio.sleep(5)
        told.metrics = (await asyncio.to_thread(installation.web[0].ask, "/metrics")).text
        for web in installation.web:
            told.exits.append(await asyncio.to_thread(web.stop))
            web.start()
            await asyncio.to_thread(web.wait_until_ready)
            told.restarted.append([code for phone in told.phones for _at, code in phone.closings])
            await asyncio.sleep(3)
        before = sum(len(phone.closings) for phone in told.phones)
        await asyncio.to_thread(installation.web[0].kill)
        await asyncio.sleep(4)
        told.kill_codes = [
            code for _at, code in sorted(closing for phone in told.phones for closing in phone.closings)
        ][before:]
        installation.web[0].start()
        stop.set()
        await asyncio.gather(*studying, reading)
        for phone in told.phones:
            told.earned_ms[phone.email] = await _earned_ms(phone, http)


async def _read(url: str, http: httpx.AsyncClient, told: Story, stop: asyncio.Event) -> None:
    """Pages are read all the time, until just before a process is killed: what a kill breaks is no matter here."""
    while not stop.is_set() and len(told.restarted) < 2:
        told.statuses.append((await http.get(f"{url}/accounts/login/")).status_code)
        await asyncio.sleep(0.05)


async def _earned_ms(phone: Phone, http: httpx.AsyncClient) -> int:
    http.cookies.clear()
    path = f"/api/v1/lessons/{phone.lesson}/coverage"
    answer = await http.get(phone.url + path, headers={"X-Session-Token": phone.token})
    return int(answer.json()["credited_ms"])


def test_a_restarted_process_ends_by_itself_and_well(story: Story) -> None:
    assert story.exits == [0, 0]


def test_every_socket_of_a_restarted_process_is_told_to_go_elsewhere(story: Story) -> None:
    seen = story.restarted[1]

    assert len(seen) >= PHONES, "each phone was on one of the two, and the first ones moved twice"
    assert set(seen) == {GOING_AWAY}


def test_a_killed_process_says_nothing(story: Story) -> None:
    assert WITHOUT_A_WORD in story.kill_codes
    assert GOING_AWAY not in story.kill_codes


def test_nobody_is_silent_for_longer_than_an_interval(story: Story) -> None:
    assert max(phone.longest_silence_s for phone in story.phones) < INTERVAL_S


def test_nothing_that_was_acknowledged_is_lost(story: Story) -> None:
    assert all(phone.reopened >= 1 for phone in story.phones)
    assert {phone.email: phone.lost for phone in story.phones if phone.lost} == {}
    assert [phone.email for phone in story.phones if story.earned_ms[phone.email] < phone.promised_ms] == []


def test_it_sees_what_a_build_loses_that_acknowledges_before_it_commits(running_system: "RunningSystem") -> None:
    async def live(phones: list[Phone], node: "WebNode") -> None:
        stop = asyncio.Event()
        async with httpx.AsyncClient(timeout=20, trust_env=False) as http:
            for phone in phones:
                await phone.log_in(http)
        studying = [asyncio.create_task(phone.study(stop)) for phone in phones]
        await asyncio.sleep(4)
        await asyncio.to_thread(node.kill)
        await asyncio.to_thread(node.start)
        await asyncio.sleep(3)
        stop.set()
        await asyncio.gather(*studying)

    with web_node(running_system, HASTY) as node:
        phones = _phones(running_system, HASTY_PHONES, node.url, None)
        _in_own_loop(live(phones, node))

    assert all(phone.reopened for phone in phones)
    assert sum(beats for phone in phones for beats, _ms in phone.lost) > 0


def test_what_was_watched_is_earned_and_no_more(story: Story) -> None:
    for phone in story.phones:
        assert story.earned_ms[phone.email] >= phone.watched_ms * 0.99 - 600
        assert story.earned_ms[phone.email] <= phone.sent_ms + 600


def test_no_page_fails_while_processes_are_restarted(story: Story) -> None:
    assert len(story.statuses) > 20
    assert set(story.statuses) == {200}


def test_each_process_tells_its_own_figures(story: Story) -> None:
    assert "xueshi_open_sockets " in story.metrics
    assert "xueshi_database_up 1.0" in story.metrics


@pytest.mark.parametrize("path", ["/metrics", "/readyz"])
def test_nginx_does_not_tell_strangers_how_things_are(installation: Installation, path: str) -> None:
    proxy = installation.proxy

    assert httpx.get(proxy.url + path, verify=proxy.tls, trust_env=False).status_code == 404
    assert httpx.get(proxy.url + "/healthz", verify=proxy.tls, trust_env=False).status_code == 200


def test_static_files_come_from_nginx_and_pages_have_their_headers(installation: Installation) -> None:
    proxy = installation.proxy
    with httpx.Client(verify=proxy.tls, trust_env=False, base_url=proxy.url) as http:
        style = http.get("/static/xueshi/base.css")
        page = http.get("/accounts/login/")

    assert (style.status_code, style.headers["content-type"]) == (200, "text/css")
    assert "x-request-id" not in style.headers
    assert page.headers["strict-transport-security"].startswith("max-age=31536000")
    assert all("Secure" in cookie for cookie in page.headers.get_list("set-cookie"))


def test_a_foreign_name_gets_no_answer(installation: Installation) -> None:
    proxy = installation.proxy

    with pytest.raises(httpx.HTTPError):
        httpx.get(f"https://127.0.0.1:{proxy.port}/", verify=False, trust_env=False, headers={"Host": "evil.example"})


def test_the_logs_are_json_and_tell_nobody(installation: Installation, story: Story) -> None:
    for web in installation.web:
        lines = [line for line in web.log.read_text().splitlines() if line.startswith("{")]
        assert len(lines) > 0
        assert all(json.loads(line)["level"] for line in lines)
        assert not any(phone.email in web.log.read_text() for phone in story.phones)
    assert not any(phone.token in installation.proxy.log() for phone in story.phones)
