"""What tests of exam offices stand on beside `builders`: seats, more people, and the moment that pages think it is."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest

from lms.accounts.actions import grant_role
from lms.accounts.models import Role, User
from lms.enrollments.actions import enroll
from lms.exams.actions import register
from lms.exams.models import ExamPlan, Registration, Room, Sitting
from lms.exams.views.office import consoles, desks, doors, lists, plans
from lms.institutions.actions import join_institution
from lms.institutions.models import Institution
from tests.integration.exams.builders import EXAM, NOON, REPORTED, Ground, draft, finish, make_person

DOOR = EXAM - timedelta(minutes=30)
"""The door is open."""


def at_the_moment(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    """For all pages of exam offices."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return moment

    for module in (consoles, desks, doors, lists, plans):
        monkeypatch.setattr(module, "datetime", Clock)


def seat(ground: Ground, learner: User | None = None) -> Registration:
    """A seat in the ground's sitting, through the gate: all hours are there. Alice's, when nobody is named."""
    enrollment = ground.enrollment
    if learner is not None:
        group = ground.training_class
        enrollment = enroll(by=ground.bob, at=REPORTED, uuid=uuid.uuid4(), learner=learner, training_class=group)
    finish(ground, enrollment)
    return register(by=enrollment.learner, at=NOON, uuid=uuid.uuid4(), sitting=ground.sitting)


def newcomer(name: str, serial: int) -> User:
    return make_person(name, Role.LEARNER, serial=serial)


def examiner(name: str, office: Institution) -> User:
    person = make_person(name, Role.EXAMINER)
    join_institution(by=None, at=REPORTED, person=person, institution=office)
    return person


def with_role(person: User, role: Role) -> User:
    grant_role(by=None, at=REPORTED, person=person, role=role)
    return person


def planned(ground: Ground, room: Room | None = None) -> ExamPlan:
    return draft(ground.edda, room or ground.sitting.room, "五月考试")


def asked(ground: Ground, **changes: object) -> dict[str, object]:
    """Arguments of `schedule_sitting` for an exam a month after the ground's."""
    fields: dict[str, object] = {
        "uuid": uuid.uuid4(),
        "syllabus": ground.version.syllabus,
        "room": ground.sitting.room,
        "title_zh": "五月第一场",
        "starts_at": EXAM + timedelta(days=30),
        "opens_at": NOON,
        "closes_at": EXAM + timedelta(days=23),
        "capacity": 10,
    }
    return {**fields, **changes}


def refreshed(sitting: Sitting) -> Sitting:
    return Sitting.objects.select_related("plan", "room", "site__institution", "syllabus").get(pk=sitting.pk)


def verbs(events: Iterable[object]) -> list[str]:
    return [each.verb for each in events]  # type: ignore[attr-defined]
