"""The group commit against real PostgreSQL: many learners in one transaction end as each alone would have."""

import asyncio
import uuid
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import partial
from random import Random
from typing import Any

import pytest
from django.db import connection
from prometheus_client import REGISTRY

from lms.accounts.models import Role, User
from lms.enrollments.models import Enrollment
from lms.hours.actions import group_commit
from lms.hours.actions.beats import Ack, record_beat
from lms.hours.actions.group_commit import BatchFailed, DatabaseAway, GroupCommit, TooBusy
from lms.hours.actions.sessions import StudyRefused
from lms.hours.models import Entry, EntrySort, LessonCoverage, ModuleHours, Refusal, StudyClock, StudySession
from lms.hours.queries.clocks import ZONE, ms_of
from lms.hours.queries.closed import closed_among
from lms.hours.queries.line import Lent
from lms.hours.queries.seats import Seat, read_seats
from lms.hours.queries.verification import differences
from lms.hours.rules.values import Beat
from tests.integration.hours.rooms import Room, grouped, in_thread, tick
from tests.templates import owner_connection
from tests.world import NOON, World, make_person, make_world

pytestmark = pytest.mark.django_db(transaction=True)

# How often its plan was the one that is kept, and how often one was made anew.
PLANS = """
SELECT statement, generic_plans, custom_plans FROM pg_prepared_statements WHERE statement NOT LIKE '%pg_prepared%'
"""

WATCHED = [(0, 0), (15, 15), (30, 30), (46, 45), (60, 60), (76, 76), (400, 90), (415, 105), (431, 120)]
"""Seconds after noon and of the lesson, of somebody who only watches on; once after a gap."""

Sent = tuple[int, Beat]
"""Seconds after noon and what is sent then."""


@pytest.fixture
def world(transactional_db: None) -> Iterator[World]:
    yield make_world()
    assert [line for pk in StudyClock.objects.values_list("pk", flat=True) for line in differences(pk)] == []


def wandering(random: Random, beats: int) -> list[Sent]:
    """A day of somebody who watches, pauses, seeks, hides the page, cheats a little and loses the network."""
    at_s, position_s, sent = 0.0, 0.0, []
    for seq in range(1, beats + 1):
        step_s = random.choice([1, 5, 15, 15, 15, 30, 80, 110, 400])
        at_s += step_s
        kind = random.choice(["tick", "tick", "tick", "tick", "pause", "hide", "seek", "rush", "end", "back"])
        position_s = max(0.0, min(1200.0, position_s + step_s * (3 if kind == "rush" else 1)))
        if kind == "seek":
            beat = tick(seq, random.randrange(1200), "seek", from_ms=int(position_s * 1000))
            position_s = beat.position_ms / 1000
        elif kind == "back":
            position_s = random.randrange(int(position_s) + 1)
            beat = tick(seq, position_s, "seek")
        elif kind in ("pause", "end"):
            beat = tick(seq, position_s, kind, playing=False)
        else:
            beat = tick(seq, position_s, visible=kind != "hide")
        sent.append((int(at_s), beat))
    return sent


def ledger_of(learner: User) -> dict[str, Any]:
    """All that is stored about a learner's hours, without ids and names of rows."""
    clock = StudyClock.objects.filter(pk=learner.pk).values().get()
    for own in ("learner_id", "session_id", "version", "fence", "check_in_ms", "pending_check_id"):
        del clock[own]
    columns = ("number", "sort", "from_at", "to_at", "media_from_ms", "media_to_ms", "ms", "provisional_delta_ms")
    columns += ("confirmed_delta_ms", "provisional_after_ms", "confirmed_after_ms", "reason", "posted_at")
    return {
        "clock": clock,
        "entries": list(Entry.objects.filter(learner=learner).order_by("number").values_list(*columns)),
        "coverage": list(
            LessonCoverage.objects.filter(learner=learner).values_list(
                "covered", "covered_ms", "settled", "credited_ms"
            )
        ),
        "totals": list(
            ModuleHours.objects.filter(learner=learner).values_list("confirmed_ms", "provisional_ms", "refused")
        ),
        "refusals": sorted(Refusal.objects.filter(learner=learner).values_list("code", "ms", "from_at", "to_at")),
    }


def rooms_of(world: World, people: int) -> tuple[Room, Room]:
    """Two rooms of so many learners each, who have opened the lesson."""
    rooms = Room(world, 0), Room(world, 0)
    for index in range(2 * people):
        person, room = make_person(f"p{index}", Role.LEARNER), rooms[index % 2]
        Enrollment.objects.create(learner=person, training_class=world.training_class, enrolled_at=NOON)
        room.learners.append(person)
        room.sessions[person.pk] = uuid.uuid4()
        room.open(person)
    return rooms


@pytest.mark.parametrize("seed", range(3))
def test_learners_in_one_batch_end_as_each_alone_would(
    world: World, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr("lms.hours.actions.settling.due_after_ms", lambda share: 10**9)  # no check interrupts the day
    alone, together = rooms_of(world, 12)
    days = [wandering(Random(f"{seed}-{index}"), 60) for index in range(12)]
    told_alone = [
        [
            record_beat(by=person, at=NOON + timedelta(seconds=at_s), session=alone.sessions[person.pk], beat=beat)
            for at_s, beat in day
        ]
        for person, day in zip(alone.learners, days, strict=True)
    ]

    async def story(group: GroupCommit) -> list[Sequence[Ack | None]]:
        told = []
        for step in range(60):
            beats = [together.send(group, p, *day[step]) for p, day in zip(together.learners, days, strict=True)]
            told.append(await asyncio.gather(*beats))
        return told

    told_together = grouped(story)

    assert [list(acks) for acks in zip(*told_together, strict=True)] == told_alone
    assert [ledger_of(person) for person in together.learners] == [ledger_of(person) for person in alone.learners]
    assert sum(len(ledger_of(person)["entries"]) for person in together.learners) > 30


def test_who_only_watches_on_is_written_by_the_short_statement_as_by_the_whole_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After each beat, because the next whole statement would mend what a short one forgot."""
    rooms = rooms_of(world, 1)
    (alone,), (together,) = (room.learners for room in rooms)
    session = rooms[0].sessions[alone.pk]
    monkeypatch.setattr("lms.hours.actions.settling.due_after_ms", lambda share: 10**9)
    statements = []

    async def story(group: GroupCommit) -> None:
        for seq, (at_s, position_s) in enumerate(WATCHED, start=1):
            beat, at = tick(seq, position_s), NOON + timedelta(seconds=at_s)
            told = await in_thread(partial(record_beat, by=alone, at=at, session=session, beat=beat))
            assert await rooms[1].send(group, together, at_s, beat) == told
            assert await in_thread(ledger_of, together) == await in_thread(ledger_of, alone)
            async with group.line.lent() as over:
                statements.append({row[0] for row in await over.rows(PLANS) if "UPDATE hours_studyclock" in row[0]})

    grouped(story)

    assert [len(seen) for seen in statements] == [1, 1, *[2] * (len(WATCHED) - 2)]  # the stretch begins with the second


def test_a_thousand_beats_take_one_transaction(world: World) -> None:
    room = Room(world, 60)

    async def story(group: GroupCommit) -> int:
        await asyncio.gather(*(room.send(group, person, 0, tick(1, 0, "play")) for person in room.learners))
        before: set[str] = await in_thread(_writers, room)
        transactions: set[str] = set()
        for step in range(1, 5):
            acks = await asyncio.gather(
                *(room.send(group, person, step, tick(step + 1, step)) for person in room.learners)
            )
            assert [ack.credited_ms for ack in acks if ack] == [1000] * 60
            transactions |= await in_thread(_writers, room)
        return len(transactions - before)

    # One for each of the four steps; a busy machine may cut a step in two; never one for each learner.
    assert 4 <= grouped(story) <= 8


@pytest.mark.parametrize("people", [1, 40])
def test_the_database_plans_a_statement_once_for_a_connection(world: World, people: int) -> None:
    room = Room(world, people)

    async def story(group: GroupCommit) -> dict[str, tuple[int, int]]:
        for step in range(60):
            goes_on = step % 3 != 2  # else it posts, and the seat is read again for the next beat
            beat = tick(step + 1, step, "tick" if goes_on else "pause", playing=goes_on)
            assert None not in await asyncio.gather(*(room.send(group, one, step, beat) for one in room.learners))
        async with group.line.lent() as over:
            return {row[0]: row[1:] for row in await over.rows(PLANS)}

    plans = grouped(story)

    assert {statement.split()[0] for statement in plans} == {"UPDATE", "SELECT", "INSERT"}
    assert len(plans) == 7, "types are part of what is prepared"
    assert {statement: anew for statement, (_kept, anew) in plans.items() if anew} == {}
    assert min(kept for kept, _anew in plans.values()) >= 19


def test_a_column_that_changes_its_type_costs_one_batch(world: World) -> None:
    room = Room(world, 2)
    first, second = room.learners

    async def story(group: GroupCommit) -> Ack | None:
        assert await room.send(group, first, 0, tick(1, 0, "play"))
        await in_thread(_change_type, "integer")
        with pytest.raises(BatchFailed):
            await room.send(group, second, 0, tick(1, 0, "play"))
        assert await room.send(group, second, 1, tick(2, 1, "play"))
        return await room.send(group, first, 2, tick(2, 2))

    try:
        ack = grouped(story)
    finally:
        _change_type("bigint")

    assert ack is not None and ack.credited_ms == 2000


def _change_type(name: str) -> None:
    """As a migration does while processes of the last release still serve."""
    with owner_connection(str(connection.settings_dict["NAME"])) as other:
        other.execute(f"ALTER TABLE hours_lessoncoverage ALTER credited_ms TYPE {name}")


def _writers(room: Room) -> set[str]:
    """The transactions that wrote a room's clocks, coverage and entries last. Not ids given out: those are counted for
    all databases."""
    tables = (StudyClock, LessonCoverage, Entry)
    written = " UNION ".join(
        f"SELECT xmin::text FROM {each._meta.db_table} WHERE learner_id = ANY(%(learners)s)" for each in tables
    )
    with connection.cursor() as cursor:
        cursor.execute(written, {"learners": [person.pk for person in room.learners]})
        return {xmin for (xmin,) in cursor.fetchall()}


def test_a_seat_that_is_not_true_any_more_writes_nothing(world: World) -> None:
    room = Room(world, 2)
    taken, other = room.learners

    async def story(group: GroupCommit) -> tuple[Ack | None, Ack | None]:
        for seq, person in ((1, taken), (1, other)):
            assert await room.send(group, person, 0, tick(seq, 0, "play"))
        old = room.sessions[taken.pk]
        room.sessions[taken.pk] = uuid.uuid4()
        await in_thread(room.open, taken, 5)  # another process gave the lease to another session
        room.sessions[taken.pk] = old
        return tuple(await asyncio.gather(*(room.send(group, one, 4.9, tick(2, 4)) for one in room.learners)))

    lost, kept = grouped(story)

    assert lost is None
    assert kept is not None and kept.credited_ms == 4000
    assert StudyClock.objects.get(pk=taken.pk).last_seq == 0


def test_a_seat_that_somebody_wrote_meanwhile_is_read_again(world: World) -> None:
    """A key of a film is written down on the session, which makes the clock's version another."""
    room = Room(world, 3)
    person = room.learners[0]

    async def story(group: GroupCommit) -> list[Ack | None]:
        await asyncio.gather(*(room.send(group, one, 0, tick(1, 0, "play")) for one in room.learners))
        await in_thread(lambda: StudySession.objects.filter(learner=person).update(delivered=[(0, 600_000)]))
        return await asyncio.gather(*(room.send(group, one, 4, tick(2, 4)) for one in room.learners))

    acks = grouped(story)

    assert [ack.credited_ms if ack else None for ack in acks] == [4000] * 3
    assert StudyClock.objects.get(pk=person.pk).last_seq == 2


def test_a_row_that_the_database_refuses_hurts_nobody_else(world: World) -> None:
    room = Room(world, 8)
    bad = room.learners[3]

    async def story(group: GroupCommit) -> list[Ack | None]:
        await asyncio.gather(*(room.send(group, person, 0, tick(1, 0, "play")) for person in room.learners))
        await in_thread(_take_time_behind_the_back, world, bad)
        return await asyncio.gather(
            *(room.send(group, person, 10, tick(2, 10, "pause", playing=False)) for person in room.learners)
        )

    before = broken_batches()
    acks = grouped(story)

    assert [ack.credited_ms if ack else None for ack in acks] == [10_000] * 3 + [None] + [10_000] * 4
    split, *others = (now - then for now, then in zip(broken_batches(), before, strict=True))
    assert split > 0 and others == [0, 0], "of 8, 4, 2 and 1 beats, if the machine let them come together"
    assert Entry.objects.filter(sort=EntrySort.CREDIT).count() == 7
    assert not Entry.objects.filter(learner=bad, sort=EntrySort.CREDIT).exists()
    _give_time_back(bad)


def broken_batches() -> tuple[float, ...]:
    """How often batches were split for a refused row, were split for a locked one, and failed."""
    told = REGISTRY.get_sample_value
    split = [told("xueshi_split_batches_total", {"reason": each}) for each in ("refused", "locked")]
    return tuple(value or 0.0 for value in (*split, told("xueshi_failed_batches_total")))


def _take_time_behind_the_back(world: World, learner: User) -> None:
    """An hour of another kind that the learner's clock does not know of: only the database can see the overlap."""
    enrollment = Enrollment.objects.get(learner=learner)
    Entry.objects.create(
        learner=learner,
        number=1,
        sort=EntrySort.ATTENDANCE,
        enrollment=enrollment,
        module=world.theory,
        kind="classroom",
        ms=60_000,
        confirmed_delta_ms=60_000,
        provisional_after_ms=0,
        confirmed_after_ms=60_000,
        from_at=NOON - timedelta(seconds=30),
        to_at=NOON + timedelta(seconds=30),
        posted_at=NOON,
        posted_by=learner,
    )


def _give_time_back(learner: User) -> None:
    """Makes the learner's books whole again, so that the proof after each test speaks of the others."""
    entry = Entry.objects.get(learner=learner)
    ModuleHours.objects.create(
        learner=learner, enrollment=entry.enrollment, module=entry.module, kind="classroom", confirmed_ms=60_000
    )
    StudyClock.objects.filter(pk=learner.pk).update(busy_until=entry.to_at)


async def read_only(group: GroupCommit) -> None:
    """From now on this connection takes no writes, as one to a database that another has taken over from."""
    async with group.line.lent() as over:
        await over.rows("SET default_transaction_read_only = on")


async def broken(over: Lent, decided: Any) -> set[int]:
    raise RuntimeError("not as it was meant")


@pytest.mark.parametrize(
    ("fault", "wanted", "level"),
    [("the database takes no writes", DatabaseAway, "WARNING"), ("we are wrong", BatchFailed, "ERROR")],
)
def test_a_fault_of_a_batch_is_logged_once_and_everybody_gets_an_error_of_their_own(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    fault: str,
    wanted: type[Exception],
    level: str,
) -> None:
    room = Room(world, 40)

    async def story(group: GroupCommit) -> tuple[list[Any], Ack | None]:
        await asyncio.gather(*(room.send(group, person, 0, tick(1, 0, "play")) for person in room.learners))
        with monkeypatch.context() as patch:
            if wanted is BatchFailed:
                patch.setattr(group_commit, "write_beats", broken)
            else:
                await read_only(group)
            beats = [room.send(group, person, 4, tick(2, 4)) for person in room.learners]
            told = await asyncio.gather(*beats, return_exceptions=True)
        return told, await room.send(group, room.learners[0], 5, tick(3, 5))

    told, after = grouped(story)

    assert {type(each) for each in told} == {wanted}
    assert len({id(each) for each in told}) == 40
    assert [(each.name, each.levelname) for each in caplog.records] == [("lms.hours.actions.group_commit", level)]
    assert after is not None and after.credited_ms == 5000


def test_a_lost_database_acknowledges_nothing_and_comes_back(world: World) -> None:
    room = Room(world, 2)
    first, second = room.learners
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        own = cursor.fetchone()[0]

    async def story(group: GroupCommit) -> Ack | None:
        assert await room.send(group, first, 0, tick(1, 0, "play"))
        await in_thread(_end_other_connections, own)
        with pytest.raises(DatabaseAway):
            await room.send(group, first, 1, tick(2, 1))
        assert await room.send(group, second, 1, tick(1, 0, "play"))
        return await room.send(group, first, 2, tick(3, 2))

    before = broken_batches()
    ack = grouped(story)

    assert ack is not None and ack.credited_ms == 2000
    assert [now - then for now, then in zip(broken_batches(), before, strict=True)] == [0, 0, 1]


def _end_other_connections(own: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND usename = current_user AND pid NOT IN (pg_backend_pid(), %s)",
            [own],
        )


def test_more_beats_than_may_wait_are_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_commit, "WAITING_MAX", 2)
    room = Room(world, 3)

    async def story(group: GroupCommit) -> list[Any]:
        beats = [room.send(group, person, 0, tick(1, 0, "play")) for person in room.learners]
        return await asyncio.gather(*beats, return_exceptions=True)

    told = grouped(story)

    assert [type(each) for each in told] == [Ack, Ack, TooBusy]


def test_two_beats_of_one_learner_stand_on_each_other(world: World) -> None:
    room = Room(world, 1)
    (person,) = room.learners

    async def story(group: GroupCommit) -> list[Any]:
        beats = [(0, tick(1, 0, "play")), (5, tick(2, 5)), (9, tick(3, 9)), (9, tick(3, 9))]
        return await asyncio.gather(*(room.send(group, person, *each) for each in beats), return_exceptions=True)

    told = grouped(story)

    assert [each.credited_ms for each in told[:3]] == [0, 5000, 4000]
    assert isinstance(told[3], StudyRefused) and told[3].code == "bad_seq"


def test_a_class_that_ends_stops_credit_within_ten_seconds(world: World) -> None:
    room = Room(world, 1)
    (person,) = room.learners

    async def story(group: GroupCommit) -> list[Ack | None]:
        first = await room.send(group, person, 0, tick(1, 0, "play"))
        await in_thread(lambda: type(world.training_class).objects.update(state="ended"))
        return [first, await room.send(group, person, 10, tick(2, 10))]

    first, after = grouped(story)

    assert first is not None
    assert after is None  # judged alone, where it is told why
    with pytest.raises(StudyRefused, match="not open for study"):
        record_beat(by=person, at=NOON + timedelta(seconds=10), session=room.sessions[person.pk], beat=tick(2, 10))


def test_a_seat_that_is_vouched_for_is_not_read_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: without a vouch the beat of fifteen seconds later reads the seat."""
    room = Room(world, 2)
    vouched, unknown = room.learners

    async def story(group: GroupCommit) -> list[int]:
        reads = []

        async def counted(over: Lent, learner_ids: list[int], *, at_ms: int) -> dict[int, Seat]:
            reads.append(learner_ids)
            return await read_seats(over, learner_ids, at_ms=at_ms)

        for person in room.learners:
            await room.send(group, person, 0, tick(1, 0, "play"))
        monkeypatch.setattr(group_commit, "read_seats", counted)
        await room.send(group, unknown, 15, tick(2, 15))
        without = len(reads)
        group.vouch(ms_of(NOON + timedelta(seconds=10)), [])
        ack = await room.send(group, vouched, 15, tick(2, 15))
        assert ack is not None and ack.credited_ms == 15_000
        return [without, len(reads) - without]

    assert grouped(story) == [1, 0]


def test_a_seat_that_is_not_vouched_for_is_read_at_once(world: World) -> None:
    room = Room(world, 1)
    (person,) = room.learners

    async def story(group: GroupCommit) -> Ack | None:
        await room.send(group, person, 0, tick(1, 0, "play"))
        await in_thread(lambda: type(world.training_class).objects.update(state="ended"))
        at = NOON + timedelta(seconds=2)
        group.vouch(ms_of(at), await in_thread(lambda: closed_among([person.pk], at)))
        return await room.send(group, person, 3, tick(2, 3))

    assert grouped(story) is None


def test_who_was_asked_is_judged_with_the_others_again(world: World) -> None:
    """Alone goes the beat that brings the check up, and the one that finds its time over: nobody's next one."""
    room = Room(world, 1)
    (person,) = room.learners

    async def story(group: GroupCommit) -> list[str]:
        told = []
        for seq, at_s in enumerate([0, 5, 10, 15, 20, 600, 605, 610], start=1):
            if at_s == 10:
                await in_thread(lambda: StudyClock.objects.update(check_in_ms=1))
                group.forget(person.pk)
            beat, at = tick(seq, at_s, "tick" if seq > 1 else "play"), NOON + timedelta(seconds=at_s)
            ack = await room.send(group, person, at_s, beat)
            told.append("alone" if ack is None else ack.state)
            if ack is None:
                alone = partial(record_beat, by=person, at=at, session=room.sessions[person.pk], beat=beat)
                await in_thread(alone)
        return told

    assert grouped(story) == ["counting", "counting", "alone", "check", "check", "alone", "counting", "counting"]


def test_moments_survive_the_way_through_the_statement_to_the_millisecond(world: World) -> None:
    room = Room(world, 1)
    (person,) = room.learners

    async def story(group: GroupCommit) -> None:
        for seq in range(1, 40):
            await room.send(group, person, seq * 1.037, tick(seq, seq * 1.037))

    grouped(story)

    clock = StudyClock.objects.get(pk=person.pk)
    assert clock.last_at is not None and ms_of(clock.last_at) == ms_of(NOON + timedelta(seconds=39 * 1.037))
    assert clock.open_ms == (39 * 1037) - 1037
    assert clock.day == NOON.astimezone(ZONE).date()
