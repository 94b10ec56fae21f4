"""The ground of the exam tests with a ledger whose totals agree, and people around the class who must be told apart.

Alice learns, Bob runs the school, Vera is the authority of the province. Dora runs another school, Wang is the
authority of another province, Charlie is a learner of nothing here.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import transaction

from lms.accounts.models import Role, User
from lms.enrollments.actions import accept_class, create_syllabus, create_syllabus_version, enroll, report_class
from lms.enrollments.models import Enrollment, Module, SyllabusVersion
from lms.hours.actions.posting import Account, post
from lms.hours.models import EntrySort
from lms.hours.queries.clocks import lock_clock
from lms.institutions.actions import add_region, join_institution, open_institution, post_authority
from tests.integration.exams.builders import NOON, REPORTED, Ground, make_ground, make_person, plan, version_plan

HOUR_ONLINE, HOUR_WORKSHOP = 1_800_000, 2_700_000


@dataclass
class Papers:
    ground: Ground
    dora: User
    wang: User
    root: User


def make_papers() -> Papers:
    ground = make_ground()
    dora, wang = make_person("dora", Role.INSTITUTION), make_person("wang", Role.AUTHORITY)
    other = add_region(by=None, at=REPORTED, code="88", name_zh="海州", name_en="Haizhou")
    school = open_institution(by=None, at=REPORTED, kind="training", name_zh="别的学校", name_en="Other", region=other)
    join_institution(by=None, at=REPORTED, person=dora, institution=school)
    post_authority(by=None, at=REPORTED, person=wang, region=other)
    return Papers(ground, dora, wang, make_person("root", Role.ADMINISTRATOR))


def earn(
    enrollment: Enrollment, module: Module, kind: str, ms: int, *, from_at: datetime = NOON, at: datetime = NOON
) -> None:
    """Confirmed hours with a time of the clock."""
    with transaction.atomic():
        lock_clock(enrollment.learner_id)
        post(
            Account(enrollment.learner_id, enrollment, module, kind),
            sort=EntrySort.ATTENDANCE,
            ms=ms,
            provisional_ms=0,
            confirmed_ms=ms,
            at=at,
            posted_by=enrollment.learner,
            from_at=from_at,
            to_at=from_at + timedelta(milliseconds=ms),
        )


def complete(ground: Ground, enrollment: Enrollment | None = None) -> None:
    """One online hour and two in the workshop: everything that the syllabus asks."""
    enrollment = enrollment or ground.enrollment
    theory, practice = enrollment.training_class.syllabus_version.modules.all()
    earn(enrollment, theory, "online", HOUR_ONLINE)
    earn(enrollment, practice, "workshop", 2 * HOUR_WORKSHOP, from_at=NOON + timedelta(days=1))


def lose(ground: Ground) -> None:
    """A millisecond is taken back, by two."""
    with transaction.atomic():
        lock_clock(ground.enrollment.learner_id)
        post(
            Account(ground.enrollment.learner_id, ground.enrollment, ground.theory, "online"),
            sort=EntrySort.VOID,
            ms=1,
            provisional_ms=0,
            confirmed_ms=-1,
            at=NOON,
            posted_by=ground.vera,
            proposed_by=ground.bob,
        )


def refresher(ground: Ground) -> Enrollment:
    """Alice in a class of a refresher of the same school."""
    syllabus = create_syllabus(
        by=None,
        at=REPORTED,
        code="again",
        category="special-operator",
        trade="electrician",
        training="refresher",
        name_zh="低压电工复训",
        name_en="Low voltage, refresher",
    )
    version: SyllabusVersion = create_syllabus_version(
        by=None, at=REPORTED, uuid=uuid4(), syllabus=syllabus, plan=version_plan()
    )
    group = plan(ground.bob, ground.school, version, [])
    report_class(by=ground.bob, at=REPORTED, training_class=group)
    group = accept_class(by=ground.vera, at=REPORTED, training_class=group)
    return enroll(by=ground.bob, at=REPORTED, uuid=uuid4(), learner=ground.alice, training_class=group)


def classmates(ground: Ground, count: int, first: int = 0) -> list[Enrollment]:
    """More learners of Alice's class."""
    people = [make_person(f"mate{number}", Role.LEARNER, serial=200 + number) for number in range(first, first + count)]
    return [
        enroll(by=ground.bob, at=NOON, uuid=uuid4(), learner=each, training_class=ground.training_class)
        for each in people
    ]
