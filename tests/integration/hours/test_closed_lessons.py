"""What happens to a session whose lesson is closed while it is studied: told at once, ended at its last beat, kept."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from courses.actions.withdrawal import withdraw_lesson
from lms.accounts.actions import suspend
from lms.enrollments.actions import end_class, withdraw_enrollment
from lms.enrollments.models import TrainingClass
from lms.hours.actions import settling
from lms.hours.actions.checks import answer_check, fail_lapsed_checks, lapse_abandoned
from lms.hours.actions.closing import end_closed_leases
from lms.hours.actions.sessions import StudyRefused
from lms.hours.models import Entry, LessonCoverage, ModuleHours, PresenceCheck, StudyClock, StudySession
from lms.hours.queries.closed import Closed
from tests.integration.hours.client import Client
from tests.world import NOON, World

FIVE_MINUTES = "0@0play 60@60 120@120 180@180 240@240 300@300"
LAST_MINUTE = timedelta(hours=11, minutes=59)
"""From noon to a minute before midnight."""


class Shortest:
    def random(self) -> float:
        return 0.0

    def getrandbits(self, bits: int) -> int:
        return 12_345


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str]]:
    """What sockets were told: (learner, code)."""
    heard: list[tuple[int, str]] = []

    def tell(notice: dict[str, Any]) -> None:
        heard.append((notice["learner"], notice["code"]))

    monkeypatch.setattr("lms.hours.actions.closing.tell", tell)
    return heard


@pytest.fixture
def asked(video: Client, monkeypatch: pytest.MonkeyPatch) -> PresenceCheck:
    """Alice has earned five minutes and is asked."""
    monkeypatch.setattr(settling, "CHANCE", Shortest())
    monkeypatch.setattr("lms.hours.actions.checks.CHANCE", Shortest())
    video.open()
    check = video.study(FIVE_MINUTES)[-1].check
    assert check is not None
    return check


def entries(world: World) -> list[tuple[str, int, int, int]]:
    rows = Entry.objects.filter(learner=world.alice).order_by("number")
    return [(row.sort, row.ms, row.provisional_after_ms, row.confirmed_after_ms) for row in rows]


def by_withdrawing_the_lesson(world: World) -> None:
    withdraw_lesson(by=None, at=NOON, lesson=world.video.lesson, reason="wrong picture")


def by_ending_the_class(world: World) -> None:
    end_class(by=world.bob, at=NOON, training_class=world.training_class)


def by_taking_the_learner_out(world: World) -> None:
    withdraw_enrollment(by=world.bob, at=NOON, enrollment=world.enrollment)


def by_suspending_the_learner(world: World) -> None:
    suspend(by=None, at=NOON, person=world.alice, reason="forged papers")


WAYS = [
    (by_withdrawing_the_lesson, "withdrawn"),
    (by_ending_the_class, "locked"),
    (by_taking_the_learner_out, "not_enrolled"),
    (by_suspending_the_learner, "locked"),
]


@pytest.mark.parametrize(("close", "code"), WAYS)
def test_the_lease_ends_and_its_sockets_are_told_without_waiting_for_a_beat(
    world: World,
    video: Client,
    told: list[tuple[int, str]],
    django_capture_on_commit_callbacks: Callable[..., Any],
    close: Callable[[World], None],
    code: str,
) -> None:
    video.open()
    video.study("0@0play 15@15")

    with django_capture_on_commit_callbacks(execute=True):
        close(world)

    assert told == [(world.alice.pk, code)]
    assert StudyClock.objects.get(pk=world.alice.pk).session is None
    assert StudySession.objects.get(uuid=video.session).close_reason == code
    assert entries(world) == [("credit", 15_000, 15_000, 0), ("confirm", 15_000, 0, 15_000)]


@pytest.mark.parametrize(("close", "code"), WAYS)
def test_a_beat_after_the_lease_ended_is_told_why(
    world: World,
    video: Client,
    told: list[tuple[int, str]],
    django_capture_on_commit_callbacks: Callable[..., Any],
    close: Callable[[World], None],
    code: str,
) -> None:
    video.open()
    video.study("0@0play 15@15")
    with django_capture_on_commit_callbacks(execute=True):
        close(world)

    with pytest.raises(StudyRefused) as refused:
        video.study("30@30")

    assert refused.value.code == code
    assert len(entries(world)) == 2


def test_only_those_concerned_lose_their_lease(world: World, video: Client, told: list[tuple[int, str]]) -> None:
    video.open()
    withdraw_lesson(by=None, at=NOON, lesson=world.chapter.lesson, reason="wrong picture")

    ended = end_closed_leases(at=NOON, closed=Closed(lesson=world.chapter.lesson))

    assert (ended, told) == (0, [])
    assert StudyClock.objects.get(pk=world.alice.pk).session is not None


def study_into_the_last_minute(world: World, video: Client) -> None:
    """The class's last day is today; the last beat is read at 23:59:50."""
    reported = TrainingClass.objects.filter(pk=world.training_class.pk)
    reported.update(state="planned")
    reported.update(ends_on=date(2026, 3, 2), state="accepted")
    start_s = LAST_MINUTE.total_seconds()
    video.open(start_s)
    video.study(" ".join(f"{start_s + at_s:.0f}@{at_s}" for at_s in (0, 15, 30, 45, 50)))


def test_nothing_is_earned_after_the_last_midnight_of_a_class(world: World, video: Client) -> None:
    study_into_the_last_minute(world, video)

    with pytest.raises(StudyRefused) as refused:
        video.study(f"{LAST_MINUTE.total_seconds() + 65:.0f}@65")

    assert refused.value.code == "locked"
    assert entries(world) == [("credit", 50_000, 50_000, 0), ("confirm", 50_000, 0, 50_000)]


def test_a_beat_at_the_last_moment_of_a_class_counts(world: World, video: Client) -> None:
    study_into_the_last_minute(world, video)

    (ack,) = video.study(f"{LAST_MINUTE.total_seconds() + 59.999:.3f}@59.999")

    assert ack.credited_ms == 9_999


def test_the_sweeper_ends_sessions_at_the_last_midnight(
    world: World, video: Client, told: list[tuple[int, str]]
) -> None:
    study_into_the_last_minute(world, video)
    midnight = NOON + LAST_MINUTE + timedelta(seconds=60)

    before = end_closed_leases(at=midnight - timedelta(milliseconds=1))
    after = end_closed_leases(at=midnight)

    assert (before, after, told) == (0, 1, [(world.alice.pk, "locked")])
    assert Entry.objects.get(sort="credit").to_at == NOON + LAST_MINUTE + timedelta(seconds=50)


def test_a_check_that_waits_can_be_answered_after_the_end_of_the_class(
    world: World, video: Client, asked: PresenceCheck, told: list[tuple[int, str]]
) -> None:
    by_ending_the_class(world)
    end_closed_leases(at=NOON + timedelta(seconds=310))
    before = entries(world)

    verdict = answer_check(
        by=world.alice, at=NOON + timedelta(seconds=400), session=video.session, check=asked.uuid, choice=asked.right
    )

    assert before == [("credit", 300_000, 300_000, 0)]
    assert (verdict.passed, verdict.confirmed_ms) == (True, 300_000)
    assert ModuleHours.objects.get(enrollment=world.enrollment, kind="online").confirmed_ms == 300_000


def test_it_cannot_be_answered_over_a_session_that_was_not_asked(
    world: World, video: Client, asked: PresenceCheck, told: list[tuple[int, str]]
) -> None:
    by_ending_the_class(world)
    end_closed_leases(at=NOON + timedelta(seconds=310))

    with pytest.raises(StudyRefused) as refused:
        answer_check(
            by=world.alice,
            at=NOON + timedelta(seconds=311),
            session=Client(world.alice, world.video.lesson.uuid).session,
            check=asked.uuid,
            choice=asked.right,
        )

    assert refused.value.code == "not_open"


def test_a_check_nobody_answers_lapses_after_the_end_of_the_class(
    world: World, video: Client, asked: PresenceCheck, told: list[tuple[int, str]]
) -> None:
    by_ending_the_class(world)
    end_closed_leases(at=NOON + timedelta(seconds=310))

    assert fail_lapsed_checks(at=NOON + timedelta(seconds=541)) == 1

    assert entries(world)[1:] == [("void", 300_000, 0, 0)]


def leave_when_a_check_is_due(world: World, video: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Due at the very beat that pauses, so it is not asked; then the class ends."""
    monkeypatch.setattr(settling, "CHANCE", Shortest())
    video.open()
    video.study(f"{FIVE_MINUTES}pause")
    by_ending_the_class(world)
    end_closed_leases(at=NOON + timedelta(seconds=310))


def test_credit_whose_check_can_never_be_asked_lapses_after_a_month(
    world: World, video: Client, told: list[tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_when_a_check_is_due(world, video, monkeypatch)
    month = NOON + timedelta(seconds=300, days=30)

    assert lapse_abandoned(at=month) == 0
    assert lapse_abandoned(at=month + timedelta(milliseconds=1)) == 1
    assert lapse_abandoned(at=month + timedelta(days=1)) == 0

    assert entries(world) == [("credit", 300_000, 300_000, 0), ("void", 300_000, 0, 0)]
    assert Entry.objects.get(sort="void").reason == "check_unanswered"
    coverage = LessonCoverage.objects.get(learner=world.alice)
    assert (coverage.covered, coverage.credited_ms) == ([], 0)


def test_what_a_learner_who_studies_has_provisional_is_left_alone(world: World, video: Client) -> None:
    video.open()
    video.study("0@0play 60@60 61@60>10")

    assert lapse_abandoned(at=NOON + timedelta(days=60)) == 0
