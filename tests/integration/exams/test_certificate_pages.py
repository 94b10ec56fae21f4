"""Earlier certificates: one person at a time, named exactly or seen anyway; written once and never changed."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from lms.accounts.models import Role, User
from lms.exams.actions import register
from lms.exams.models import HeldCertificate
from lms.institutions.actions import add_region, join_institution, open_institution, post_authority
from tests.integration.exams.builders import NOON, REPORTED, Ground, finish, made_up_number, make_person

FIND = "/manage/certificates/"


@pytest.fixture
def wanda(ground: Ground) -> User:
    """The authority of another province."""
    person = make_person("wanda", Role.AUTHORITY)
    elsewhere = add_region(by=None, at=REPORTED, code="98", name_zh="海岭省", name_en="Hailing")
    post_authority(by=None, at=REPORTED, person=person, region=elsewhere)
    return person


def browser(person: User) -> Client:
    client = Client()
    client.cookies["django_language"] = "en"
    client.force_login(person)
    return client


def of(learner: User) -> str:
    return reverse("held_certificates", args=[learner.uuid])


def seen(ground: Ground, **changes: Any) -> dict[str, Any]:
    return {
        "uuid": uuid4(),
        "syllabus": ground.version.syllabus.pk,
        "number": "T-000123",
        "issued_on": "2020-01-05",
        "expires_on": "2026-01-05",
        **changes,
    }


@pytest.mark.parametrize("who", [made_up_number(1), " alice@example.test ", "ALICE@EXAMPLE.TEST"])
def test_an_exact_number_or_address_finds_the_learner(ground: Ground, who: str) -> None:
    edda = browser(ground.edda)

    found = edda.post(FIND, {"who": who})

    assert (found.status_code, found.headers["Location"]) == (302, of(ground.alice))
    page = edda.get(of(ground.alice))
    assert (page.status_code, page.context["learner"]["identity"]) == (200, "000***********0013")


@pytest.mark.parametrize("who", ["alice", "alice@", made_up_number(99), "0000001980", "edda@example.test"])
def test_whatever_is_not_exactly_a_learner_finds_nobody(ground: Ground, who: str) -> None:
    page = browser(ground.edda).post(FIND, {"who": who})

    assert page.status_code == 422
    assert page.context["form"].errors["who"] == ["Nobody is registered with exactly this."]
    assert "Alice" not in page.content.decode()


def test_who_tries_many_numbers_is_stopped_and_finds_nobody_then(ground: Ground) -> None:
    edda = browser(ground.edda)

    tried = [edda.post(FIND, {"who": made_up_number(200 + number)}).status_code for number in range(15)]
    page = edda.post(FIND, {"who": made_up_number(1)})
    other = browser(ground.vera).post(FIND, {"who": made_up_number(1)})

    assert tried == [422] * 15
    assert page.status_code == 429
    assert "Too many searches. Wait a minute" in page.content.decode()
    assert (edda.get(FIND).status_code, other.status_code) == (200, 302)


def test_nobody_but_examiners_and_authorities_looks_for_anybody(ground: Ground) -> None:
    for person in (ground.alice, ground.bob, ground.charlie, make_person("root", Role.ADMINISTRATOR)):
        client = browser(person)
        answers = [client.get(FIND), client.post(FIND, {"who": "alice@example.test"}), client.get(of(ground.alice))]
        assert [each.status_code for each in answers] == [403, 403, 403]


def test_a_learner_is_open_to_who_sees_their_record_or_named_them(ground: Ground, wanda: User) -> None:
    vera, edda, other = browser(ground.vera), browser(ground.edda), browser(wanda)
    assert vera.get(of(ground.alice)).status_code == 200, "in a class of her province"
    assert edda.get(of(ground.alice)).status_code == 404, "never registered with her office"
    assert other.get(of(ground.alice)).status_code == 404

    other.post(FIND, {"who": made_up_number(1)})
    finish(ground)
    register(by=ground.alice, at=NOON, uuid=uuid4(), sitting=ground.sitting)

    assert other.get(of(ground.alice)).status_code == 200
    assert browser(wanda).get(of(ground.alice)).status_code == 404, "another login named nobody"
    assert edda.get(of(ground.alice)).status_code == 200
    assert vera.get(of(ground.charlie)).status_code == 404


def test_an_examiner_of_another_office_does_not_see_the_candidates_of_this_one(ground: Ground) -> None:
    finish(ground)
    register(by=ground.alice, at=NOON, uuid=uuid4(), sitting=ground.sitting)
    office = open_institution(by=None, at=REPORTED, kind="exam", name_zh="二院", region=ground.school.region)
    emil = make_person("emil", Role.EXAMINER)
    join_institution(by=None, at=REPORTED, person=emil, institution=office)

    assert browser(emil).get(of(ground.alice)).status_code == 404


def test_what_was_seen_is_written_once_however_often_it_is_sent(ground: Ground) -> None:
    vera, sent = browser(ground.vera), seen(ground)

    answers = [vera.post(of(ground.alice), sent) for _again in range(2)]

    assert [each.status_code for each in answers] == [302, 302]
    written = HeldCertificate.objects.get()
    assert (written.learner, written.trade, written.number) == (ground.alice, "electrician", "T-000123")
    assert (written.expires_on, written.seen_by) == (date(2026, 1, 5), ground.vera)
    [row] = vera.get(of(ground.alice)).context["certificates"]
    assert (row["number"], row["training"], row["seen_by"]) == ("T-000123", "Low voltage", "Vera")


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"expires_on": "2020-01-05"}, "expires_on", "2020-01-05: give a day after the first one."),
        ({"issued_on": "2990-01-01", "expires_on": "2999-01-01"}, "issued_on", "2990-01-01: give a day that has come."),
        ({"number": ""}, "number", "This field is required."),
        ({"syllabus": ""}, "syllabus", "This field is required."),
        ({"uuid": "x"}, "uuid", "Enter a valid UUID."),
    ],
    ids=["ends when it begins", "not issued yet", "no number", "no trade", "no uuid"],
)
def test_a_mistake_is_told_at_its_field(ground: Ground, changes: dict[str, str], field: str, said: str) -> None:
    page = browser(ground.vera).post(of(ground.alice), seen(ground, **changes))

    assert (page.status_code, page.context["form"].errors[field]) == (422, [said])
    assert HeldCertificate.objects.count() == 0


def test_a_number_is_written_once_for_a_person_and_trade(ground: Ground) -> None:
    vera = browser(ground.vera)
    vera.post(of(ground.alice), seen(ground))

    page = vera.post(of(ground.alice), seen(ground))

    assert page.status_code == 422
    assert page.context["form"].errors["number"] == [
        "T-000123: this number is written down for this person and trade already."
    ]
    assert HeldCertificate.objects.count() == 1


def test_a_uuid_of_somebody_elses_certificate_writes_nothing(ground: Ground) -> None:
    vera, edda, sent = browser(ground.vera), browser(ground.edda), seen(ground)
    vera.post(of(ground.alice), sent)
    edda.post(FIND, {"who": made_up_number(2)})

    page = edda.post(of(ground.charlie), sent)

    assert page.status_code == 422
    assert not HeldCertificate.objects.filter(learner=ground.charlie).exists()


def test_the_authority_reaches_them_from_the_roster_of_a_class(ground: Ground) -> None:
    address = reverse("class", args=[ground.training_class.uuid])

    assert of(ground.alice) in browser(ground.vera).get(address).content.decode()
    assert of(ground.alice) not in browser(ground.bob).get(address).content.decode()
