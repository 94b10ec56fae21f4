"""Teachers of an authority's regions: found by name, number and institution; certified and revoked by the authority."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from lms.accounts.models import Role, User
from lms.institutions.actions import certify_teacher, join_institution
from lms.institutions.models import TeacherCertificate
from tests.integration.exams.builders import REPORTED, make_person
from tests.integration.oversight.papers_world import Papers, make_papers

LIST = "/manage/teachers/"
TODAY = datetime.now(UTC).date()


@pytest.fixture
def papers(db: None) -> Papers:
    return make_papers()


def browser(person: User) -> Client:
    client = Client()
    client.cookies["django_language"] = "en"
    client.force_login(person)
    return client


def tilda() -> User:
    return User.objects.get(email="tilda@example.test")


def of(person: User) -> str:
    return reverse("teacher", args=[person.uuid])


def certify(person: User, number: str, *, begins: int = -30, ends: int = 300) -> TeacherCertificate:
    """Valid from so many days from today on, until so many."""
    term = {"valid_from": TODAY + timedelta(days=begins), "valid_to": TODAY + timedelta(days=ends)}
    return certify_teacher(by=None, at=REPORTED, uuid=uuid4(), person=person, number=number, **term)


def another_teacher(papers: Papers, name: str) -> User:
    person = make_person(name, Role.TEACHER)
    join_institution(by=None, at=REPORTED, person=person, institution=papers.ground.school)
    return person


def granted(**changes: Any) -> dict[str, Any]:
    return {"uuid": uuid4(), "number": "云教 0009", "valid_from": "2026-01-01", "valid_to": "2029-01-01", **changes}


def names(client: Client, **asked: Any) -> list[str]:
    return [each["name"] for each in client.get(LIST, asked).context["teachers"]]


def test_they_are_found_by_name_number_and_institution(papers: Papers) -> None:
    anna, vera = another_teacher(papers, "anna"), browser(papers.ground.vera)
    certify(anna, "云教 0007")

    assert names(vera) == ["Anna", "Tilda"]
    assert names(vera, q="til") == ["Tilda"]
    assert names(vera, q="0007") == ["Anna"]
    assert names(vera, q="安技校") == ["Anna", "Tilda"]
    assert names(vera, q="no such") == []
    assert names(vera, institution=papers.ground.school.uuid) == ["Anna", "Tilda"]


def test_those_who_may_not_teach_today_are_listed_apart(papers: Papers) -> None:
    people = {name: another_teacher(papers, name) for name in ("later", "over", "revoked", "valid")}
    certify(people["later"], "T later", begins=5)
    certify(people["over"], "T over", ends=0)
    revoked = certify(people["revoked"], "T revoked")
    TeacherCertificate.objects.filter(pk=revoked.pk).update(revoked_on=TODAY)
    certify(people["valid"], "T valid")
    vera = browser(papers.ground.vera)

    rows = {each["name"]: each["state"] for each in vera.get(LIST).context["teachers"]}

    assert rows == {"Later": "later", "Over": "expired", "Revoked": "revoked", "Tilda": "none", "Valid": "valid"}
    assert names(vera, show="without") == ["Later", "Over", "Revoked", "Tilda"]


def test_an_authority_sees_nobody_of_another_region(papers: Papers) -> None:
    wang = browser(papers.wang)

    assert names(wang) == []
    assert wang.get(of(tilda())).status_code == 404
    assert wang.post(of(tilda()), granted()).status_code == 404
    assert wang.get(LIST, {"institution": papers.ground.school.uuid}).status_code == 404
    assert not TeacherCertificate.objects.exists()


def test_nobody_but_authorities_comes_to_these_pages(papers: Papers) -> None:
    for person in (papers.ground.bob, papers.ground.alice, papers.ground.edda, tilda()):
        client = browser(person)
        assert [client.get(LIST).status_code, client.post(of(tilda()), granted()).status_code] == [403, 403]


def test_an_administrator_looks_and_certifies_nobody(papers: Papers) -> None:
    root = browser(papers.root)

    assert root.get(of(tilda())).context["form"] is None
    assert root.post(of(tilda()), granted()).status_code == 403
    assert not TeacherCertificate.objects.exists()


def test_whoever_does_not_teach_here_has_no_page(papers: Papers) -> None:
    assert browser(papers.ground.vera).get(of(papers.ground.bob)).status_code == 404


def test_a_certificate_is_granted_once_however_often_it_is_sent(papers: Papers) -> None:
    vera, sent = browser(papers.ground.vera), granted()

    answers = [vera.post(of(tilda()), sent) for _again in range(2)]

    assert [each.status_code for each in answers] == [302, 302]
    made = TeacherCertificate.objects.get()
    assert (made.person, made.number, made.valid_to) == (tilda(), "云教 0009", date(2029, 1, 1))


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"number": "taken"}, "number", "taken: another certificate has this number."),
        ({"valid_to": "2026-01-01"}, "valid_to", "2026-01-01: give a day after the first one."),
        ({"valid_from": ""}, "valid_from", "This field is required."),
    ],
    ids=["a number that another has", "no term", "no day"],
)
def test_a_mistake_is_told_at_its_field(papers: Papers, changes: dict[str, str], field: str, said: str) -> None:
    certify(another_teacher(papers, "anna"), "taken")

    page = browser(papers.ground.vera).post(of(tilda()), granted(**changes))

    assert (page.status_code, page.context["form"].errors[field]) == (422, [said])
    assert TeacherCertificate.objects.count() == 1


def test_a_certificate_is_revoked_with_a_day_and_a_reason(papers: Papers) -> None:
    held = certify(tilda(), "T 1")
    vera = browser(papers.ground.vera)
    [row] = vera.get(of(tilda())).context["certificates"]

    refused = [
        vera.post(row["revoke_url"], {"on": TODAY.isoformat(), "why": " "}),
        vera.post(row["revoke_url"], {"on": (TODAY + timedelta(days=300)).isoformat(), "why": "离岗"}),
    ]
    vera.post(row["revoke_url"], {"on": TODAY.isoformat(), "why": "离岗"})

    assert [each.status_code for each in refused] == [422, 422]
    assert [list(each.context["certificates"][0]["form"].errors) for each in refused] == [["why"], ["on"]]
    held.refresh_from_db()
    assert held.revoked_on == TODAY
    [row] = vera.get(of(tilda())).context["certificates"]
    assert (row["state"], row["form"]) == ("revoked", None)


def test_a_certificate_of_another_person_is_not_revoked_here(papers: Papers) -> None:
    theirs = certify(another_teacher(papers, "anna"), "T 1")
    address = reverse("revoke_teacher_certificate", args=[tilda().uuid, theirs.uuid])

    answer = browser(papers.ground.vera).post(address, {"on": TODAY.isoformat(), "why": "离岗"})

    assert answer.status_code == 404
    theirs.refresh_from_db()
    assert theirs.revoked_on is None


def test_the_list_costs_the_same_for_one_teacher_and_for_thirty(papers: Papers) -> None:
    vera = browser(papers.ground.vera)
    with CaptureQueriesContext(connection) as one:
        vera.get(LIST)
    for number in range(29):
        certify(another_teacher(papers, f"teacher{number:02}"), f"T {number}")
    with CaptureQueriesContext(connection) as thirty:
        assert len(vera.get(LIST).context["teachers"]) == 30

    assert len(one) == len(thirty)
