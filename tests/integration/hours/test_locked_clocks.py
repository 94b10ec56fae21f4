"""Somebody else holds rows that a batch of beats wants: the others wait once and briefly, and nothing is lost."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from lms.hours.actions import group_commit
from lms.hours.actions.beats import Ack, record_beat
from lms.hours.actions.group_commit import GroupCommit, TooBusy
from lms.hours.models import Entry, StudyClock, StudySession
from lms.hours.queries.line import Lent
from lms.hours.queries.verification import differences
from tests.integration.hours.rooms import Room, grouped, holding_the_clocks, in_thread, tick
from tests.templates import owner_connection
from tests.world import NOON, World, make_world

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db: None) -> Iterator[World]:
    yield make_world()
    assert [line for pk in StudyClock.objects.values_list("pk", flat=True) for line in differences(pk)] == []


def test_a_locked_learner_waits_alone(world: World) -> None:
    room = Room(world, 3)
    slow = room.learners[1]

    async def story(group: GroupCommit) -> list[Ack | None]:
        await asyncio.gather(*(room.send(group, person, 0, tick(1, 0, "play")) for person in room.learners))
        with holding_the_clocks(slow):
            return await asyncio.gather(*(room.send(group, person, 5, tick(2, 5)) for person in room.learners))

    acks = grouped(story)

    assert [ack.credited_ms if ack else None for ack in acks] == [5000, None, 5000]


def counted_writes(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """How each batch was written, and how many beats it had; the list grows."""
    written: list[tuple[str, int]] = []

    def count(name: str, write: Callable[[Lent, Sequence[Any]], Any]) -> Callable[[Lent, Sequence[Any]], Any]:
        async def counting(over: Lent, decided: Sequence[Any]) -> Any:
            written.append((name, len(decided)))
            return await write(over, decided)

        return counting

    for name in ("write_beats", "write_beats_around_locks"):
        monkeypatch.setattr(group_commit, name, count(name, getattr(group_commit, name)))
    return written


@pytest.mark.parametrize("event", ["tick", "pause"])
def test_however_many_are_locked_the_batch_waits_once(
    world: World, monkeypatch: pytest.MonkeyPatch, event: str
) -> None:
    """A pause posts what was earned, in the same transaction."""
    room = Room(world, 33)
    held = room.learners[::11]
    written = counted_writes(monkeypatch)

    async def story(group: GroupCommit) -> list[Ack | None]:
        await asyncio.gather(*(room.send(group, person, 0, tick(1, 0, "play")) for person in room.learners))
        written.clear()
        beat = tick(2, 10, event, playing=event == "tick")
        with holding_the_clocks(*held):
            return await asyncio.gather(*(room.send(group, person, 10, beat) for person in room.learners))

    acks = grouped(story)

    assert written == [("write_beats", 33), ("write_beats_around_locks", 33)]
    told = {person.pk: ack and ack.credited_ms for person, ack in zip(room.learners, acks, strict=True)}
    assert told == {person.pk: None if person in held else 10_000 for person in room.learners}
    assert Entry.objects.count() == (0 if event == "tick" else 30)
    for person in held:
        late = NOON + timedelta(seconds=11)
        ack = record_beat(by=person, at=late, session=room.sessions[person.pk], beat=tick(3, 11))
        assert ack.credited_ms == 11_000


def test_while_a_whole_table_is_locked_a_batch_waits_twice_and_everybody_is_asked_to_come_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by somebody who makes an index."""
    room = Room(world, 9)
    written = counted_writes(monkeypatch)

    async def story(group: GroupCommit) -> list[Any]:
        await asyncio.gather(*(room.send(group, person, 0, tick(1, 0, "play")) for person in room.learners))
        written.clear()
        beat = tick(2, 10, "pause", playing=False)
        with owner_connection(str(connection.settings_dict["NAME"])) as other, other.transaction():
            other.execute("LOCK TABLE hours_entry IN SHARE MODE")
            beats = [room.send(group, person, 10, beat) for person in room.learners]
            refused = await asyncio.gather(*beats, return_exceptions=True)
        return [refused, await asyncio.gather(*(room.send(group, person, 11, tick(3, 11)) for person in room.learners))]

    refused, taken = grouped(story)

    assert {type(each) for each in refused} == {TooBusy}
    assert written[:2] == [("write_beats", 9), ("write_beats_around_locks", 9)]
    assert [ack.credited_ms for ack in taken] == [11_000] * 9


def test_who_is_locked_and_who_was_written_meanwhile_are_told_apart(world: World) -> None:
    """Around the locks, too, a seat that is not true any more writes nothing, and is read again."""
    room = Room(world, 3)
    locked, stale, _other = room.learners

    async def story(group: GroupCommit) -> list[Ack | None]:
        await asyncio.gather(*(room.send(group, one, 0, tick(1, 0, "play")) for one in room.learners))
        await in_thread(lambda: StudySession.objects.filter(learner=stale).update(delivered=[(0, 600_000)]))
        with holding_the_clocks(locked):
            return await asyncio.gather(*(room.send(group, one, 4, tick(2, 4)) for one in room.learners))

    acks = grouped(story)

    assert [ack.credited_ms if ack else None for ack in acks] == [None, 4000, 4000]
    assert StudyClock.objects.get(pk=stale.pk).last_seq == 2


def test_over_http_whoever_is_held_up_is_asked_to_come_again(world: World) -> None:
    room = Room(world, 1)
    (person,) = room.learners
    browser = Client()
    browser.force_login(person)
    beat = {"type": "beat", "seq": 1, "event": "play", "position_ms": 0, "playing": True, "visible": True}

    def sent() -> dict[str, Any]:
        [answer] = browser.post("/api/v1/study/messages", [beat], content_type="application/json").json()
        return {name: answer.get(name) for name in ("type", "code", "seq")}

    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '200ms'")
    with holding_the_clocks(person):
        held_up = sent()

    assert held_up == {"type": "error", "code": "rate_limited", "seq": 1}
    assert sent() == {"type": "ack", "code": None, "seq": 1}
