"""A small world for tests: a province, an institution, a class with one video and one chapter, and three people.

Alice learns in the class. Bob works for its institution. Charlie is a learner of nothing here and must see nothing.
Rows are made directly: what makes them through actions is tested where those actions are.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from django.db.models import QuerySet

from courses.models import Lesson, LessonKind, LessonVersion
from lms.accounts.models import Role, RoleGrant, User
from lms.enrollments.models import (
    ClassLesson,
    ClassState,
    ClassTeacher,
    Enrollment,
    Module,
    Requirement,
    Syllabus,
    SyllabusVersion,
    TrainingClass,
)
from lms.institutions.models import Institution, Membership, Region

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
"""2026-03-02 12:00 in Shanghai; the class runs from 2026 on, for whatever year the tests run in."""


@dataclass
class World:
    alice: User
    bob: User
    charlie: User
    training_class: TrainingClass
    enrollment: Enrollment
    theory: Module
    practice: Module
    video: LessonVersion
    chapter: LessonVersion
    institution: Institution


def make_person(name: str, role: Role) -> User:
    person = User.objects.create_user(email=f"{name}@example.test", password=None, real_name=name.title())
    RoleGrant.objects.create(person=person, role=role, granted_at=NOON)
    return person


def make_lesson(kind: LessonKind, title: str, duration_ms: int) -> LessonVersion:
    lesson = Lesson.objects.create(kind=kind)
    sections = [{"title": title, "from_ms": 0, "to_ms": duration_ms, "html": f"<p>{title}</p>"}]
    return LessonVersion.objects.create(
        lesson=lesson,
        number=1,
        title=title,
        duration_ms=duration_ms,
        sections=sections,
        content_digest=uuid.uuid4().hex,
        published_at=NOON,
    )


def make_world() -> World:
    alice, bob, charlie = (
        make_person("alice", Role.LEARNER),
        make_person("bob", Role.INSTITUTION),
        make_person("charlie", Role.LEARNER),
    )
    region = Region.objects.create(code="53", name_zh="云岭省", name_en="Yunling")
    institution = Institution.objects.create(kind="training", name_zh="安技校", name_en="Safety School", region=region)
    Membership.objects.create(person=bob, institution=institution, started_at=NOON)
    syllabus = Syllabus.objects.create(
        code="test",
        category="special",
        trade="electrician",
        training="initial",
        name_zh="低压电工",
        name_en="Low voltage",
    )
    version = SyllabusVersion.objects.create(syllabus=syllabus, number=1, in_force_from=date(2026, 1, 1))
    theory = Module.objects.create(syllabus_version=version, ordinal=1, name_zh="理论", name_en="Theory")
    practice = Module.objects.create(syllabus_version=version, ordinal=2, name_zh="实操", name_en="Practice")
    Requirement.objects.create(module=theory, kind="online", hours=Decimal("1"))
    Requirement.objects.create(module=practice, kind="workshop", hours=Decimal("2"))
    training_class = TrainingClass.objects.create(
        institution=institution,
        syllabus_version=version,
        title="第一期",
        starts_on=date(2026, 1, 5),
        ends_on=date(2099, 12, 31),
    )
    video = make_lesson(LessonKind.VIDEO, "触电急救", 1_200_000)
    chapter = make_lesson(LessonKind.READING, "停电验电", 600_000)
    for ordinal, lesson_version in enumerate((video, chapter), start=1):
        ClassLesson.objects.create(
            training_class=training_class, module=theory, lesson_version=lesson_version, ordinal=ordinal
        )
    TrainingClass.objects.filter(pk=training_class.pk).update(
        state=ClassState.ACCEPTED,
        reported_at=datetime(2026, 1, 2, tzinfo=UTC),
        reported_by=bob,
        decided_at=datetime(2026, 1, 3, tzinfo=UTC),
        decided_by=charlie,
    )
    training_class.refresh_from_db()
    enrollment = Enrollment.objects.create(learner=alice, training_class=training_class, enrolled_at=NOON)
    return World(alice, bob, charlie, training_class, enrollment, theory, practice, video, chapter, institution)


def move_dates(training_class: TrainingClass, **dates: date) -> None:
    """As if it had been reported with these dates."""
    with unreported(training_class) as found:
        found.update(**dates)


def name_teacher(training_class: TrainingClass, person: User) -> None:
    """As if it had been reported with this teacher."""
    with unreported(training_class) as found:
        ClassTeacher.objects.create(training_class=found.get(), person=person)


@contextmanager
def unreported(training_class: TrainingClass) -> Iterator[QuerySet[TrainingClass]]:
    """What was reported of a class is closed (triggers); in here it is open."""
    found = TrainingClass.objects.filter(pk=training_class.pk)
    state = found.get().state
    found.update(state=ClassState.PLANNED)
    yield found
    found.update(state=state)
