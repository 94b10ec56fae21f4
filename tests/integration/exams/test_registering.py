from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.test.utils import CaptureQueriesContext

from lms.accounts.actions import suspend
from lms.audit.models import Event
from lms.enrollments.actions import enroll, withdraw_enrollment
from lms.exams.actions import (
    NotCancellable,
    NotExaminer,
    NotOwnRegistration,
    RegistrationRefused,
    SittingRefused,
    UuidTaken,
    cancel_registration,
    open_site,
    register,
    schedule_sitting,
)
from lms.exams.models import Decision, Registration, Sitting
from lms.exams.queries import (
    RegistrationNotFound,
    SittingNotFound,
    eligibility,
    registration_for,
    registrations_of,
    sitting_for,
    sittings_for,
)
from lms.exams.rules.eligibility import judge
from lms.exams.rules.facts import digest, from_json
from lms.institutions.actions import suspend_institution
from tests.integration.exams.builders import EXAM, NOON, Ground, Role, confirm, draft, finish, make_person, plan
from tests.sittings import booked_seat


def refusal_of(ground: Ground, by: object = None, at: datetime = NOON) -> list[str]:
    with pytest.raises(RegistrationRefused) as refused:
        register(by=by or ground.alice, at=at, uuid=uuid4(), sitting=ground.sitting)  # type: ignore[arg-type]
    return [each.code for each in refused.value.unmet]


def test_without_hours_it_refuses_with_every_one_of_them(ground: Ground) -> None:
    with pytest.raises(RegistrationRefused) as refused:
        register(by=ground.alice, at=NOON, uuid=uuid4(), sitting=ground.sitting)

    assert [(each.code, each.module, each.kind) for each in refused.value.unmet] == [
        ("hours_missing", str(ground.theory.uuid), "online"),
        ("hours_missing", str(ground.practice.uuid), "workshop"),
    ]
    assert Registration.objects.count() == 0


def test_a_refusal_keeps_its_decision_and_its_audit_row(ground: Ground) -> None:
    refusal_of(ground)

    decision = Decision.objects.get()
    assert (decision.learner, decision.enrollment, decision.eligible) == (ground.alice, ground.enrollment, False)
    assert [each["code"] for each in decision.unmet] == ["hours_missing", "hours_missing"]
    assert not judge(from_json(decision.inputs)).eligible
    assert decision.digest == digest(decision.inputs, "eligibility-3")
    event = Event.objects.get(verb="registration.refused")
    assert (event.by, event.detail["decision"]) == (ground.alice, str(decision.uuid))


def test_with_all_hours_it_books_the_lowest_seat(ground: Ground) -> None:
    finish(ground)

    booked = register(by=ground.alice, at=NOON, uuid=uuid4(), sitting=ground.sitting)

    assert (booked.seat, booked.state, booked.booked_at) == (1, "booked", NOON)
    assert judge(from_json(booked.decision.inputs)).eligible
    assert Event.objects.get(verb="registration.booked").detail["seat"] == 1
    assert list(registrations_of(ground.alice)) == [booked]


def test_a_millisecond_short_is_short(ground: Ground) -> None:
    confirm(ground.enrollment, ground.theory, "online", 1_799_999)
    confirm(ground.enrollment, ground.practice, "workshop", 5_400_000)

    assert refusal_of(ground) == ["hours_missing"]


def test_hours_that_were_taken_away_again_do_not_count(ground: Ground) -> None:
    finish(ground)
    confirm(ground.enrollment, ground.theory, "online", -1)

    assert refusal_of(ground) == ["hours_missing"]


def test_the_cached_totals_are_not_believed(ground: Ground) -> None:
    from lms.hours.models import ModuleHours

    for module, kind in ((ground.theory, "online"), (ground.practice, "workshop")):
        ModuleHours.objects.create(
            learner=ground.alice, enrollment=ground.enrollment, module=module, kind=kind, confirmed_ms=10**9
        )

    assert refusal_of(ground) == ["hours_missing", "hours_missing"]


def test_the_same_uuid_again_gives_the_same_registration(ground: Ground) -> None:
    finish(ground)
    uuid = uuid4()

    first = register(by=ground.alice, at=NOON, uuid=uuid, sitting=ground.sitting)
    again = register(by=ground.alice, at=NOON, uuid=uuid, sitting=ground.sitting)

    assert first == again
    assert Decision.objects.count() == 1
    assert refusal_of(ground) == ["already_registered"]


def test_a_uuid_of_somebody_else_is_refused(ground: Ground) -> None:
    finish(ground)
    uuid = register(by=ground.alice, at=NOON, uuid=uuid4(), sitting=ground.sitting).uuid

    with pytest.raises(UuidTaken):
        register(by=ground.charlie, at=NOON, uuid=uuid, sitting=ground.sitting)


def test_a_stranger_is_refused(ground: Ground) -> None:
    assert refusal_of(ground, by=ground.charlie) == ["no_enrollment"]
    with pytest.raises(PermissionDenied):
        register(by=AnonymousUser(), at=NOON, uuid=uuid4(), sitting=ground.sitting)


def test_what_closes_the_gate_besides_hours(ground: Ground) -> None:
    finish(ground)

    assert refusal_of(ground, at=datetime(2026, 1, 31, tzinfo=UTC)) == ["registration_not_open"]
    assert refusal_of(ground, at=datetime(2026, 3, 25, tzinfo=UTC)) == ["registration_closed"]
    suspend_institution(by=None, at=NOON, institution=ground.school, reason="停训")
    assert refusal_of(ground) == ["institution_suspended"]
    suspend(by=None, at=NOON, person=ground.alice, reason="违规")
    assert refusal_of(ground) == ["person_suspended", "institution_suspended"]
    withdraw_enrollment(by=ground.bob, at=NOON, enrollment=ground.enrollment)
    assert refusal_of(ground) == ["person_suspended", "no_enrollment"]


def test_who_has_no_identity_number_is_refused(ground: Ground) -> None:
    nobody = make_person("nora", Role.LEARNER)
    enrollment = enroll(by=ground.bob, at=NOON, uuid=uuid4(), learner=nobody, training_class=ground.training_class)
    finish(ground, enrollment)

    assert refusal_of(ground, by=nobody) == ["identity_missing"]


def test_the_better_of_two_enrollments_opens_the_gate(ground: Ground) -> None:
    finish(ground)
    later = plan(ground.bob, ground.school, ground.version, [])
    enroll(by=ground.bob, at=NOON, uuid=uuid4(), learner=ground.alice, training_class=later)

    found = eligibility(ground.alice, ground.sitting, NOON)

    assert (found.eligible, found.enrollment) == (True, ground.enrollment)


def test_asking_writes_nothing(ground: Ground) -> None:
    events = Event.objects.count()

    assert not eligibility(ground.alice, ground.sitting, NOON).eligible
    assert (Decision.objects.count(), Event.objects.count()) == (0, events)


def test_the_cost_of_a_decision_does_not_grow_with_history(ground: Ground) -> None:
    finish(ground)
    with CaptureQueriesContext(connection) as before:
        eligibility(ground.alice, ground.sitting, NOON)
    for _ in range(40):
        confirm(ground.enrollment, ground.theory, "online", 1)

    with CaptureQueriesContext(connection) as after:
        eligibility(ground.alice, ground.sitting, NOON)

    assert len(after) == len(before)


def test_a_cancelled_seat_is_given_to_the_next(ground: Ground) -> None:
    finish(ground)
    first = register(by=ground.alice, at=NOON, uuid=uuid4(), sitting=ground.sitting)

    cancelled = cancel_registration(by=ground.alice, at=NOON, registration=first)
    cancel_registration(by=ground.alice, at=NOON, registration=first)
    again = register(by=ground.alice, at=NOON, uuid=uuid4(), sitting=ground.sitting)

    assert (cancelled.state, cancelled.cancelled_at) == ("cancelled", NOON)
    assert (again.seat, again.pk != first.pk) == (1, True)
    assert Event.objects.filter(verb="registration.cancelled").count() == 1
    late_repeat = register(by=ground.alice, at=NOON, uuid=first.uuid, sitting=ground.sitting)
    assert late_repeat.state == "cancelled"


def test_only_the_learner_and_the_examiner_cancel_and_only_before_the_exam(ground: Ground) -> None:
    finish(ground)
    booked = register(by=ground.alice, at=NOON, uuid=uuid4(), sitting=ground.sitting)

    for stranger in (ground.charlie, ground.bob, ground.vera, AnonymousUser()):
        with pytest.raises(NotOwnRegistration):
            cancel_registration(by=stranger, at=NOON, registration=booked)
        with pytest.raises(RegistrationNotFound):
            registration_for(stranger, booked.uuid)
    with pytest.raises(NotCancellable):
        cancel_registration(by=ground.alice, at=EXAM, registration=booked)
    assert registration_for(ground.edda, booked.uuid) == booked
    assert cancel_registration(by=ground.edda, at=NOON, registration=booked).state == "cancelled"


def test_sites_and_sittings_are_the_examiners(ground: Ground) -> None:
    site = ground.sitting.site
    wanted = {
        "at": NOON,
        "plan": draft(ground.edda, ground.sitting.room),
        "syllabus": ground.version.syllabus,
        "room": ground.sitting.room,
        "title_zh": "考试",
        "starts_at": EXAM + timedelta(days=1),
        "opens_at": NOON,
        "closes_at": EXAM,
    }

    for stranger in (ground.alice, ground.bob, ground.vera, make_person("emil", Role.EXAMINER)):
        with pytest.raises(NotExaminer):
            open_site(by=stranger, at=NOON, uuid=uuid4(), institution=site.institution, name_zh="x", seats=1)
        with pytest.raises(NotExaminer):
            schedule_sitting(by=stranger, uuid=uuid4(), capacity=1, **wanted)  # type: ignore[arg-type]
    with pytest.raises(NotExaminer):
        open_site(by=ground.edda, at=NOON, uuid=uuid4(), institution=ground.school, name_zh="x", seats=1)

    uuid = uuid4()
    made = schedule_sitting(by=ground.edda, uuid=uuid, capacity=20, **wanted)  # type: ignore[arg-type]
    assert schedule_sitting(by=ground.edda, uuid=uuid, capacity=20, **wanted) == made  # type: ignore[arg-type]
    for broken in (
        {"capacity": 21},
        {"capacity": 0},
        {"minutes": 0},
        {"closes_at": EXAM + timedelta(days=2, seconds=1)},
    ):
        later = {"capacity": 1, **wanted, "starts_at": EXAM + timedelta(days=2), **broken}
        with pytest.raises(SittingRefused) as refused:
            schedule_sitting(by=ground.edda, uuid=uuid4(), **later)  # type: ignore[arg-type]
        assert [problem[0] for problem in refused.value.problems] == list(broken)
    beside = {**wanted, "capacity": 1, "starts_at": EXAM + timedelta(minutes=119)}
    with pytest.raises(SittingRefused, match="a room without another sitting at that time"):
        schedule_sitting(by=ground.edda, uuid=uuid4(), **beside)  # type: ignore[arg-type]


def test_sittings_are_announced_to_whoever_is_logged_in(ground: Ground) -> None:
    finish(ground)

    assert [each.state for each in sittings_for(ground.charlie, NOON)] == ["open"]
    booked = register(by=ground.alice, at=NOON, uuid=uuid4(), sitting=ground.sitting)
    seen = sitting_for(ground.alice, ground.sitting.uuid, NOON)
    assert (seen.state, seen.left, seen.registration) == ("registered", 4, booked)
    other = sitting_for(ground.charlie, ground.sitting.uuid, NOON)
    assert (other.state, other.left, other.registration) == ("open", 4, None)
    assert sitting_for(ground.charlie, ground.sitting.uuid, EXAM).state == "closed"
    assert sittings_for(ground.alice, EXAM) == []
    assert sittings_for(AnonymousUser(), NOON) == []
    with pytest.raises(SittingNotFound):
        sitting_for(AnonymousUser(), ground.sitting.uuid, NOON)
    with pytest.raises(SittingNotFound):
        sitting_for(ground.alice, uuid4(), NOON)


def test_postgresql_alone_keeps_seats_within_the_capacity(ground: Ground) -> None:
    finish(ground)
    register(by=ground.alice, at=NOON, uuid=uuid4(), sitting=ground.sitting)
    told = {"learner": ground.charlie, "sitting": ground.sitting, "training_class": ground.training_class}

    with pytest.raises(IntegrityError, match="above the capacity 5"), transaction.atomic():
        booked_seat(seat=6, **told)
    with pytest.raises(IntegrityError, match="one_learner_per_seat"), transaction.atomic():
        booked_seat(seat=1, **told)
    fifth = booked_seat(seat=5, **told)
    with pytest.raises(IntegrityError, match="above the capacity"), transaction.atomic():
        Registration.objects.filter(pk=fifth.pk).update(seat=6)
    with pytest.raises(IntegrityError, match="below seat 5"), transaction.atomic():
        Sitting.objects.filter(pk=ground.sitting.pk).update(capacity=4)
    Sitting.objects.filter(pk=ground.sitting.pk).update(capacity=6)


def test_postgresql_refuses_to_change_a_decision(ground: Ground) -> None:
    refusal_of(ground)

    with pytest.raises(ProgrammingError, match="permission denied for table exams_decision"), transaction.atomic():
        Decision.objects.update(eligible=True)
    with pytest.raises(ProgrammingError, match="permission denied for table exams_decision"), transaction.atomic():
        Decision.objects.all().delete()
