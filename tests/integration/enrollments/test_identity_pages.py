"""Whoever approves a request, or verifies later, says that they saw the card; the pages say so and show it."""

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from lms.accounts.models import User
from lms.audit.models import Event
from lms.enrollments.actions import ask_to_join, set_open
from lms.enrollments.models import TrainingClass
from lms.enrollments.views import people, places
from tests.integration.exams.builders import NOON, Ground, plan


@pytest.fixture(autouse=True)
def _in_march(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (places, people):
        monkeypatch.setattr(module, "now", lambda: NOON)


@pytest.fixture
def unverified(ground: Ground) -> User:
    User.objects.filter(pk=ground.alice.pk).update(identity_verified_at=None)
    return User.objects.get(pk=ground.alice.pk)


def browser(person: User, language: str = "en") -> Client:
    client = Client()
    client.cookies["django_language"] = language
    client.force_login(person)
    return client


def of(ground: Ground) -> str:
    return reverse("verify_participant", args=[ground.training_class.uuid, ground.enrollment.uuid])


def asked(ground: Ground, learner: User) -> TrainingClass:
    group = plan(ground.bob, ground.school, ground.version, [])
    set_open(by=ground.bob, at=NOON, training_class=group, is_open=True)
    ask_to_join(by=learner, at=NOON, uuid=uuid4(), training_class=group)
    return group


@pytest.mark.parametrize(
    ("language", "sentence", "button"),
    [
        ("en", "identity card, and compared the name and the identity number", "Card compared"),
        ("zh-hans", "我已查看本人身份证件，并将证件上的姓名和身份证号与下列信息逐一核对", "已核对证件"),
    ],
    ids=["English", "Chinese"],
)
def test_who_approves_a_request_reads_what_that_confirms(
    ground: Ground, unverified: User, language: str, sentence: str, button: str
) -> None:
    group = asked(ground, unverified)

    page = browser(ground.bob, language).get(reverse("join_requests", args=[group.uuid])).content.decode()

    assert sentence in page
    assert button in page
    assert ("Alice" in page, "000***********0013" in page) == (True, True)


def test_a_verified_person_is_shown_as_verified(ground: Ground) -> None:
    group = asked(ground, ground.alice)

    page = browser(ground.bob).get(reverse("join_requests", args=[group.uuid])).content.decode()

    assert "Identity verified" in page
    assert "Card compared" not in page


def test_the_card_is_compared_later_by_staff_who_says_so(ground: Ground, unverified: User) -> None:
    bob = browser(ground.bob)
    assert of(ground) in bob.get(reverse("class", args=[ground.training_class.uuid])).content.decode()

    silent = bob.post(of(ground), {})
    unverified.refresh_from_db()
    assert (silent.status_code, unverified.identity_verified_at) == (422, None)
    said = bob.post(of(ground), {"seen": "on"})

    unverified.refresh_from_db()
    assert (said.status_code, unverified.identity_verified_at) == (302, NOON)
    event = Event.objects.get(verb="person.identity_verified")
    assert (event.by, event.detail) == (ground.bob, {"compared": ["real_name", "identity_number"]})
    assert of(ground) not in bob.get(reverse("class", args=[ground.training_class.uuid])).content.decode()


def test_without_a_number_there_is_nothing_to_compare(ground: Ground, unverified: User) -> None:
    User.objects.filter(pk=unverified.pk).update(identity_mac=None, identity_cipher=None)
    bob = browser(ground.bob)

    assert 'name="seen"' not in bob.get(of(ground)).content.decode()
    assert bob.post(of(ground), {"seen": "on"}).status_code == 422


def test_the_authority_sees_it_and_verifies_nobody(ground: Ground, unverified: User) -> None:
    vera = browser(ground.vera)

    page = vera.get(reverse("class", args=[ground.training_class.uuid])).content.decode()
    report = vera.get(reverse("class_report", args=[ground.training_class.uuid])).content.decode()

    assert "Identity not verified" in page
    assert "Identity not verified" in report
    assert of(ground) not in page
    assert vera.post(of(ground), {"seen": "on"}).status_code == 404


def test_a_learner_reads_on_their_own_page_what_is_missing(ground: Ground, unverified: User) -> None:
    before = browser(unverified).get("/me/").content.decode()
    User.objects.filter(pk=unverified.pk).update(identity_verified_at=NOON)
    after = browser(unverified).get("/me/").content.decode()

    assert "Show your identity card at your training institution" in before
    assert "Identity verified" in after
    assert "Show your identity card" not in after
