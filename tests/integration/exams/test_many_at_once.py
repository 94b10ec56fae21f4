"""Many learners are read together, and it must be what each would be told alone."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lms.accounts.models import User
from lms.enrollments.actions import accept_class, enroll, report_class, withdraw_enrollment
from lms.enrollments.models import TrainingClass
from lms.exams.actions import enact_requirements, register, write_certificate
from lms.exams.queries.facts import candidates, candidates_of
from lms.exams.queries.verdicts import eligibility_many, holding_many
from lms.institutions.actions import certify_teacher
from tests.integration.exams.builders import NOON, REPORTED, Ground, Role, confirm, finish, make_person, plan

ALL_STORIES = (
    "finished",
    "nothing_done",
    "suspended",
    "no_identity",
    "not_verified",
    "no_enrollment",
    "left_the_class",
    "hours_missing",
    "surplus_in_the_classroom",
    "two_classes",
    "certified_before",
    "certificate_ran_out",
    "has_a_seat",
)
WITHOUT_A_CERTIFICATE = "earlier_certificate_missing"


@pytest.fixture
def stories(ground: Ground) -> dict[str, User]:
    """One learner for each story, in a refresher with certified teachers that is asked all that can be asked."""
    type(ground.sitting.syllabus).objects.filter(pk=ground.sitting.syllabus_id).update(training="refresher")
    enact_requirements(
        by=None,
        at=REPORTED - timedelta(days=30),
        uuid=uuid4(),
        syllabus=None,
        region=None,
        in_force_from=date(2026, 1, 1),
        source="测试",
    )
    terms: dict[str, Any] = {"valid_from": date(2025, 1, 1), "valid_to": date(2029, 1, 1), "number": "云教 1"}
    tilda = User.objects.get(email="tilda@example.test")
    certify_teacher(by=ground.vera, at=REPORTED, uuid=uuid4(), person=tilda, **terms)
    people = {name: make_person(name, Role.LEARNER, serial=100 + at) for at, name in enumerate(ALL_STORIES)}
    for name, person in people.items():
        if name != "no_enrollment":
            _tell(ground, name, person)
    ground.sitting.refresh_from_db()
    ground.sitting.syllabus.refresh_from_db()
    register(by=people["has_a_seat"], at=NOON, uuid=uuid4(), sitting=ground.sitting)
    return people


def _tell(ground: Ground, name: str, person: User) -> None:
    given: dict[str, Any] = {"by": ground.bob, "at": REPORTED, "learner": person}
    enrollment = enroll(uuid=uuid4(), training_class=ground.training_class, **given)
    if name not in ("nothing_done", "hours_missing", "surplus_in_the_classroom"):
        finish(ground, enrollment)
    changes: dict[str, dict[str, Any]] = {
        "suspended": {"is_active": False},
        "no_identity": {"real_name": " "},
        "not_verified": {"identity_verified_at": None},
    }
    User.objects.filter(pk=person.pk).update(**changes.get(name, {"last_login": None}))
    if name not in ("no_identity", "nothing_done"):
        expires = date(2026, 1, 4) if name == "certificate_ran_out" else date(2026, 6, 1)
        held = {"number": f"T-{name}", "issued_on": date(2020, 1, 1), "expires_on": expires}
        syllabus = ground.version.syllabus
        write_certificate(by=ground.edda, at=REPORTED, uuid=uuid4(), learner=person, syllabus=syllabus, **held)
    match name:
        case "left_the_class":
            withdraw_enrollment(by=ground.bob, at=NOON, enrollment=enrollment)
        case "hours_missing":
            confirm(enrollment, ground.theory, "online", 900_000)
            confirm(enrollment, ground.practice, "workshop", 5_400_000)
        case "surplus_in_the_classroom":
            # The module asks nothing in a classroom: the entry is there, and opens nothing.
            confirm(enrollment, ground.theory, "classroom", 9_000_000)
            confirm(enrollment, ground.practice, "workshop", 5_400_000)
        case "two_classes":
            enroll(uuid=uuid4(), training_class=_second_class(ground), **given)
    person.refresh_from_db()


def _second_class(ground: Ground) -> TrainingClass:
    """Of the same school, reported only after it had begun, and without a lesson done."""
    late = plan(ground.bob, ground.school, ground.version, [(ground.theory, ground.video)])
    report_class(by=ground.bob, at=REPORTED, training_class=late)
    return accept_class(by=ground.vera, at=REPORTED, training_class=late)


def test_the_facts_of_many_are_those_of_each_alone(ground: Ground, stories: dict[str, User]) -> None:
    together = candidates_of(list(stories.values()), ground.sitting, NOON)

    assert {pk: [each.facts for each in found] for pk, found in together.items()} == {
        person.pk: [each.facts for each in candidates(person, ground.sitting, NOON)] for person in stories.values()
    }
    assert {name: len(together[person.pk]) for name, person in stories.items() if name == "two_classes"} == {
        "two_classes": 2
    }


def test_each_of_many_hears_their_own_reasons(ground: Ground, stories: dict[str, User]) -> None:
    found = holding_many(list(stories.values()), ground.sitting, NOON)

    assert {name: [each.code for each in found[person.pk].verdict.unmet] for name, person in stories.items()} == {
        "finished": [],
        "nothing_done": [WITHOUT_A_CERTIFICATE, "hours_missing", "hours_missing"],
        "suspended": ["person_suspended"],
        "no_identity": ["identity_missing", WITHOUT_A_CERTIFICATE],
        "not_verified": ["identity_not_verified"],
        "no_enrollment": ["no_enrollment"],
        "left_the_class": ["no_enrollment"],
        "hours_missing": ["hours_missing"],
        "surplus_in_the_classroom": ["hours_missing"],
        "two_classes": [],
        "certified_before": [],
        "certificate_ran_out": [WITHOUT_A_CERTIFICATE],
        "has_a_seat": [],
    }


def test_who_has_a_seat_is_told_so_and_nobody_else(ground: Ground, stories: dict[str, User]) -> None:
    found = eligibility_many(list(stories.values()), ground.sitting, NOON)

    named = {person.pk: name for name, person in stories.items()}
    assert [named[pk] for pk, each in found.items() if each.facts.already_registered] == ["has_a_seat"]
    assert [named[pk] for pk, each in found.items() if each.eligible] == ["finished", "two_classes", "certified_before"]


def test_reading_many_costs_what_reading_one_costs(ground: Ground, stories: dict[str, User]) -> None:
    candidates(ground.charlie, ground.sitting, NOON)  # the sitting's own place and plan are read once
    with CaptureQueriesContext(connection) as one:
        candidates(stories["two_classes"], ground.sitting, NOON)
    with CaptureQueriesContext(connection) as many:
        candidates_of(list(stories.values()), ground.sitting, NOON)

    assert (len(one), len(many)) == (11, 11)


def test_nobody_costs_nothing_and_is_nobody(ground: Ground) -> None:
    assert candidates_of([], ground.sitting, NOON) == {}
    assert candidates(ground.charlie, ground.sitting, NOON)[0].enrollment is None
