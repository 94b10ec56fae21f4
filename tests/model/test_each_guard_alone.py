"""Each guard of the hours with its neighbours off still refuses; with all of them off the fault goes through.

The guards are the rule, the number of a beat, the lock and the fence of the clock row, and what PostgreSQL holds:
constraints and triggers. A guard that only ever worked behind another one would be found out here. What is switched off
is switched off in the test's own transaction (or code, for one test), and nowhere else.
"""

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from django.db import DatabaseError, connection, transaction

from courses.models import LessonKind
from lms import env
from lms.accounts.models import User
from lms.enrollments.models import Enrollment
from lms.hours.actions import beats
from lms.hours.actions.sessions import StudyRefused
from lms.hours.models import Entry, LessonCoverage
from lms.hours.queries.verification import differences
from lms.hours.rules.judging import Judgement, judge
from lms.hours.rules.values import Beat
from tests.integration.hours.classroom import held
from tests.integration.hours.client import Client
from tests.model.faults import Fault
from tests.world import NOON, World, make_lesson, make_world

ENTRY_GUARDS = {
    "no_overlap_of_credited_time": "ALTER TABLE hours_entry DROP CONSTRAINT no_overlap_of_credited_time",
    "credit_within_its_interval": "ALTER TABLE hours_entry DROP CONSTRAINT credit_within_its_interval",
    "credit_takes_time": "ALTER TABLE hours_entry DROP CONSTRAINT credit_takes_time",
    "entries_are_numbered": "ALTER TABLE hours_entry DROP CONSTRAINT entries_are_numbered",
    "more_hours_need_two_names": "ALTER TABLE hours_entry DROP CONSTRAINT more_hours_need_two_names",
    "attended_hours_need_the_learner_or_two_names": (
        "ALTER TABLE hours_entry DROP CONSTRAINT attended_hours_need_the_learner_or_two_names"
    ),
    "confirmed_hours_are_voided_by_two": "ALTER TABLE hours_entry DROP CONSTRAINT confirmed_hours_are_voided_by_two",
    "xueshi_entry_continues": "ALTER TABLE hours_entry DISABLE TRIGGER hours_entry_continues",
    "append-only": "ALTER TABLE hours_entry DISABLE TRIGGER hours_entry_append_only",
}
COVERAGE_GUARDS = {
    name: f"ALTER TABLE hours_lessoncoverage DROP CONSTRAINT {name}"
    for name in (
        "credit_within_coverage",
        "coverage_within_duration",
        "covered_ms_is_the_measure",
        "settled_coverage_stays",
    )
}
GUARDS = ENTRY_GUARDS | COVERAGE_GUARDS

# The rule's own guards, broken one at a time.
COUNTS_ANY_TIME = Fault(
    "time is no bound",
    "rules.counting",
    "_available_ms",
    "return min(elapsed_ms + clock.carry_ms, at_ms - free_from_ms - used_ms)",
    "return 10**9",
)
COUNTS_TAKEN_TIME = Fault("taken time counts", "rules.counting", "_judge", "if taken_ms:", "if False:")
CARRIES_TAKEN_TIME = Fault(
    "carried time may be taken",
    "rules.counting",
    "_available_ms",
    "return min(elapsed_ms + clock.carry_ms, at_ms - free_from_ms - used_ms)",
    "return elapsed_ms + clock.carry_ms",
)
BEGINS_IN_TAKEN_TIME = Fault(
    "a stretch begins in taken time",
    "rules.counting",
    "_stretched",
    "max(clock.busy_until_ms, clock.at_ms - clock.carry_ms)",
    "clock.at_ms - clock.carry_ms",
)
COUNTS_SEEN_MEDIA = Fault("what was seen earns", "rules.counting", "_credit", "to_ms), lesson.covered)", "to_ms), ())")
RUNS_PAST_THE_END = Fault(
    "positions are believed",
    "rules.counting",
    "count_any",
    "min(beat.position_ms, lesson.duration_ms)",
    "beat.position_ms",
)
TAKES_OLD_BEATS = Fault("old beats are taken", "actions.beats", "record_beat", "beat.seq <= desk.clock.seq", "False")
WRITES_WITHOUT_FENCE = Fault("no fence", "actions.beats", "_judge", "pk=row.pk, fence=row.fence", "pk=row.pk")


@pytest.fixture
def owner(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The test's connection is that of the tables' owner: the role that serves may switch nothing off."""
    address = urlsplit(env.owner_url(Path(os.environ["DATA_DIR"])))
    settings = connection.settings_dict
    serving = settings["USER"], settings["PASSWORD"]
    with django_db_blocker.unblock():
        connection.close()
        settings["USER"], settings["PASSWORD"] = unquote(address.username or ""), unquote(address.password or "")
        yield
        connection.close()
        settings["USER"], settings["PASSWORD"] = serving


@pytest.fixture
def world(owner: None, db: None) -> World:
    return make_world()


@pytest.fixture
def reading(world: World) -> Client:
    """Alice on a reading of ten minutes, nothing opened yet."""
    return Client(world.alice, world.chapter.lesson.uuid)


def off(*names: str) -> None:
    """Switch guards of the database off until the test's transaction is rolled back."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for name in names:
            cursor.execute(GUARDS[name])


def refused_by(act: Callable[[], object]) -> str:
    """What PostgreSQL says when it refuses an act; empty when it lets it pass."""
    try:
        with transaction.atomic():
            act()
    except DatabaseError as error:
        return str(error)
    return ""


def entry(world: World, **columns: object) -> Entry:
    """Alice's second attended hour, a hundred seconds after the first, or what `columns` make of it."""
    row = {
        "learner": world.alice,
        "number": 2,
        "sort": "attendance",
        "enrollment": world.enrollment,
        "module": world.practice,
        "kind": "workshop",
        "from_at": NOON + timedelta(seconds=100),
        "to_at": NOON + timedelta(seconds=200),
        "ms": 100_000,
        "confirmed_delta_ms": 100_000,
        "provisional_after_ms": 0,
        "confirmed_after_ms": 200_000,
        "posted_at": NOON,
        "posted_by": world.alice,
    }
    return Entry.objects.create(**{**row, **columns})


TAKEN = {"sort": "void", "from_at": None, "to_at": None, "confirmed_delta_ms": -100_000, "confirmed_after_ms": 0}
ROWS: list[tuple[str, str, dict[str, object]]] = [
    ("an overlap", "no_overlap_of_credited_time", {"from_at": NOON + timedelta(seconds=99)}),
    ("more than its interval", "credit_within_its_interval", {"ms": 100_001}),
    ("credit out of no time", "credit_takes_time", {"from_at": None, "to_at": None}),
    ("a number twice", "entries_are_numbered", {"number": 1}),
    ("one name", "more_hours_need_two_names", {"sort": "correction"}),
    ("attended in nobody's name", "attended_hours_need_the_learner_or_two_names", {"posted_by": None}),
    ("taken back by one", "confirmed_hours_are_voided_by_two", TAKEN),
    ("a hole in the numbers", "xueshi_entry_continues", {"number": 3}),
    ("a balance from nowhere", "xueshi_entry_continues", {"confirmed_after_ms": 900_000}),
]
WORDS = {"xueshi_entry_continues": "follow"}
"""A trigger has no name in its refusal; this is a word of it."""


@pytest.mark.parametrize(("what", "guard", "columns"), ROWS, ids=[what for what, *_rest in ROWS])
def test_an_entry_is_refused_by_one_guard_alone(
    world: World, what: str, guard: str, columns: dict[str, object]
) -> None:
    entry(world, number=1, from_at=NOON, to_at=NOON + timedelta(seconds=100), confirmed_after_ms=100_000)
    off(*(name for name in ENTRY_GUARDS if name != guard))

    assert WORDS.get(guard, guard) in refused_by(lambda: entry(world, **columns))

    off(guard)
    assert refused_by(lambda: entry(world, **columns)) == ""


COVERAGES: list[tuple[str, dict[str, object]]] = [
    ("credit_within_coverage", {"credited_ms": 8_001}),
    ("coverage_within_duration", {"covered": [(0, 10_001)], "covered_ms": 10_001}),
    ("covered_ms_is_the_measure", {"covered_ms": 8_001}),
    ("covered_ms_is_the_measure", {"covered": [(2_001, 10_001)]}),
    ("settled_coverage_stays", {"settled": [(0, 8_001)]}),
]


@pytest.mark.parametrize(("guard", "columns"), COVERAGES)
def test_coverage_is_refused_by_one_guard_alone(world: World, guard: str, columns: dict[str, object]) -> None:
    """Eight seconds of a lesson of ten, or what `columns` make of it."""
    lesson = make_lesson(LessonKind.READING, "短", 10_000)
    row: dict[str, Any] = {"learner": world.alice, "lesson_version": lesson, "duration_ms": 10_000}
    row |= {"covered": [(0, 8_000)], "covered_ms": 8_000, "credited_ms": 8_000} | columns
    off(*(name for name in COVERAGE_GUARDS if name != guard))

    assert guard in refused_by(lambda: LessonCoverage.objects.create(**row))

    off(guard)
    assert refused_by(lambda: LessonCoverage.objects.create(**row)) == ""


@pytest.mark.parametrize("verb", ["UPDATE {} SET ms = ms - 1", "DELETE FROM {}"])
@pytest.mark.parametrize("table", ["hours_entry", "hours_refusal"])
def test_posted_rows_are_kept_by_their_trigger_alone(world: World, reading: Client, table: str, verb: str) -> None:
    reading.open()
    reading.study("0@0play 15@15 30@300")
    reading.close(31)
    off(*(name for name in GUARDS if name != "append-only"))

    def change() -> None:
        with connection.cursor() as cursor:
            cursor.execute(verb.format(table))

    assert "never changed" in refused_by(change)

    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_append_only")
    assert refused_by(change) == ""


# A broken rule against the database, the rule against a database without guards, and neither of them.


def faster_than_time(reading: Client) -> None:
    reading.open()
    reading.study("0@0play 15@200")
    reading.close(16)


def twice_the_same_media(reading: Client) -> None:
    reading.open()
    reading.study("0@0play 30@30>0 60@30")
    reading.close(61)


def past_the_end(reading: Client) -> None:
    reading.open()
    reading.study("0@0>595 15@610")
    reading.close(16)


def in_a_classroom(reading: Client) -> None:
    """Half a minute of a workshop hour lies inside what the last beat claims."""
    reading.open()
    reading.study("0@0play 15@15")
    enrollment = Enrollment.objects.get(learner=reading.learner)
    held(
        enrollment,
        User.objects.get(email="bob@example.test"),
        NOON + timedelta(seconds=15),
        NOON + timedelta(seconds=45),
        NOON + timedelta(seconds=50),
    )
    reading.study("60@60")
    reading.close(61)


STORIES = [
    pytest.param(faster_than_time, [COUNTS_ANY_TIME], "credit_within_its_interval", 0, 200_000, id="faster than time"),
    pytest.param(
        twice_the_same_media, [COUNTS_SEEN_MEDIA], "credit_within_coverage", 30_000, 60_000, id="twice the same media"
    ),
    pytest.param(
        past_the_end, [RUNS_PAST_THE_END], "covered_ms_is_the_measure", 5_000, 15_000, id="past the end of the lesson"
    ),
    pytest.param(
        in_a_classroom,
        [COUNTS_TAKEN_TIME, CARRIES_TAKEN_TIME, BEGINS_IN_TAKEN_TIME],
        "no_overlap_of_credited_time",
        30_000,
        60_000,
        id="in a classroom",
    ),
]
Story = Callable[[Client], None]


def earned_ms() -> int:
    return sum(Entry.objects.filter(sort="credit").values_list("ms", flat=True))


@pytest.mark.parametrize(("story", "faults", "guard", "right_ms", "wrong_ms"), STORIES)
def test_the_rule_holds_alone(
    reading: Client, story: Story, faults: list[Fault], guard: str, right_ms: int, wrong_ms: int
) -> None:
    off(*GUARDS)

    story(reading)

    assert earned_ms() == right_ms
    assert differences(reading.learner.pk) == []


@pytest.mark.parametrize(("story", "faults", "guard", "right_ms", "wrong_ms"), STORIES)
def test_the_database_holds_alone(
    monkeypatch: pytest.MonkeyPatch,
    reading: Client,
    story: Story,
    faults: list[Fault],
    guard: str,
    right_ms: int,
    wrong_ms: int,
) -> None:
    for fault in faults:
        fault.put_in(monkeypatch)
    off(*(name for name in GUARDS if name != guard))

    assert guard in refused_by(lambda: story(reading))


@pytest.mark.parametrize(("story", "faults", "guard", "right_ms", "wrong_ms"), STORIES)
def test_the_fault_goes_through_without_either(
    monkeypatch: pytest.MonkeyPatch,
    reading: Client,
    story: Story,
    faults: list[Fault],
    guard: str,
    right_ms: int,
    wrong_ms: int,
) -> None:
    """The positive control of the two above."""
    for fault in faults:
        fault.put_in(monkeypatch)
    off(*GUARDS)

    story(reading)

    assert earned_ms() == wrong_ms


# The number of a beat.


@pytest.mark.parametrize(
    ("what", "faults", "refused", "earned"),
    [
        ("the number alone", [COUNTS_ANY_TIME, COUNTS_SEEN_MEDIA], ["bad_seq", "bad_seq"], 15_000),
        ("the rule alone", [TAKES_OLD_BEATS], ["", ""], 15_000),
        ("neither", [COUNTS_ANY_TIME, COUNTS_SEEN_MEDIA, TAKES_OLD_BEATS], ["", ""], 30_000),
    ],
)
def test_a_beat_that_comes_twice_earns_once(
    monkeypatch: pytest.MonkeyPatch, reading: Client, what: str, faults: list[Fault], refused: list[str], earned: int
) -> None:
    for fault in faults:
        fault.put_in(monkeypatch)
    off(*GUARDS)
    reading.open()
    reading.study("0@0play 15@15")

    answers = [replayed(reading, Beat(seq, "tick", position, True, True)) for seq, position in ((1, 0), (2, 15_000))]
    reading.close(16)

    assert answers == refused
    assert earned_ms() == earned


def replayed(reading: Client, beat: Beat) -> str:
    try:
        reading.send(15, beat)
    except StudyRefused as refusal:
        return refusal.code
    return ""


# Without the clock row's lock and without its fence (each of the two alone: tests/integration/hours/test_the_fence.py).


def taken_over_in_the_middle(monkeypatch: pytest.MonkeyPatch, reading: Client, phone: Client) -> None:
    """Another device takes the lease while a beat is judged. In one transaction no lock stands in its way."""

    def judged_late(*facts: Any, **more: Any) -> Judgement:
        phone.open(30, takeover=True)
        return judge(*facts, **more)

    reading.open()
    reading.study("0@0play 15@15")
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(beats, "judge", judged_late)
        reading.study("30@30")


@pytest.fixture
def phone(world: World) -> Client:
    return Client(world.alice, world.video.lesson.uuid, device="phone-77")


def test_the_constraint_holds_without_the_lock_and_the_fence(
    monkeypatch: pytest.MonkeyPatch, reading: Client, phone: Client
) -> None:
    WRITES_WITHOUT_FENCE.put_in(monkeypatch)
    off(*(name for name in GUARDS if name != "no_overlap_of_credited_time"))

    taken_over_in_the_middle(monkeypatch, reading, phone)

    assert "no_overlap_of_credited_time" in refused_by(lambda: phone.close(31))


def test_a_lost_lease_earns_without_lock_fence_and_constraints(
    monkeypatch: pytest.MonkeyPatch, reading: Client, phone: Client
) -> None:
    """The positive control of the one above."""
    WRITES_WITHOUT_FENCE.put_in(monkeypatch)
    off(*GUARDS)

    taken_over_in_the_middle(monkeypatch, reading, phone)
    phone.close(31)

    assert earned_ms() == 45_000
