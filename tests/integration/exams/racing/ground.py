"""Two schools, twenty-four learners, and sittings that get in each other's way: made with the real actions.

Two sittings are of one syllabus on two days; a third, of another syllabus, is at the time of the first. Two more are
there to be cancelled. Everybody has exactly the hours that are asked, so that every hour that is taken back counts.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

from lms.accounts.models import Role, User
from lms.enrollments.actions import accept_class, enroll, plan_class, report_class
from lms.enrollments.models import Enrollment, Module, SyllabusVersion, TrainingClass
from lms.enrollments.queries.planning import teachers_of
from lms.enrollments.rules.syllabus import Asked, ModulePlan
from lms.exams.actions import add_room, change_capacity
from lms.exams.models import Room, Sitting
from lms.hours.actions.attendance_proposals import decide_attendance, propose_attendance, propose_taking_back
from lms.hours.models import AttendanceProposal
from lms.institutions.actions import join_institution, open_institution
from lms.institutions.models import Institution, Region
from tests.integration.exams.builders import (
    REPORTED,
    Ground,
    confirm,
    made_up_number,
    make_ground,
    make_person,
    make_version,
    publish,
    version_plan,
)

LEARNERS = 24
SEATS = 3
WORKSHOP = timedelta(minutes=90)
"""Two class hours of 45 minutes: all that is asked."""
FIRST_WORKSHOP = datetime(2026, 1, 6, tzinfo=UTC)
EVERY = timedelta(hours=2)


@dataclass
class Trained:
    """A learner, their number, the enrollments in both syllabi, and how often workshop hours were given."""

    person: User
    identity: str
    enrollment: Enrollment
    other: Enrollment
    given: int = 0


@dataclass
class Stage:
    ground: Ground
    began_at: datetime
    schools: list[Institution]
    staff: list[User]
    learners: list[Trained]
    sittings: list[Sitting]
    doomed: list[Sitting]
    began_s: float = field(default_factory=time.monotonic)

    def now(self) -> datetime:
        return self.began_at + timedelta(seconds=time.monotonic() - self.began_s)

    def staff_of(self, enrollment: Enrollment) -> User:
        return self.staff[self.schools.index(enrollment.training_class.institution)]

    def give_hours(self, people: list[Trained]) -> None:
        """The workshop of all of them, proposed inside and accepted outside; all were given it equally often."""
        self._propose(people, propose_attendance, people[0].given)
        for each in people:
            each.given += 1

    def take_hours_back(self, people: list[Trained]) -> None:
        self._propose(people, propose_taking_back, people[0].given - 1)

    def _propose(self, people: list[Trained], propose: Callable[..., AttendanceProposal], number: int) -> None:
        from_at, to_at = workshop(number)
        enrollments = [each.enrollment for each in people]
        proposal = propose(
            by=self.staff_of(enrollments[0]),
            at=self.now(),
            uuid=uuid4(),
            training_class=enrollments[0].training_class,
            module=self.ground.practice,
            kind="workshop",
            from_at=from_at,
            to_at=to_at,
            enrollments=enrollments,
            reason="补录",
        )
        decide_attendance(by=self.ground.vera, at=self.now(), proposal=proposal, verb="accept", reason="情况属实")


def make_stage(began_at: datetime, exam_at: datetime) -> Stage:
    """`exam_at` is in the middle of a day, at least eight days after `began_at`."""
    ground = make_ground(capacity=SEATS)
    second_school, second_staff = _school(ground.school.region)
    first = ground.training_class
    second = _class(ground, second_staff, second_school, ground.version, "第二期")
    other = make_version("other", version_plan(ModulePlan("安全", "Safety", (Asked("online", Decimal(1)),))))
    third = _class(ground, ground.bob, ground.school, other, "其他")
    learners = []
    for number in range(LEARNERS):
        person = make_person(f"racer{number}", Role.LEARNER, serial=100 + number)
        training_class, staff = (first, ground.bob) if number % 2 == 0 else (second, second_staff)
        own = enroll(by=staff, at=REPORTED, uuid=uuid4(), learner=person, training_class=training_class)
        beside = enroll(by=ground.bob, at=REPORTED, uuid=uuid4(), learner=person, training_class=third)
        confirm(own, ground.theory, "online", 1_800_000)
        confirm(beside, Module.objects.get(syllabus_version=other), "online", 1_800_000)
        learners.append(Trained(person, made_up_number(100 + number), own, beside))
    room = ground.sitting.room
    beside_room = add_room(
        by=ground.edda, at=REPORTED, uuid=uuid4(), site=room.site, name_zh="二号机房", name_en="Room 2", seats=10
    )
    sittings = [
        _sitting(ground, room, ground.version, exam_at),
        _sitting(ground, room, ground.version, exam_at + timedelta(days=1)),
        _sitting(ground, beside_room, other, exam_at),
    ]
    doomed = [_sitting(ground, room, ground.version, exam_at + timedelta(days=days)) for days in (2, 3)]
    stage = Stage(
        ground, began_at, [ground.school, second_school], [ground.bob, second_staff], learners, sittings, doomed
    )
    for half in (learners[::2], learners[1::2]):
        stage.give_hours(half)
    return stage


def workshop(number: int) -> tuple[datetime, datetime]:
    """When the workshop of this number was held: never over midnight, here or in UTC."""
    from_at = FIRST_WORKSHOP + number * EVERY
    return from_at, from_at + WORKSHOP


def set_capacity(stage: Stage, sitting: Sitting, capacity: int) -> None:
    change_capacity(by=stage.ground.edda, at=stage.now(), sitting=sitting, capacity=capacity)


def _school(region: Region) -> tuple[Institution, User]:
    school = open_institution(by=None, at=REPORTED, kind="training", name_zh="第二校", name_en="Second", region=region)
    staff = make_person("beata", Role.INSTITUTION)
    join_institution(by=None, at=REPORTED, person=staff, institution=school)
    join_institution(by=None, at=REPORTED, person=make_person("theo", Role.TEACHER), institution=school)
    return school, staff


def _class(ground: Ground, staff: User, school: Institution, version: SyllabusVersion, title: str) -> TrainingClass:
    planned = plan_class(
        by=staff,
        at=REPORTED,
        uuid=uuid4(),
        institution=school,
        syllabus_version=version,
        title=title,
        starts_on=date(2026, 1, 5),
        ends_on=date(2026, 12, 31),
        lessons=[(version.modules.get(), ground.video)]
        if version.modules.count() == 1
        else [(ground.theory, ground.video)],
        place="教学楼 301",
        teachers=teachers_of(school),
    )
    report_class(by=staff, at=REPORTED, training_class=planned)
    return accept_class(by=ground.vera, at=REPORTED, training_class=planned)


def _sitting(ground: Ground, room: Room, version: SyllabusVersion, starts_at: datetime) -> Sitting:
    return publish(ground.edda, ground.vera, room, version, capacity=SEATS, starts_at=starts_at)
