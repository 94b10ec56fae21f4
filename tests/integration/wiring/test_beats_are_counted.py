"""Every beat is in the figures, once, whichever way it came and whatever became of it; the queue is told as it is."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from django.db import transaction
from django.test import Client

from lms.accounts.models import Role
from lms.enrollments.models import Enrollment
from lms.hours.actions import group_commit
from lms.hours.consumers import study
from lms.hours.models import StudyClock
from tests.integration.wiring.asking import figures
from tests.serving import Peer, Served, frame, login_of, served
from tests.world import NOON, World, make_person, make_world

pytestmark = pytest.mark.django_db(transaction=True)

SOON_S = 8.0
SESSION = "33333333-0000-4000-8000-000000000001"


@pytest.fixture
def world(transactional_db: None) -> World:
    return make_world()


@pytest.fixture
def server(world: World) -> Iterator[Served]:
    with served() as running:
        yield running


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Sets the clock by which messages over HTTP are stamped."""
    return lambda at: monkeypatch.setattr("lms.api.moments.now", lambda: at)


def beat(seq: int, second: int = 0, event: str = "tick", **changes: Any) -> dict[str, Any]:
    fields = {"type": "beat", "seq": seq, "event": event, "position_ms": second * 1000}
    return {**fields, "playing": True, "visible": True, **changes}


def scraped(server: Served) -> dict[str, float]:
    return figures(httpx.get(f"http://127.0.0.1:{server.port}/metrics", trust_env=False).text)


class Risen:
    """What has risen since it was made, of the counters whose names begin with one of these words."""

    def __init__(self, server: Served, *names: str) -> None:
        self.server, self.names = server, names or ("xueshi_beats_total",)
        self.before = scraped(server)

    def now(self) -> dict[str, float]:
        risen = {
            name.removeprefix("xueshi_beats_total "): value - self.before.get(name, 0)
            for name, value in scraped(self.server).items()
            if name.startswith(self.names)
        }
        return {name: value for name, value in risen.items() if value}


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (beat(2, 1), "counting"),
        (beat(2, 1, "pause", playing=False), "paused"),
        (beat(2, 1, visible=False), "hidden"),
        (beat(1), "bad_seq"),
        (beat(2, -1), "bad_message"),
        ("{", "bad_message"),
        ("x" * 5_000, "too_large"),
    ],
)
def test_a_beat_over_a_socket_is_counted_once(
    world: World, server: Served, said: dict[str, Any] | str, outcome: str
) -> None:
    with Peer(server.port, login_of(world.alice)) as peer:
        peer.open(world.video.lesson.uuid)
        peer.ask(beat(1, 0, "play"))
        risen = Risen(server)
        before = risen.now()

        peer.send(said)
        peer.receive()

        assert (before, risen.now()) == ({}, {outcome: 1})


def test_a_beat_without_a_session_is_counted_and_what_is_no_beat_is_not(world: World, server: Served) -> None:
    with Peer(server.port, login_of(world.alice)) as peer:
        risen = Risen(server)

        assert peer.ask(beat(1))["code"] == "not_open"
        assert peer.ask({"type": "answer", "check": SESSION, "choice": 1})["code"] == "not_open"
        assert peer.open(world.video.lesson.uuid)["type"] == "opened"

        assert risen.now() == {"not_open": 1}


def test_a_flood_is_counted_message_by_message(world: World, server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"BURST_MESSAGES": 10, "FLOOD_PAUSE_S": 0.01, "UNHEEDED_MAX": 5}.items():
        monkeypatch.setattr(study, name, value)
    with Peer(server.port, login_of(world.alice)) as peer:
        risen = Risen(server)
        peer.link.sendall(frame("{}") * 40)
        closed = peer.closed_with()

        found = risen.now()

    assert closed == study.CLOSE_TOO_MANY
    assert found["rate_limited"] == 6  # five answers and the one for which it was closed
    assert set(found) == {"rate_limited", "bad_message"}


def test_beats_over_http_are_counted(world: World, server: Served, now: Callable[[datetime], None]) -> None:
    browser = Client()
    browser.force_login(world.alice)

    def post(*messages: Any) -> None:
        answer = browser.post("/api/v1/study/messages", list(messages), content_type="application/json")
        assert answer.status_code == 200

    risen = Risen(server, "xueshi_beats_total", "xueshi_credited_ms_total", "xueshi_refused_ms_total")
    now(NOON)
    lesson, device = str(world.video.lesson.uuid), "phone-0001"
    post({"type": "open", "session": SESSION, "lesson": lesson, "device": device}, beat(1, 0, "play"))
    now(NOON + timedelta(seconds=15))
    post(beat(2, 15), beat(2, 15), {"type": "beat", "seq": 3}, "x", {"type": "close"})
    post(beat(3, 20))

    assert risen.now() == {
        "counting": 2,
        "bad_seq": 1,
        "bad_message": 2,
        "not_open": 1,
        "xueshi_credited_ms_total": 15_000,
    }


def test_a_list_that_is_too_much_is_counted_as_so_many_beats(
    world: World, server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lms.api.views.study.STUDY_MESSAGES_PER_MINUTE", 3)
    browser = Client()
    browser.force_login(world.alice)
    risen = Risen(server)

    answer = browser.post("/api/v1/study/messages", [beat(1)] * 4, content_type="application/json")

    assert answer.status_code == 429
    assert risen.now() == {"rate_limited": 4}


def test_the_queue_is_told_while_a_commit_hangs(world: World, server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_commit, "LOCK_WAIT_MS", 60_000)
    bo = make_person("bo", Role.LEARNER)
    Enrollment.objects.create(learner=bo, training_class=world.training_class, enrolled_at=NOON)
    with Peer(server.port, login_of(world.alice)) as stuck, Peer(server.port, login_of(bo)) as behind:
        for peer in (stuck, behind):
            assert peer.open(world.video.lesson.uuid)["type"] == "opened"
        before = queue_of(server)
        with transaction.atomic():
            StudyClock.objects.select_for_update().get(pk=world.alice.pk)
            stuck.send(beat(1, 0, "play"))
            assert soon(lambda: queue_of(server) == 1)
            behind.send(beat(1, 0, "play"))
            assert soon(lambda: queue_of(server) == 2)

        assert [peer.receive()["type"] for peer in (stuck, behind)] == ["ack", "ack"]
        assert before == 0
        assert soon(lambda: queue_of(server) == 0)


def queue_of(server: Served) -> float:
    return scraped(server)["xueshi_queue_beats"]


def soon(what: Callable[[], bool]) -> bool:
    until = time.monotonic() + SOON_S
    while not what() and time.monotonic() < until:
        time.sleep(0.02)
    return what()
