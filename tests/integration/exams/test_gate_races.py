"""Everything at once against a few sittings, with both layers of the gate, with each alone, and with neither.

RACE_S makes each run longer than the suite can afford. Whatever the threads do, independent books must find no seat
that is ineligible, double or over the capacity, in any committed state of the database.
"""

import os
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from lms.audit.models import Event
from tests.integration.exams.builders import EXAM, NOON
from tests.integration.exams.racing.books import overtaken
from tests.integration.exams.racing.ground import make_stage
from tests.integration.exams.racing.http_writers import everybody_over_http
from tests.integration.exams.racing.layers import drop_constraints, guards_left, wide_windows, without_locks
from tests.integration.exams.racing.web import web_processes
from tests.integration.exams.racing.writers import Outcome, everybody, run, workers

SECONDS = float(os.environ.get("RACE_S", "8"))
MANY = 12
"""Registering at once where windows are wide: most of them wait there."""
NOTHING_WRONG = {"ineligible": 0, "duplicate": 0, "over_capacity": 0}
EXAMINED_AT = EXAM + timedelta(hours=4)

pytestmark = pytest.mark.django_db(transaction=True)


TRIED = (
    "register: booked",
    "cancel: cancelled",
    "change: changed",
    "wait: waits",
    "seat: seated",
    "look: withdrew",
    "capacity: changed",
    "hours: taken back",
    "institution: suspended",
    "enrollment: withdrawn",
    "person: suspended",
    "sitting: cancelled",
)
HAS_NO_ADDRESS = "person: suspended"
"""Only a command suspends a person."""
TRIED_OVER_HTTP = (
    *(each for each in TRIED if each != HAS_NO_ADDRESS),
    "register: 409",
    "leave: left",
    "enrollment: enrolled again",
)
WRITTEN_BY_WEB = {
    "registration.booked",
    "registration.refused",
    "registration.cancelled",
    "waiting.joined",
    "waiting.left",
    "sitting.capacity",
    "sitting.cancelled",
    "attendance.proposed",
    "attendance.accepted",
    "enrollment.withdrawn",
    "enrollment.active",
    "institution.suspended",
    "institution.suspension_lifted",
}
"""Audit rows with the name of a person: over HTTP no action of theirs runs in the process of the test."""


def everything_was_tried(outcome: Outcome) -> bool:
    return all(outcome.done[each] > 0 for each in TRIED)


def everything_was_tried_over_http(outcome: Outcome) -> bool:
    return all(outcome.done[each] > 0 for each in TRIED_OVER_HTTP)


def postgresql_held_something_back(outcome: Outcome) -> bool:
    return outcome.of("register: failed") >= 10


def everybody_came(outcome: Outcome) -> bool:
    return outcome.done["register: booked"] >= 20 and outcome.done["hours: taken back"] > 0


def very_much_is_wrong(outcome: Outcome) -> bool:
    counts = outcome.books.counts().values()
    return sum(counts) >= 50 and min(counts) > 0


def say(outcome: Outcome) -> None:
    print(f"\n{outcome.told()}")


def test_with_both_layers_nothing_is_wrong_and_nobody_meets_a_deadlock() -> None:
    stage = make_stage(NOON, EXAMINED_AT)

    outcome = run(stage, SECONDS, everything_was_tried, everybody(stage, SECONDS))

    say(outcome)
    assert outcome.books.counts() == NOTHING_WRONG
    assert outcome.failures == []
    assert overtaken(str(connection.settings_dict["NAME"])) == 0
    assert outcome.doubts_left == 0
    assert everything_was_tried(outcome)


def test_without_locks_postgresql_alone_lets_nothing_wrong_in() -> None:
    stage = make_stage(NOON, EXAMINED_AT)

    with without_locks(), wide_windows():
        outcome = run(stage, SECONDS, postgresql_held_something_back, everybody(stage, SECONDS, MANY))

    say(outcome)
    assert outcome.books.counts() == NOTHING_WRONG
    assert outcome.done["register: booked"] > 0
    assert postgresql_held_something_back(outcome)


def test_without_constraints_the_locks_alone_let_nothing_wrong_in() -> None:
    stage = make_stage(NOON, EXAMINED_AT)
    drop_constraints()
    assert guards_left() == 0

    with wide_windows():
        outcome = run(stage, SECONDS, everybody_came, everybody(stage, SECONDS, MANY))

    say(outcome)
    assert outcome.books.counts() == NOTHING_WRONG
    assert outcome.failures == []
    assert everybody_came(outcome)


def test_with_neither_layer_the_books_report_very_many() -> None:
    stage = make_stage(NOON, EXAMINED_AT)
    drop_constraints()

    with without_locks(), wide_windows():
        outcome = run(stage, SECONDS, very_much_is_wrong, everybody(stage, SECONDS, MANY))

    say(outcome)
    assert very_much_is_wrong(outcome), outcome.books.counts()


def test_over_http_and_two_web_processes_nothing_is_wrong_either() -> None:
    now = datetime.now(UTC)
    stage = make_stage(now, now.replace(hour=12) + timedelta(days=30))
    before = set(Event.objects.values_list("pk", flat=True))

    with web_processes(2) as web:
        writers = [*everybody_over_http(stage, SECONDS, web), *workers(stage)]
        outcome = run(stage, SECONDS, everything_was_tried_over_http, writers)

    say(outcome)
    assert outcome.books.counts() == NOTHING_WRONG
    assert outcome.failures == []
    assert overtaken(str(connection.settings_dict["NAME"])) == 0
    assert outcome.doubts_left == 0
    assert everything_was_tried_over_http(outcome)
    written = Event.objects.exclude(pk__in=before).filter(by__isnull=False)
    assert set(written.values_list("verb", flat=True)) >= WRITTEN_BY_WEB
