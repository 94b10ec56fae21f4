from collections.abc import Callable
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from lms.audit.models import Event
from lms.enrollments.actions import (
    ClassRefused,
    EnrollmentRefused,
    NotAuthority,
    NotStaff,
    UuidTaken,
    accept_class,
    end_class,
    enroll,
    plan_class,
    report_class,
    return_class,
    withdraw_enrollment,
)
from lms.enrollments.models import ClassLesson, Enrollment, TrainingClass
from lms.institutions.actions import add_region, join_institution, post_authority, suspend_institution
from tests.integration.exams.builders import NOON, REPORTED, Ground, Role, make_lesson, make_person, make_version, plan


@pytest.fixture
def planned(ground: Ground) -> TrainingClass:
    return plan(ground.bob, ground.school, ground.version, [(ground.theory, make_lesson("停电验电"))])


def test_a_class_goes_its_way(ground: Ground, planned: TrainingClass) -> None:
    reported = report_class(by=ground.bob, at=REPORTED, training_class=planned)
    returned = return_class(by=ground.vera, at=REPORTED, training_class=planned, reason="教师证缺失")
    report_class(by=ground.bob, at=REPORTED, training_class=planned)
    accepted = accept_class(by=ground.vera, at=REPORTED, training_class=planned)
    ended = end_class(by=ground.bob, at=NOON, training_class=planned)

    assert [each.state for each in (reported, returned, accepted, ended)] == [
        "reported",
        "returned",
        "accepted",
        "ended",
    ]
    verbs = Event.objects.filter(subject_id=str(planned.uuid)).order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == [
        "class.planned",
        "class.reported",
        "class.returned",
        "class.reported",
        "class.accepted",
        "class.ended",
    ]


def test_a_repeated_step_writes_nothing(ground: Ground, planned: TrainingClass) -> None:
    report_class(by=ground.bob, at=REPORTED, training_class=planned)
    events = Event.objects.count()

    report_class(by=ground.bob, at=REPORTED, training_class=planned)

    assert Event.objects.count() == events


def test_a_step_that_the_table_has_not_is_refused(ground: Ground, planned: TrainingClass) -> None:
    with pytest.raises(ClassRefused) as refused:
        accept_class(by=ground.vera, at=REPORTED, training_class=planned)

    assert [each.code for each in refused.value.problems] == ["state"]


def test_strangers_are_refused(ground: Ground, planned: TrainingClass) -> None:
    other_staff = make_person("otto", Role.INSTITUTION)
    strangers = [ground.charlie, ground.alice, ground.vera, ground.edda, other_staff]
    staffs_steps: list[Callable[..., object]] = [report_class, end_class]

    for stranger in strangers:
        for step in staffs_steps:
            with pytest.raises(NotStaff):
                step(by=stranger, at=REPORTED, training_class=planned)
        with pytest.raises(NotStaff):
            plan(stranger, ground.school, ground.version, [])
        with pytest.raises(NotStaff):
            enroll(by=stranger, at=NOON, uuid=uuid4(), learner=ground.charlie, training_class=planned)
        with pytest.raises(NotStaff):
            withdraw_enrollment(by=stranger, at=NOON, enrollment=ground.enrollment)
    for stranger in (ground.charlie, ground.bob, ground.edda):
        with pytest.raises(NotAuthority):
            accept_class(by=stranger, at=REPORTED, training_class=planned)
        with pytest.raises(NotAuthority):
            return_class(by=stranger, at=REPORTED, training_class=planned, reason="x")
    planned.refresh_from_db()
    assert planned.state == "planned"


def test_an_authority_of_elsewhere_or_on_the_payroll_may_not_accept(ground: Ground, planned: TrainingClass) -> None:
    report_class(by=ground.bob, at=REPORTED, training_class=planned)
    elsewhere = make_person("wanda", Role.AUTHORITY)
    region = add_region(by=None, at=REPORTED, code="98", name_zh="别省", name_en="Elsewhere")
    post_authority(by=None, at=REPORTED, person=elsewhere, region=region)
    join_institution(by=None, at=REPORTED, person=ground.vera, institution=ground.school)

    for person in (elsewhere, ground.vera):
        with pytest.raises(NotAuthority):
            accept_class(by=person, at=REPORTED, training_class=planned)


@pytest.mark.parametrize(
    ("label", "at", "is_refused"),
    [
        ("last moment of the day before", datetime(2026, 1, 4, 15, 59, 59, tzinfo=UTC), False),
        ("midnight in Shanghai", datetime(2026, 1, 4, 16, 0, tzinfo=UTC), True),
    ],
)
def test_a_class_is_reported_before_it_begins(
    ground: Ground, planned: TrainingClass, label: str, at: datetime, is_refused: bool
) -> None:
    if not is_refused:
        assert report_class(by=ground.bob, at=at, training_class=planned).reported_at == at
        return
    with pytest.raises(ClassRefused) as refused:
        report_class(by=ground.bob, at=at, training_class=planned)
    assert [each.code for each in refused.value.problems] == ["already_begun"]


def test_a_bad_plan_names_every_problem(ground: Ground) -> None:
    foreign = make_version("other").modules.first()
    assert foreign is not None

    with pytest.raises(ClassRefused) as refused:
        plan_class(
            by=ground.bob,
            at=REPORTED,
            uuid=uuid4(),
            institution=ground.school,
            syllabus_version=ground.version,
            title="",
            starts_on=date(2020, 1, 2),
            ends_on=date(2020, 1, 1),
            lessons=[(foreign, ground.video)],
        )

    assert [each.code for each in refused.value.problems] == [
        "version_not_in_force",
        "title",
        "ends_before_it_starts",
        "module_of_another_syllabus",
    ]
    assert TrainingClass.objects.count() == 1


def test_a_suspended_institution_plans_and_reports_nothing(ground: Ground, planned: TrainingClass) -> None:
    suspend_institution(by=None, at=REPORTED, institution=ground.school, reason="停训")
    ground.school.refresh_from_db()
    planned.refresh_from_db()

    with pytest.raises(ClassRefused, match="institution_suspended"):
        plan(ground.bob, ground.school, ground.version, [])
    with pytest.raises(ClassRefused, match="institution_suspended"):
        report_class(by=ground.bob, at=REPORTED, training_class=planned)


def test_planning_again_with_the_same_uuid_gives_the_same_class(ground: Ground) -> None:
    wanted = {
        "by": ground.bob,
        "at": REPORTED,
        "uuid": uuid4(),
        "institution": ground.school,
        "title": "二期",
        "starts_on": date(2026, 5, 1),
        "ends_on": date(2026, 6, 1),
    }
    first = plan_class(**wanted, syllabus_version=ground.version, lessons=[(ground.theory, ground.video)])  # type: ignore[arg-type]
    again = plan_class(**wanted, syllabus_version=ground.version, lessons=[])  # type: ignore[arg-type]

    assert first == again
    assert first.lessons.count() == 1
    with pytest.raises(UuidTaken):
        plan_class(**wanted, syllabus_version=make_version("other"), lessons=[])  # type: ignore[arg-type]


def test_postgresql_closes_the_plan_of_a_reported_class(ground: Ground) -> None:
    with pytest.raises(IntegrityError, match="closed"), transaction.atomic():
        ClassLesson.objects.create(
            training_class=ground.training_class, module=ground.theory, lesson_version=make_lesson(), ordinal=2
        )
    with pytest.raises(IntegrityError, match="closed"), transaction.atomic():
        ClassLesson.objects.filter(training_class=ground.training_class).delete()


def test_enrolling_twice_is_one_enrollment(ground: Ground) -> None:
    uuid = uuid4()

    first = enroll(by=ground.bob, at=NOON, uuid=uuid, learner=ground.charlie, training_class=ground.training_class)
    repeat = enroll(by=ground.bob, at=NOON, uuid=uuid, learner=ground.charlie, training_class=ground.training_class)
    other = enroll(by=ground.bob, at=NOON, uuid=uuid4(), learner=ground.charlie, training_class=ground.training_class)

    assert first == repeat == other
    assert Event.objects.filter(verb="enrollment.created", subject_id=str(first.uuid)).count() == 1
    with pytest.raises(UuidTaken):
        enroll(by=ground.bob, at=NOON, uuid=uuid, learner=ground.alice, training_class=ground.training_class)


def test_a_late_repeat_does_not_undo_a_withdrawal_but_a_new_request_does(ground: Ground) -> None:
    group, first = ground.training_class, ground.enrollment
    withdraw_enrollment(by=ground.bob, at=NOON, enrollment=first)

    repeat = enroll(by=ground.bob, at=NOON, uuid=first.uuid, learner=ground.alice, training_class=group)
    assert repeat.state == "withdrawn"

    again = enroll(by=ground.bob, at=NOON, uuid=uuid4(), learner=ground.alice, training_class=group)
    assert (again.pk, again.state) == (first.pk, "active")
    verbs = Event.objects.filter(subject_id=str(first.uuid)).order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["enrollment.created", "enrollment.withdrawn", "enrollment.active"]


def test_only_learners_enter_and_nobody_an_ended_class(ground: Ground) -> None:
    with pytest.raises(EnrollmentRefused) as refused:
        enroll(by=ground.bob, at=NOON, uuid=uuid4(), learner=ground.edda, training_class=ground.training_class)
    assert refused.value.code == "not_a_learner"

    end_class(by=ground.bob, at=NOON, training_class=ground.training_class)
    with pytest.raises(EnrollmentRefused) as refused:
        enroll(by=ground.bob, at=NOON, uuid=uuid4(), learner=ground.charlie, training_class=ground.training_class)
    assert refused.value.code == "class_ended"
    assert Enrollment.objects.count() == 1
