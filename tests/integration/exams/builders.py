"""Two institutions, a class and an exam, made through the real actions; and a ledger line where one is needed.

Alice learns in the class. Bob works for its institution, Vera for the authority, Edda examines. Charlie is a learner of
nothing here and must see nothing.
"""

import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from courses.models import Lesson, LessonKind, LessonVersion
from lms.accounts.actions import create_person
from lms.accounts.models import Role, User
from lms.accounts.rules.identity import check_digit
from lms.enrollments.actions import (
    accept_class,
    create_syllabus,
    create_syllabus_version,
    enroll,
    plan_class,
    report_class,
)
from lms.enrollments.models import Enrollment, Module, SyllabusVersion, TrainingClass
from lms.enrollments.queries.planning import teachers_of
from lms.enrollments.rules.syllabus import Asked, ModulePlan, VersionPlan
from lms.exams.actions import (
    add_room,
    decide_plan,
    draft_plan,
    open_site,
    propose_plan,
    publish_plan,
    schedule_sitting,
)
from lms.exams.models import ExamPlan, Room, Sitting
from lms.hours.models import Entry
from lms.institutions.actions import add_region, join_institution, open_institution, post_authority
from lms.institutions.models import Institution

REPORTED = datetime(2026, 1, 2, 4, 0, tzinfo=UTC)
NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
"""2026-03-02 12:00 in Shanghai. The class runs in 2026, the exam is on 2026-04-01."""
EXAM = datetime(2026, 4, 1, 1, 0, tzinfo=UTC)


@dataclass
class Ground:
    alice: User
    bob: User
    vera: User
    edda: User
    charlie: User
    school: Institution
    exam_office: Institution
    version: SyllabusVersion
    theory: Module
    practice: Module
    video: LessonVersion
    training_class: TrainingClass
    enrollment: Enrollment
    sitting: Sitting


def made_up_number(serial: int) -> str:
    """Region 000000 exists nowhere, so the number is nobody's."""
    first = f"000000{1980:04}0101{serial:03}"
    return first + check_digit(first)


def make_person(name: str, *roles: Role, serial: int | None = None) -> User:
    return create_person(
        by=None,
        at=REPORTED,
        email=f"{name}@example.test",
        real_name=name.title(),
        identity_number=made_up_number(serial) if serial is not None else None,
        roles=roles,
    )


def make_lesson(title: str = "触电急救", duration_ms: int = 1_200_000) -> LessonVersion:
    return LessonVersion.objects.create(
        lesson=Lesson.objects.create(kind=LessonKind.VIDEO),
        number=1,
        title=title,
        duration_ms=duration_ms,
        sections=[],
        content_digest=uuid.uuid4().hex,
        published_at=REPORTED,
    )


def version_plan(*modules: ModulePlan) -> VersionPlan:
    return VersionPlan(
        in_force_from=date(2024, 7, 1),
        in_force_to=None,
        online_minutes=30,
        classroom_minutes=45,
        workshop_minutes=45,
        online_share_percent=100,
        daily_cap_hours=Decimal(8),
        source="test",
        modules=modules
        or (
            ModulePlan("理论", "Theory", (Asked("online", Decimal(1)),)),
            ModulePlan("实操", "Practice", (Asked("workshop", Decimal(2)),)),
        ),
    )


def make_version(code: str = "test", plan: VersionPlan | None = None) -> SyllabusVersion:
    syllabus = create_syllabus(
        by=None,
        at=REPORTED,
        code=code,
        category="special-operator",
        trade="electrician",
        training="initial",
        name_zh="低压电工",
        name_en="Low voltage",
    )
    return create_syllabus_version(
        by=None, at=REPORTED, uuid=uuid.uuid4(), syllabus=syllabus, plan=plan or version_plan()
    )


def make_ground(capacity: int = 5) -> Ground:
    alice = make_person("alice", Role.LEARNER, serial=1)
    bob, vera = make_person("bob", Role.INSTITUTION), make_person("vera", Role.AUTHORITY)
    edda, charlie = make_person("edda", Role.EXAMINER), make_person("charlie", Role.LEARNER, serial=2)
    region = add_region(by=None, at=REPORTED, code="99", name_zh="云岭省", name_en="Yunling")
    school = open_institution(by=None, at=REPORTED, kind="training", name_zh="安技校", name_en="School", region=region)
    office = open_institution(by=None, at=REPORTED, kind="exam", name_zh="考试院", name_en="Office", region=region)
    join_institution(by=None, at=REPORTED, person=bob, institution=school)
    join_institution(by=None, at=REPORTED, person=edda, institution=office)
    join_institution(by=None, at=REPORTED, person=make_person("tilda", Role.TEACHER), institution=school)
    post_authority(by=None, at=REPORTED, person=vera, region=region)
    version = make_version()
    theory, practice = version.modules.all()
    video = make_lesson()
    training_class = plan(bob, school, version, [(theory, video)])
    report_class(by=bob, at=REPORTED, training_class=training_class)
    training_class = accept_class(by=vera, at=REPORTED, training_class=training_class)
    enrollment = enroll(by=bob, at=REPORTED, uuid=uuid.uuid4(), learner=alice, training_class=training_class)
    site = open_site(
        by=edda, at=REPORTED, uuid=uuid.uuid4(), institution=office, name_zh="一号考场", name_en="Hall 1", seats=30
    )
    room = add_room(by=edda, at=REPORTED, uuid=uuid.uuid4(), site=site, name_zh="一号机房", name_en="Room 1", seats=20)
    sitting = publish(edda, vera, room, version, capacity=capacity)
    return Ground(
        alice=alice,
        bob=bob,
        vera=vera,
        edda=edda,
        charlie=charlie,
        school=school,
        exam_office=office,
        version=version,
        theory=theory,
        practice=practice,
        video=video,
        training_class=training_class,
        enrollment=enrollment,
        sitting=sitting,
    )


def draft(by: User, room: Room, title_zh: str = "四月考试") -> ExamPlan:
    institution = room.site.institution
    return draft_plan(by=by, at=REPORTED, uuid=uuid.uuid4(), institution=institution, title_zh=title_zh)


def publish(
    by: User, decider: User, room: Room, version: SyllabusVersion, *, capacity: int, starts_at: datetime = EXAM
) -> Sitting:
    """A sitting in a plan of its own that went all the way; registration closes a week before."""
    planned = draft(by, room)
    sitting = schedule_sitting(
        by=by,
        at=REPORTED,
        uuid=uuid.uuid4(),
        plan=planned,
        syllabus=version.syllabus,
        room=room,
        title_zh="低压电工考试",
        title_en="Low-voltage exam",
        starts_at=starts_at,
        opens_at=datetime(2026, 2, 1, tzinfo=UTC),
        closes_at=(starts_at - timedelta(days=7)).replace(hour=0),
        capacity=capacity,
    )
    propose_plan(by=by, at=REPORTED, plan=planned)
    decide_plan(by=decider, at=REPORTED, plan=planned, approves=True)
    publish_plan(by=by, at=REPORTED, plan=planned)
    return Sitting.objects.select_related("plan", "room", "site__institution", "syllabus").get(pk=sitting.pk)


def plan(
    by: User, school: Institution, version: SyllabusVersion, lessons: list[tuple[Module, LessonVersion]]
) -> TrainingClass:
    return plan_class(
        by=by,
        at=REPORTED,
        uuid=uuid.uuid4(),
        institution=school,
        syllabus_version=version,
        title="第一期",
        starts_on=date(2026, 1, 5),
        ends_on=date(2026, 12, 31),
        lessons=lessons,
        place="教学楼 301",
        teachers=teachers_of(school),
    )


def confirm(enrollment: Enrollment, module: Module, kind: str, ms: int) -> Entry:
    """One line of the ledger that confirms `ms`; negative takes hours away again."""
    lines = Entry.objects.filter(learner=enrollment.learner)
    before = lines.filter(enrollment=enrollment, module=module, kind=kind).order_by("-number").first()
    return Entry.objects.create(
        learner=enrollment.learner,
        number=lines.count() + 1,
        sort="confirm" if ms > 0 else "correction",
        enrollment=enrollment,
        module=module,
        kind=kind,
        ms=abs(ms),
        confirmed_delta_ms=ms,
        provisional_after_ms=before.provisional_after_ms if before else 0,
        confirmed_after_ms=(before.confirmed_after_ms if before else 0) + ms,
        reason="test",
        posted_at=NOON,
    )


def finish(ground: Ground, enrollment: Enrollment | None = None) -> None:
    """Everything that the syllabus asks: one online hour and two in the workshop."""
    enrollment = enrollment or ground.enrollment
    confirm(enrollment, ground.theory, "online", 1_800_000)
    confirm(enrollment, ground.practice, "workshop", 5_400_000)


def classmate(ground: Ground, name: str, serial: int) -> User:
    """Somebody else in the class, with all the hours."""
    person = make_person(name, Role.LEARNER, serial=serial)
    enrollment = enroll(
        by=ground.bob, at=REPORTED, uuid=uuid.uuid4(), learner=person, training_class=ground.training_class
    )
    finish(ground, enrollment)
    return person
