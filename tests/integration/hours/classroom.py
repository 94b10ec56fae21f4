"""A workshop of the small world: sheets, marks by code, and hours proposed by Bob and accepted by Ruth.

Ruth is of the authority of the institution's region and never worked for it; Tom teaches the class.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any

from lms.accounts.models import Role, User
from lms.enrollments.models import Enrollment, TrainingClass
from lms.hours.actions.attendance import AttendanceRefused
from lms.hours.actions.attendance_proposals import decide_attendance, propose_attendance, propose_taking_back
from lms.hours.actions.sheets import open_sheet, sign_in, sign_out
from lms.hours.models import AttendanceProposal, AttendanceSheet, Entry, Presence
from lms.hours.queries.clocks import ms_of
from lms.hours.rules.attendance import code_at
from lms.institutions.models import AuthorityPost, Membership
from tests.world import NOON, World, make_person, name_teacher


def at_s(second: float) -> datetime:
    return NOON + timedelta(seconds=second)


def teacher(world: World, name: str = "tom") -> User:
    """Somebody whom the class names as its teacher and who does not run the institution."""
    person = colleague(world, name)
    name_teacher(world.training_class, person)
    return person


def colleague(world: World, name: str = "tess") -> User:
    """Somebody who teaches at the institution, and not this class."""
    person = make_person(name, Role.TEACHER)
    Membership.objects.create(person=person, institution=world.institution, started_at=NOON)
    return person


def outsider(training_class: TrainingClass) -> User:
    """Ruth, made on first use."""
    known = User.objects.filter(email="ruth@example.test").first()
    if known is not None:
        return known
    ruth = make_person("ruth", Role.AUTHORITY)
    region = TrainingClass.objects.get(pk=training_class.pk).institution.region
    AuthorityPost.objects.create(person=ruth, region=region, started_at=NOON)
    return ruth


def opened(world: World, **changes: Any) -> AttendanceSheet:
    """A workshop from noon to two, opened by Bob at noon."""
    arguments: dict[str, Any] = {
        "by": world.bob,
        "at": NOON,
        "uuid": uuid.uuid4(),
        "training_class": world.training_class,
        "module": world.practice,
        "kind": "workshop",
        "from_at": NOON,
        "to_at": at_s(7200),
        "place": "实训楼三层",
    }
    return open_sheet(**{**arguments, **changes})


def shown(sheet: AttendanceSheet, direction: str, at: datetime) -> str:
    """What stands on the screen."""
    return code_at(bytes(sheet.secret), sheet.uuid, direction, ms_of(at))


def came(world: World, sheet: AttendanceSheet, second: float, **changes: Any) -> Presence:
    """Alice signs in at this second after noon, by the code of that second, or what `changes` say."""
    at = changes.get("at", at_s(second))
    arguments: dict[str, Any] = {
        "by": world.alice,
        "at": at,
        "uuid": uuid.uuid4(),
        "sheet": sheet,
        "code": shown(sheet, "in", at),
        "device": "phone-a",
    }
    return sign_in(**{**arguments, **changes})


def left(world: World, sheet: AttendanceSheet, second: float, **changes: Any) -> Presence:
    at = changes.get("at", at_s(second))
    arguments: dict[str, Any] = {
        "by": world.alice,
        "at": at,
        "sheet": sheet,
        "code": shown(sheet, "out", at),
        "device": "phone-a",
    }
    return sign_out(**{**arguments, **changes})


def proposed(world: World, from_s: float, to_s: float, **changes: Any) -> AttendanceProposal:
    """Bob proposes a workshop hour of Alice's ten hours later, or what `changes` say."""
    arguments: dict[str, Any] = {
        "by": world.bob,
        "at": at_s(36_000),
        "uuid": uuid.uuid4(),
        "training_class": world.training_class,
        "module": world.practice,
        "kind": "workshop",
        "from_at": at_s(from_s),
        "to_at": at_s(to_s),
        "enrollments": [world.enrollment],
        "reason": "当天停电，没有扫码",
        "evidence": "纸质签到表，实训楼三层",
    }
    return propose_attendance(**{**arguments, **changes})


def unproposed(world: World, from_s: float, to_s: float, **changes: Any) -> AttendanceProposal:
    """Bob proposes to take workshop hours of Alice's back, or what `changes` say."""
    arguments: dict[str, Any] = {
        "by": world.bob,
        "at": at_s(45_000),
        "uuid": uuid.uuid4(),
        "training_class": world.training_class,
        "module": world.practice,
        "kind": "workshop",
        "from_at": at_s(from_s),
        "to_at": at_s(to_s),
        "enrollments": [world.enrollment],
        "reason": "同学代签，本人提前离开",
    }
    return propose_taking_back(**{**arguments, **changes})


def decided(proposal: AttendanceProposal, **changes: Any) -> AttendanceProposal:
    """Ruth accepts, or what `changes` say."""
    arguments: dict[str, Any] = {
        "by": changes.get("by") or outsider(proposal.training_class),
        "at": at_s(40_000),
        "proposal": proposal,
        "verb": "accept",
        "reason": "情况属实",
    }
    return decide_attendance(**{**arguments, **changes})


def attend(world: World, from_s: float, to_s: float, **changes: Any) -> Entry:
    """A workshop hour that was proposed and accepted at once; AttendanceRefused when Alice's time was taken."""
    proposal = proposed(world, from_s, to_s, **changes)
    return given(decided(proposal, at=proposal.proposed_at))


def held(enrollment: Enrollment, world_of: User, from_at: datetime, to_at: datetime, at: datetime) -> Entry:
    """The same without a world at hand: `world_of` proposes a workshop hour of the class."""
    training_class = enrollment.training_class
    module = training_class.syllabus_version.modules.get(requirements__kind="workshop")
    proposal = propose_attendance(
        by=world_of,
        at=at,
        uuid=uuid.uuid4(),
        training_class=training_class,
        module=module,
        kind="workshop",
        from_at=from_at,
        to_at=to_at,
        enrollments=[enrollment],
        reason="当天停电，没有扫码",
    )
    return given(decided(proposal, at=at))


def given(proposal: AttendanceProposal) -> Entry:
    row = proposal.learners.get()
    if row.entry is None:
        raise AttendanceRefused("from", row.refused, "")
    return row.entry
