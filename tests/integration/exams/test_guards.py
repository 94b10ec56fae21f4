"""What PostgreSQL refuses by itself, one by one: rows are written past the actions, as if the program were wrong."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from lms.accounts.models import User
from lms.enrollments.actions import enroll
from lms.enrollments.models import Enrollment
from lms.exams.actions import add_room, register
from lms.exams.actions.holding import doubt_institution, doubt_learner, look_again
from lms.exams.models import Decision, Registration, Sitting, WaitingPlace
from lms.exams.queries.verdicts import holding
from lms.institutions.models import Institution
from tests.integration.exams.builders import (
    EXAM,
    NOON,
    REPORTED,
    Ground,
    confirm,
    draft,
    finish,
    make_ground,
    make_version,
    plan,
    publish,
)
from tests.sittings import made_up_decision
from tests.templates import owner_connection

SOON = NOON + timedelta(seconds=30)


def seat_of(ground: Ground, decision: Decision | None = None, **changes: Any) -> Registration:
    """A row as the action would write it, and what `changes` say."""
    row = {"learner": ground.alice, "sitting": ground.sitting, "seat": 1, "booked_at": NOON, **changes}
    return Registration.objects.create(decision=decision or decide(ground), **row)


def decide(ground: Ground, **changes: Any) -> Decision:
    made = made_up_decision(changes.pop("sitting", ground.sitting), changes.pop("enrollment", ground.enrollment))
    if not changes:
        return made
    kept = {field.attname: getattr(made, field.attname) for field in Decision._meta.concrete_fields}
    return Decision.objects.create(**{**kept, "id": None, "uuid": uuid4(), **changes})


@contextmanager
def refused_by(constraint: str) -> Iterator[None]:
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        yield
    assert refused.value.__cause__.diag.constraint_name == constraint  # type: ignore[union-attr]


def second_sitting(ground: Ground, starts_at: datetime = EXAM + timedelta(days=1)) -> Sitting:
    return publish(ground.edda, ground.vera, ground.sitting.room, ground.version, capacity=5, starts_at=starts_at)


def test_a_seat_upon_a_good_decision_is_taken(ground: Ground) -> None:
    """Otherwise every refusal below could have another reason."""
    seat = seat_of(ground)
    seat.refresh_from_db()

    assert (seat.state, seat.syllabus, seat.examined.lower) == ("booked", ground.sitting.syllabus, EXAM)


def test_a_seat_needs_a_decision(ground: Ground) -> None:
    with refused_by("a_seat_rests_on_its_decision"):
        Registration.objects.create(learner=ground.alice, sitting=ground.sitting, seat=1, booked_at=NOON)


DECISIONS: dict[str, Callable[[Ground], Decision]] = {
    "one that refused": lambda ground: decide(ground, eligible=False),
    "one on another learner": lambda ground: decide(ground, learner_id=ground.charlie.pk),
    "one on another sitting": lambda ground: decide(ground, sitting=second_sitting(ground)),
    "one that does not say which entries it knew": lambda ground: decide(ground, ledger_number=None),
    "one upon no enrollment": lambda ground: decide(ground, enrollment_id=None),
}


@pytest.mark.parametrize("which", DECISIONS)
def test_it_rests_on_an_eligible_decision_on_this_learner_and_sitting(ground: Ground, which: str) -> None:
    decision = DECISIONS[which](ground)

    with refused_by("a_seat_rests_on_its_decision"):
        seat_of(ground, decision)


def test_a_decision_is_used_once(ground: Ground) -> None:
    decision = decide(ground)
    seat = seat_of(ground, decision)
    Registration.objects.filter(pk=seat.pk).update(state="cancelled", cancelled_at=NOON)

    with pytest.raises(IntegrityError, match="decision_id"), transaction.atomic():
        seat_of(ground, decision, seat=2)


def test_hours_that_were_lowered_since_the_decision_refuse_it(ground: Ground) -> None:
    finish(ground)
    decision = decide(ground)
    confirm(ground.enrollment, ground.theory, "online", 1)
    confirm(ground.enrollment, ground.theory, "online", -1)

    with refused_by("hours_stand_as_they_were_decided_on"):
        seat_of(ground, decision)
    seat_of(ground, decide(ground))


def test_hours_that_were_added_since_the_decision_do_not(ground: Ground) -> None:
    decision = decide(ground)
    finish(ground)

    assert seat_of(ground, decision).pk


def suspend_school(ground: Ground) -> None:
    Institution.objects.filter(pk=ground.school.pk).update(suspended_at=NOON)


def withdraw(ground: Ground) -> None:
    Enrollment.objects.filter(pk=ground.enrollment.pk).update(state="withdrawn")


def suspend_alice(ground: Ground) -> None:
    User.objects.filter(pk=ground.alice.pk).update(is_active=False)


def cancel_sitting(ground: Ground) -> None:
    Sitting.objects.filter(pk=ground.sitting.pk).update(cancelled_at=NOON, cancel_reason="停电")


LOST: dict[str, tuple[Callable[[Ground], None], str]] = {
    "the institution was suspended": (suspend_school, "a_seat_rests_on_a_standing_enrollment"),
    "the learner left the class": (withdraw, "a_seat_rests_on_a_standing_enrollment"),
    "the learner was suspended": (suspend_alice, "a_seat_is_of_somebody_in_order"),
    "the sitting was cancelled": (cancel_sitting, "a_seat_is_in_a_published_sitting"),
}


@pytest.mark.parametrize("what", LOST)
def test_what_was_lost_since_the_decision_refuses_it(ground: Ground, what: str) -> None:
    decision = decide(ground)
    loses, constraint = LOST[what]
    loses(ground)

    with refused_by(constraint):
        seat_of(ground, decision)


def test_nobody_sits_in_a_plan_that_is_not_published(ground: Ground) -> None:
    unpublished = Sitting.objects.create(
        plan=draft(ground.edda, ground.sitting.room),
        syllabus=ground.version.syllabus,
        site=ground.sitting.site,
        room=ground.sitting.room,
        title_zh="考试",
        starts_at=EXAM + timedelta(days=3),
        opens_at=NOON,
        closes_at=EXAM,
        capacity=5,
    )

    with refused_by("a_seat_is_in_a_published_sitting"):
        seat_of(ground, decide(ground, sitting=unpublished), sitting=unpublished)


def test_a_seat_that_was_given_up_is_never_booked_again(ground: Ground) -> None:
    seat = Registration.objects.filter(pk=seat_of(ground).pk)
    seat.update(state="cancelled", cancelled_at=NOON)

    with refused_by("a_given_up_seat_stays_free"):
        seat.update(state="booked", cancelled_at=None)


def test_a_seat_is_not_passed_on(ground: Ground) -> None:
    seat = Registration.objects.filter(pk=seat_of(ground).pk)
    for passed in (
        {"learner": ground.charlie},
        {"sitting": second_sitting(ground)},
        {"decision": decide(ground)},
    ):
        with refused_by("a_given_up_seat_stays_free"):
            seat.update(**passed)


def test_a_seat_may_leave_only_by_a_decision_when_it_is_withdrawn(ground: Ground) -> None:
    seat = Registration.objects.filter(pk=seat_of(ground).pk)

    with refused_by("a_seat_is_withdrawn_by_a_decision"):
        seat.update(state="withdrawn", withdrawn_at=NOON)
    with refused_by("a_seat_is_not_given_up_for_itself"):
        seat.update(instead_of=seat.get())


def test_nobody_has_two_seats_in_a_sitting_or_for_a_syllabus(ground: Ground) -> None:
    seat_of(ground)
    later = second_sitting(ground)

    with refused_by("one_seat_per_learner"):
        seat_of(ground, seat=2)
    with refused_by("one_seat_per_syllabus"):
        seat_of(ground, decide(ground, sitting=later), sitting=later)


def test_nobody_sits_in_two_exams_at_a_time(ground: Ground) -> None:
    seat_of(ground)
    for code, minutes, fits in (("touching", 120, True), ("within", 119, False)):
        version = make_version(code)
        room = add_room(
            by=ground.edda, at=REPORTED, uuid=uuid4(), site=ground.sitting.site, name_zh=code, name_en="", seats=5
        )
        starts_at = EXAM + timedelta(minutes=minutes)
        beside = publish(ground.edda, ground.vera, room, version, capacity=5, starts_at=starts_at)
        training_class = plan(ground.bob, ground.school, version, [(version.modules.first(), ground.video)])  # type: ignore[list-item]
        enrollment = enroll(by=ground.bob, at=NOON, uuid=uuid4(), learner=ground.alice, training_class=training_class)
        decision = made_up_decision(beside, enrollment)
        if fits:
            seat_of(ground, decision, sitting=beside).delete()
            continue
        with refused_by("one_exam_at_a_time"):
            seat_of(ground, decision, sitting=beside)


def test_a_seat_number_is_one_learners_and_within_the_capacity(ground: Ground) -> None:
    seat = Registration.objects.filter(pk=seat_of(ground).pk)

    with refused_by("seat_within_capacity"):
        seat.update(seat=6)
    with refused_by("seats_count_from_one"):
        seat.update(seat=0)


@pytest.mark.parametrize(
    ("state", "columns"),
    [
        ("waiting", {"ended_at": NOON}),
        ("left", {}),
        ("seated", {"ended_at": NOON}),
        ("refused", {"ended_at": NOON}),
        ("somewhere", {"ended_at": NOON}),
    ],
    ids=["waits and has ended", "left and never ended", "seated by no decision", "refused by no decision", "unknown"],
)
def test_waiting_ends_by_leaving_or_with_a_decision(ground: Ground, state: str, columns: dict[str, Any]) -> None:
    place = WaitingPlace.objects.create(
        learner=ground.alice, sitting=ground.sitting, decision=decide(ground, eligible=False), joined_at=NOON
    )

    with refused_by("waiting_ends_with_a_decision_or_by_leaving"):
        WaitingPlace.objects.filter(pk=place.pk).update(state=state, **columns)


def test_nobody_waits_twice_for_a_sitting(ground: Ground) -> None:
    def wait() -> WaitingPlace:
        return WaitingPlace.objects.create(
            learner=ground.alice, sitting=ground.sitting, decision=decide(ground, eligible=False), joined_at=NOON
        )

    wait()
    with refused_by("one_waiting_place_per_learner"):
        wait()


def test_an_entry_that_lowers_hours_doubts_the_seat_though_the_program_forgets_it(ground: Ground) -> None:
    finish(ground)
    seat = seat_of(ground)

    confirm(ground.enrollment, ground.theory, "online", -1)  # a row alone; no action, no signal

    seat.refresh_from_db()
    assert (seat.doubted_at, seat.doubts) == (NOON, 1)


def test_a_doubt_that_comes_while_a_seat_is_judged_is_not_cleared_with_the_one_before(ground: Ground) -> None:
    finish(ground)
    seat = seat_of(ground)
    doubt_learner(at=SOON, learner_id=ground.alice.pk)

    def judged_then_doubted(*asked: Any) -> Any:
        verdict = holding(*asked)
        doubt_learner(at=SOON, learner_id=ground.alice.pk)
        return verdict

    with patch("lms.exams.actions.holding.holding", judged_then_doubted):
        look_again(clock=lambda: SOON)
    seat.refresh_from_db()
    assert (seat.state, seat.doubted_at) == ("booked", SOON)

    look_again(clock=lambda: SOON)
    seat.refresh_from_db()
    assert (seat.state, seat.doubted_at) == ("booked", None)


@pytest.mark.django_db(transaction=True)
def test_who_doubts_a_seat_does_not_wait_for_who_holds_the_sitting() -> None:
    """Who lowers hours holds the learner's clock, for which who books in that sitting waits."""
    ground = make_ground()
    finish(ground)
    register(by=ground.alice, at=NOON, uuid=uuid4(), sitting=ground.sitting)
    with owner_connection(str(connection.settings_dict["NAME"])) as other, other.transaction():
        other.execute("SELECT 1 FROM exams_sitting WHERE id = %s FOR NO KEY UPDATE", [ground.sitting.pk])
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")

        assert doubt_institution(at=SOON, institution=ground.school) == 1
        assert confirm(ground.enrollment, ground.theory, "online", -1).pk
        # And the lock is one that others do wait for.
        with pytest.raises(OperationalError), transaction.atomic():
            Sitting.objects.filter(pk=ground.sitting.pk).update(capacity=9)
    assert Registration.objects.get().doubts == 2
