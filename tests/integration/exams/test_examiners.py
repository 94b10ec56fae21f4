"""The authority's list of examiners: beside the roster of teachers, with duties to come; never both for one exam."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from lms.accounts.actions import grant_role
from lms.accounts.models import Role, User
from lms.exams.actions import DutyRefused, assign_officer, relieve_officer
from lms.exams.models import Duty
from lms.exams.views.office import examiners as page_module
from lms.institutions.actions import (
    add_region,
    certify_teacher,
    join_institution,
    leave_institution,
    open_institution,
    post_authority,
)
from tests.integration.exams.builders import NOON, REPORTED, Ground, make_person
from tests.integration.exams.offices import examiner, seat

LIST = "/manage/examiners/"


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return NOON

    monkeypatch.setattr(page_module, "datetime", Clock)


def browser(person: User) -> Client:
    client = Client()
    client.cookies["django_language"] = "en"
    client.force_login(person)
    return client


def rows(person: User, **asked: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = browser(person).get(LIST, asked).context["examiners"]
    return found


def on_duty(ground: Ground, person: User, duty: Duty = Duty.CHIEF) -> Any:
    given = {"uuid": uuid4(), "sitting": ground.sitting, "by": ground.edda, "at": NOON}
    return assign_officer(person=person, duty=duty, **given)


def test_they_are_listed_with_where_they_work_and_what_they_have_to_do(ground: Ground) -> None:
    examiner("emil", ground.exam_office)
    on_duty(ground, ground.edda)

    found = rows(ground.vera)

    assert [(each["name"], each["offices"], each["is_on_duty"]) for each in found] == [
        ("Edda", ["Office"], True),
        ("Emil", ["Office"], False),
    ]
    [duty] = found[0]["duties"]
    assert (str(duty["label"]), duty["starts_at"], duty["site"]) == (
        "Chief examiner",
        ground.sitting.starts_at,
        "Hall 1",
    )


def test_duties_that_were_given_up_and_exams_that_are_over_are_none_to_come(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    relieve_officer(by=ground.edda, at=NOON, officer=on_duty(ground, ground.edda))
    assert rows(ground.vera)[0]["duties"] == []

    on_duty(ground, ground.edda, Duty.INVIGILATOR)
    assert len(rows(ground.vera)[0]["duties"]) == 1
    over = ground.sitting.starts_at + timedelta(minutes=1)
    monkeypatch.setattr(page_module.datetime, "now", classmethod(lambda cls, tz=None: over))
    assert rows(ground.vera)[0]["duties"] == []


def test_they_are_found_by_name_and_institution(ground: Ground) -> None:
    examiner("emil", ground.exam_office)

    assert [each["name"] for each in rows(ground.vera, q="emi")] == ["Emil"]
    assert [each["name"] for each in rows(ground.vera, q="考试院")] == ["Edda", "Emil"]
    assert rows(ground.vera, q="nobody") == []


def test_who_left_and_who_teaches_are_not_on_it(ground: Ground) -> None:
    leave_institution(by=None, at=NOON, person=examiner("emil", ground.exam_office), institution=ground.exam_office)

    assert [each["name"] for each in rows(ground.vera)] == ["Edda"]


def test_an_authority_sees_nobody_of_another_region_and_others_see_nobody(ground: Ground) -> None:
    other = add_region(by=None, at=REPORTED, code="88", name_zh="海州", name_en="Haizhou")
    wang = make_person("wang", Role.AUTHORITY)
    post_authority(by=None, at=REPORTED, person=wang, region=other)

    assert rows(wang) == []
    for person in (ground.edda, ground.bob, ground.alice):
        assert browser(person).get(LIST).status_code == 403


def test_an_examiner_who_holds_a_teachers_certificate_is_marked(ground: Ground) -> None:
    grant_role(by=None, at=REPORTED, person=ground.edda, role=Role.TEACHER)
    term = {"valid_from": NOON.date(), "valid_to": NOON.date() + timedelta(days=300)}
    certify_teacher(by=None, at=REPORTED, uuid=uuid4(), person=ground.edda, number="T 1", **term)

    assert [each["may_teach"] for each in rows(ground.vera)] == [True]


def test_nobody_teaches_and_examines_for_one_exam(ground: Ground) -> None:
    """Both layers: nobody works on both sides at once, and nobody is on duty where their own learners sit."""
    seat(ground)
    teacher = User.objects.get(email="tilda@example.test")
    with pytest.raises(IntegrityError, match="works on the other side"), transaction.atomic():
        join_institution(by=None, at=NOON, person=teacher, institution=ground.exam_office)

    leave_institution(by=None, at=NOON, person=teacher, institution=ground.school)
    join_institution(by=None, at=NOON, person=teacher, institution=ground.exam_office)
    grant_role(by=None, at=NOON, person=teacher, role=Role.EXAMINER)

    with pytest.raises(DutyRefused, match="trained_somebody_here"):
        on_duty(ground, teacher)


def test_the_list_costs_the_same_for_one_examiner_and_for_many(ground: Ground) -> None:
    vera = browser(ground.vera)
    with CaptureQueriesContext(connection) as one:
        vera.get(LIST)
    office = open_institution(
        by=None, at=REPORTED, kind="exam", name_zh="二院", name_en="Second", region=ground.school.region
    )
    for number in range(9):
        examiner(f"examiner{number}", office)
    on_duty(ground, ground.edda)
    with CaptureQueriesContext(connection) as many:
        assert len(vera.get(LIST).context["examiners"]) == 10

    assert len(one) == len(many)
