"""A writer that lost its lease writes nothing: the clock's lock makes it wait, and without the lock its fence stops it.

Each of the two guards is tried with the other one off, on real connections.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from django.db import IntegrityError, connection

from lms.hours.actions import beats
from lms.hours.actions.beats import record_beat
from lms.hours.actions.sessions import StudyRefused
from lms.hours.models import Entry, Refusal, StudyClock
from lms.hours.queries.clocks import Desk, desk_of
from lms.hours.queries.verification import differences
from lms.hours.rules.values import Beat
from tests.integration.hours.client import Client
from tests.world import NOON, World, make_world

pytestmark = pytest.mark.django_db(transaction=True)
TICK = Beat(seq=3, event="tick", position_ms=30_000, playing=True, visible=True)
PAUSE = Beat(seq=3, event="pause", position_ms=30_000, playing=False, visible=True)
MOMENT_S = 0.5


@pytest.fixture
def world(transactional_db: None) -> World:
    return make_world()


def two_devices(world: World) -> tuple[Client, Client]:
    """A phone that has earned 15 s and holds the lease, and a laptop that has not come yet."""
    phone = Client(world.alice, world.video.lesson.uuid, "phone-1234")
    phone.open()
    phone.study("0@0play 15@15")
    return phone, Client(world.alice, world.video.lesson.uuid, "laptop-1234")


def on_another_connection(pool: ThreadPoolExecutor, act: Callable[[], Any]) -> "Future[Any]":
    def run() -> Any:
        try:
            return act()
        finally:
            connection.close()

    return pool.submit(run)


def posted() -> tuple[int, int]:
    return Entry.objects.count(), Refusal.objects.count()


def test_a_takeover_waits_for_the_beat_that_holds_the_lock(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    phone, laptop = two_devices(world)
    loaded, go_on = Event(), Event()
    judge = beats._judge

    def slow(*arguments: Any, **more: Any) -> Any:
        loaded.set()
        assert go_on.wait(60)
        return judge(*arguments, **more)

    monkeypatch.setattr(beats, "_judge", slow)
    with ThreadPoolExecutor(max_workers=2) as pool:
        beat = on_another_connection(pool, lambda: phone.send(30, TICK))
        assert loaded.wait(60)
        takeover = on_another_connection(pool, lambda: laptop.open(31, takeover=True))
        with pytest.raises(TimeoutError):
            takeover.result(timeout=MOMENT_S)
        go_on.set()

        assert beat.result(60).credited_ms == 15_000
        assert takeover.result(60).took_over is True
    assert differences(world.alice.pk) == []


@pytest.mark.parametrize(
    ("beat", "guard"),
    [
        (TICK, StudyRefused),  # writes the clock only: the fence
        (PAUSE, IntegrityError),  # posts an entry first: no overlap of credited time
    ],
)
def test_without_the_lock_a_writer_that_lost_its_lease_writes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, beat: Beat, guard: type[Exception]
) -> None:
    phone, laptop = two_devices(world)

    def loaded_then_overtaken(learner_id: int) -> Desk | None:
        row = StudyClock.objects.select_related("session").get(pk=learner_id)
        desk = desk_of(row)
        with ThreadPoolExecutor(max_workers=1) as pool:
            on_another_connection(pool, lambda: laptop.open(20, takeover=True)).result(60)
        return desk

    monkeypatch.setattr(beats, "locked_desk", loaded_then_overtaken)
    with pytest.raises(guard):
        record_beat(by=world.alice, at=NOON + timedelta(seconds=30), session=phone.session, beat=beat)

    assert posted() == (2, 0)  # the takeover's: what the phone had earned, and its confirmation
    row = StudyClock.objects.get(pk=world.alice.pk)
    assert (row.session.uuid if row.session else None, row.open_ms, row.last_seq) == (laptop.session, 0, 0)
    assert differences(world.alice.pk) == []


def test_without_lock_and_fence_the_stale_write_would_land(world: World) -> None:
    """The positive control: only the number stands between a stale write and the clock."""
    _phone, laptop = two_devices(world)
    stale = StudyClock.objects.get(pk=world.alice.pk).fence
    laptop.open(20, takeover=True)
    write = "UPDATE hours_studyclock SET last_seq = 99 WHERE learner_id = %s"

    with connection.cursor() as cursor:
        cursor.execute(f"{write} AND fence = %s", [world.alice.pk, stale])
        fenced = cursor.rowcount
        cursor.execute(write, [world.alice.pk])

        assert (fenced, cursor.rowcount) == (0, 1)
