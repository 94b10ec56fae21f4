"""A class is reported with place and teachers, and what was reported is closed until it is returned."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.utils.translation import override

from courses.actions.pages import publish
from lms.accounts.models import Role
from lms.audit.models import Event
from lms.enrollments.actions import (
    ClassRefused,
    EnrollmentRefused,
    NotStaff,
    accept_class,
    change_facts,
    change_lessons,
    create_syllabus_version,
    enroll,
    plan_class,
    report_class,
    return_class,
)
from lms.enrollments.models import ClassLesson, ClassTeacher, Enrollment, SyllabusVersion, TrainingClass
from lms.enrollments.queries.planning import plannable_versions, steps_of, teachers_of
from lms.enrollments.texts import plan_text
from lms.institutions.actions import join_institution, leave_institution
from lms.institutions.models import Region
from tests.integration.courses.builders import a_chapter
from tests.integration.exams.builders import (
    NOON,
    REPORTED,
    Ground,
    make_ground,
    make_lesson,
    make_person,
    plan,
    version_plan,
)


@pytest.fixture
def planned(ground: Ground) -> TrainingClass:
    return plan(ground.bob, ground.school, ground.version, [(ground.theory, make_lesson("停电验电"))])


def bare(ground: Ground) -> TrainingClass:
    return plan_class(
        by=ground.bob,
        at=REPORTED,
        uuid=uuid4(),
        institution=ground.school,
        syllabus_version=ground.version,
        title="第二期",
        starts_on=date(2026, 1, 5),
        ends_on=date(2026, 12, 31),
        lessons=[],
    )


def change(ground: Ground, group: TrainingClass, **facts: object) -> TrainingClass:
    same: dict[str, object] = {
        "title": group.title,
        "place": group.place,
        "starts_on": group.starts_on,
        "ends_on": group.ends_on,
        "teachers": [each.person for each in group.teachers.all()],
    }
    return change_facts(by=ground.bob, at=REPORTED, training_class=group, **{**same, **facts})  # type: ignore[arg-type]


def codes(refused: pytest.ExceptionInfo[ClassRefused]) -> list[tuple[str, str]]:
    return [(each.field, each.code) for each in refused.value.problems]


def test_a_class_without_place_and_teacher_is_not_reported(ground: Ground) -> None:
    with pytest.raises(ClassRefused) as refused:
        report_class(by=ground.bob, at=REPORTED, training_class=bare(ground))

    assert codes(refused) == [("place", "place_missing"), ("teachers", "teacher_missing")]


def test_a_teacher_who_left_meanwhile_is_not_reported(ground: Ground, planned: TrainingClass) -> None:
    leave_institution(by=None, at=REPORTED, person=planned.teachers.get().person, institution=ground.school)

    with pytest.raises(ClassRefused) as refused:
        report_class(by=ground.bob, at=REPORTED, training_class=planned)

    assert codes(refused) == [("teachers", "no_teacher")]


def newer_version(ground: Ground, in_force_from: date, region: Region | None = None) -> SyllabusVersion:
    return create_syllabus_version(
        by=None,
        at=REPORTED,
        uuid=uuid4(),
        syllabus=ground.version.syllabus,
        plan=replace(version_plan(), in_force_from=in_force_from),
        region=region,
    )


def test_a_version_that_came_into_force_since_the_plan_must_be_chosen(ground: Ground, planned: TrainingClass) -> None:
    newer_version(ground, planned.starts_on)

    with pytest.raises(ClassRefused) as refused:
        report_class(by=ground.bob, at=REPORTED, training_class=planned)

    (problem,) = refused.value.problems
    planned.refresh_from_db()
    assert (problem.field, problem.code, problem.value) == ("syllabus_version", "version_replaced", "1/2")
    assert planned.state == "planned"
    with override("zh-hans"):
        assert plan_text(problem) == (
            "开班首日施行的是大纲第 2 版，而本班按第 1 版编制计划。请按第 2 版重新编制开班计划。"
        )


def test_the_regions_own_version_is_nearer_than_one_for_everywhere(ground: Ground, planned: TrainingClass) -> None:
    newer_version(ground, date(2025, 1, 1), region=ground.school.region)
    newer_version(ground, date(2025, 6, 1))

    with pytest.raises(ClassRefused) as refused:
        report_class(by=ground.bob, at=REPORTED, training_class=planned)

    assert [each.value for each in refused.value.problems] == ["1/2"]


def test_a_version_that_begins_after_the_first_day_changes_no_report(ground: Ground, planned: TrainingClass) -> None:
    newer_version(ground, planned.starts_on + timedelta(days=1))

    assert report_class(by=ground.bob, at=REPORTED, training_class=planned).state == "reported"


def test_what_was_reported_stays_reported_when_a_version_follows(ground: Ground, planned: TrainingClass) -> None:
    report_class(by=ground.bob, at=REPORTED, training_class=planned)
    newer_version(ground, planned.starts_on)

    assert report_class(by=ground.bob, at=REPORTED, training_class=planned).state == "reported"
    assert accept_class(by=ground.vera, at=REPORTED, training_class=planned).state == "accepted"


def test_only_teachers_of_the_institution_teach(ground: Ground, planned: TrainingClass) -> None:
    stranger = make_person("theo", Role.TEACHER)
    colleague = make_person("carl")
    join_institution(by=None, at=REPORTED, person=colleague, institution=ground.school)

    for person in (stranger, colleague, ground.bob):
        with pytest.raises(ClassRefused) as refused:
            change(ground, planned, teachers=[person])
        assert codes(refused) == [("teachers", "no_teacher")]
    assert planned.teachers.get().person.real_name == "Tilda"


def test_a_planned_class_is_mended_and_says_what_was_changed(ground: Ground, planned: TrainingClass) -> None:
    changed = change(ground, planned, place="405", ends_on=date(2026, 11, 30))
    lesson = make_lesson("触电急救")
    change_lessons(by=ground.bob, at=REPORTED, training_class=planned, lessons=[(ground.theory, lesson)])

    assert (changed.place, changed.ends_on) == ("405", date(2026, 11, 30))
    assert [each.lesson_version for each in planned.lessons.all()] == [lesson]
    changes = Event.objects.filter(subject_id=str(planned.uuid), verb="class.changed").order_by("pk")
    assert [each.detail["changed"] for each in changes] == [["place", "ends_on"], ["lessons"]]


def test_a_change_of_nothing_writes_nothing(ground: Ground, planned: TrainingClass) -> None:
    events = Event.objects.count()

    change(ground, planned)
    lessons = [(each.module, each.lesson_version) for each in planned.lessons.all()]
    change_lessons(by=ground.bob, at=REPORTED, training_class=planned, lessons=lessons)

    assert Event.objects.count() == events


def test_what_was_reported_is_closed_until_it_is_returned(ground: Ground, planned: TrainingClass) -> None:
    report_class(by=ground.bob, at=REPORTED, training_class=planned)
    with pytest.raises(ClassRefused) as facts:
        change(ground, planned, place="405")
    with pytest.raises(ClassRefused) as lessons:
        change_lessons(by=ground.bob, at=REPORTED, training_class=planned, lessons=[])
    return_class(by=ground.vera, at=REPORTED, training_class=planned, reason="地点不明")

    mended = change(ground, planned, place="405")

    assert codes(facts) == codes(lessons) == [("state", "state")]
    assert mended.place == "405"
    assert report_class(by=ground.bob, at=REPORTED, training_class=planned).state == "reported"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE enrollments_trainingclass SET place = 'elsewhere' WHERE id = %s",
        "UPDATE enrollments_trainingclass SET ends_on = ends_on + 1 WHERE id = %s",
        "UPDATE enrollments_trainingclass SET title = 'x', state = 'planned' WHERE id = %s",
        "DELETE FROM enrollments_classteacher WHERE training_class_id = %s",
        "UPDATE enrollments_classteacher SET person_id = 1 WHERE training_class_id = %s",
        "INSERT INTO enrollments_classteacher (training_class_id, person_id) SELECT %s, max(id) FROM accounts_user",
        "DELETE FROM enrollments_classlesson WHERE training_class_id = %s",
    ],
)
@pytest.mark.parametrize("state", ["reported", "accepted"])
def test_the_database_closes_what_was_reported(
    ground: Ground, planned: TrainingClass, statement: str, state: str
) -> None:
    report_class(by=ground.bob, at=REPORTED, training_class=planned)
    if state == "accepted":
        accept_class(by=ground.vera, at=REPORTED, training_class=planned)

    with pytest.raises(DatabaseError, match="closed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [planned.pk])


@pytest.mark.parametrize(
    "change_of", [{"enrolled_at": REPORTED}, {"learner": "charlie"}, {"uuid": uuid4()}], ids=["moment", "learner", "id"]
)
def test_the_database_lets_nobody_be_in_a_class_before_they_were_added(
    ground: Ground, change_of: dict[str, object]
) -> None:
    added = Enrollment.objects.create(learner=ground.charlie, training_class=ground.training_class, enrolled_at=NOON)
    values = {name: ground.bob if name == "learner" else value for name, value in change_of.items()}

    with pytest.raises(DatabaseError, match="never moves"), transaction.atomic():
        Enrollment.objects.filter(pk=added.pk).update(**values)


@pytest.mark.parametrize(
    ("label", "state", "at", "code"),
    [
        ("planned", "planned", NOON, ""),
        ("the authority has it", "reported", REPORTED, "class_reported"),
        ("accepted", "accepted", NOON, ""),
        ("the last moment", "accepted", datetime.fromisoformat("2026-12-31T23:59:59+08:00"), ""),
        ("the day after the last", "accepted", datetime.fromisoformat("2027-01-01T00:00:00+08:00"), "class_over"),
    ],
)
def test_a_class_takes_people_in_while_it_is_no_report_before_the_authority(
    ground: Ground, planned: TrainingClass, label: str, state: str, at: datetime, code: str
) -> None:
    steps: dict[str, list[Callable[[], object]]] = {
        "planned": [],
        "reported": [lambda: report_class(by=ground.bob, at=REPORTED, training_class=planned)],
    }
    steps["accepted"] = [
        *steps["reported"],
        lambda: accept_class(by=ground.vera, at=REPORTED, training_class=planned),
    ]
    for step in steps[state]:
        step()

    if not code:
        added = enroll(by=ground.bob, at=at, uuid=uuid4(), learner=ground.charlie, training_class=planned)
        assert added.enrolled_at == at
        return
    with pytest.raises(EnrollmentRefused) as refused:
        enroll(by=ground.bob, at=at, uuid=uuid4(), learner=ground.charlie, training_class=planned)
    assert refused.value.code == code, label


def test_a_return_needs_a_reason_that_is_kept(ground: Ground, planned: TrainingClass) -> None:
    report_class(by=ground.bob, at=REPORTED, training_class=planned)
    for reason, code in (("  ", "reason_missing"), ("长" * 501, "reason_too_long")):
        with pytest.raises(ClassRefused) as refused:
            return_class(by=ground.vera, at=REPORTED, training_class=planned, reason=reason)
        assert codes(refused) == [("reason", code)]
    return_class(by=ground.vera, at=REPORTED, training_class=planned, reason=" 缺教师证 ")

    history = [(each.state, each.by, each.reason) for each in steps_of(ground.bob, planned)]

    assert history == [("planned", "Bob", ""), ("reported", "Bob", ""), ("returned", "Vera", "缺教师证")]


def test_strangers_change_nothing(ground: Ground, planned: TrainingClass) -> None:
    for stranger in (ground.alice, ground.charlie, ground.vera, ground.edda, make_person("otto", Role.INSTITUTION)):
        with pytest.raises(NotStaff):
            change_lessons(by=stranger, at=REPORTED, training_class=planned, lessons=[])
        with pytest.raises(NotStaff):
            change_facts(
                by=stranger,
                at=REPORTED,
                training_class=planned,
                title="x",
                place="x",
                starts_on=planned.starts_on,
                ends_on=planned.ends_on,
                teachers=(),
            )
    assert planned.lessons.count() == 1
    assert ClassTeacher.objects.filter(training_class=planned).count() == 1


def test_only_the_newest_version_of_a_live_lesson_that_was_not_withdrawn_is_offered(ground: Ground) -> None:
    chapter, gone = a_chapter("旧版", slug="a"), a_chapter("下架", slug="b")
    chapter.title = "新版"
    chapter.save_revision()
    publish(by=None, at=NOON, page=chapter)
    gone.lesson.withdrawn_at = NOON
    gone.lesson.save()

    offered = plannable_versions(ground.bob, ground.school)

    assert [(each.title, each.number) for each in offered] == [("新版", 2)]
    assert list(plannable_versions(ground.vera, ground.school)) == []
    assert [str(each) for each in teachers_of(ground.school)] == ["Tilda"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", ["lesson", "teacher"])
def test_nothing_slips_in_while_a_report_is_being_written(what: str) -> None:
    ground = make_ground()
    group = plan(ground.bob, ground.school, ground.version, [])
    told: list[str] = []

    def slip_in() -> None:
        try:
            if what == "lesson":
                ClassLesson.objects.create(
                    training_class=group, module=ground.theory, lesson_version=ground.video, ordinal=1
                )
            else:
                ClassTeacher.objects.create(training_class=group, person=ground.bob)
            told.append("slipped in")
        except DatabaseError as refused:
            told.append("closed" if "closed" in str(refused) else str(refused))
        finally:
            connection.close()

    thread = threading.Thread(target=slip_in)
    with transaction.atomic():
        report_class(by=ground.bob, at=REPORTED, training_class=group)
        thread.start()
        thread.join(1.0)
        waited = thread.is_alive()
    thread.join()

    assert waited
    assert told == ["closed"]
