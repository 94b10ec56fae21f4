from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from lms.exams.models import Decision, Registration
from lms.exams.queries import eligibility, reasons
from lms.exams.rules.eligibility import Unmet
from lms.exams.texts import reason
from lms.exams.views import seats, sittings
from tests.integration.exams.builders import EXAM, NOON, Ground, finish, publish


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock(sittings.datetime):  # type: ignore[name-defined,misc]
        @classmethod
        def now(cls, tz: object = None) -> object:
            return NOON

    monkeypatch.setattr(sittings, "datetime", Clock)
    monkeypatch.setattr(seats, "datetime", Clock)


def address(ground: Ground) -> str:
    return f"/exams/{ground.sitting.uuid}/"


def test_a_visitor_is_asked_to_log_in(ground: Ground, client: Client) -> None:
    for path in ("/exams/", address(ground)):
        assert client.get(path).status_code == 302
    assert client.post(address(ground), {"registration": uuid4()}).status_code == 302
    assert client.post(f"/exams/registrations/{uuid4()}/cancel").status_code == 302


def test_the_page_lists_what_is_missing_and_the_refusal_lists_the_same(ground: Ground, client: Client) -> None:
    client.force_login(ground.alice)

    page = client.get(address(ground))
    refused = client.post(address(ground), {"registration": uuid4()})

    assert (page.status_code, refused.status_code) == (200, 409)
    assert page.context["eligibility"]["unmet"] == refused.context["eligibility"]["unmet"]
    assert page.content.decode().count('data-code="hours_missing"') == 2
    assert refused.content.decode().count('data-code="hours_missing"') == 2
    assert refused.context["refused"] is True
    assert Decision.objects.count() == 1


def test_the_reasons_carry_class_hours_and_what_to_do(ground: Ground) -> None:
    first, second = reasons(eligibility(ground.alice, ground.sitting, NOON).verdict.unmet)

    assert (first["required"], first["actual"], first["missing"], first["module_name"]) == (1, 0, 1, "理论")
    assert (second["kind"], second["required"], second["actual"]) == ("workshop", 2, 0)
    assert first["next"] is not None
    assert first["next"]["url"] == "/my/hours/"


def test_the_form_that_the_page_gives_books_once_however_often_it_is_sent(ground: Ground, client: Client) -> None:
    finish(ground)
    client.force_login(ground.alice)
    uuid: UUID = client.get(address(ground)).context["form"].initial["registration"]

    answers = [client.post(address(ground), {"registration": uuid}) for _ in range(3)]

    assert [each.status_code for each in answers] == [302, 302, 302]
    assert Registration.objects.get().uuid == uuid
    assert client.get(address(ground)).context["registration"]["number"] == 1
    listed = client.get("/exams/").context
    assert ([each["number"] for each in listed["seats"]], listed["sittings"]) == ([1], [])


@pytest.mark.parametrize(
    "posted", [{}, {"registration": ""}, {"registration": "no-uuid"}, {"registration": "1" * 5000}]
)
def test_a_form_without_a_good_uuid_books_nothing(ground: Ground, client: Client, posted: dict[str, str]) -> None:
    finish(ground)
    client.force_login(ground.alice)

    assert client.post(address(ground), posted).status_code == 400
    assert (Registration.objects.count(), Decision.objects.count()) == (0, 0)


def test_a_learner_cancels_and_a_stranger_finds_nothing(ground: Ground, client: Client) -> None:
    finish(ground)
    client.force_login(ground.alice)
    client.post(address(ground), {"registration": uuid4()})
    cancel = client.get(address(ground)).context["registration"]["cancel_url"]

    client.force_login(ground.charlie)
    assert client.post(cancel).status_code == 404
    client.force_login(ground.alice)
    assert client.get(cancel).status_code == 405
    assert client.post(cancel).status_code == 302
    assert Registration.objects.get().state == "cancelled"
    assert client.get(f"/exams/{uuid4()}/").status_code == 404


def test_the_pages_cost_the_same_however_many_sittings_there_are(ground: Ground, client: Client) -> None:
    client.force_login(ground.alice)
    pages = ["/exams/", address(ground)]
    client.get(pages[0])
    before = [queries_of(client, page) for page in pages]
    for day in range(1, 11):
        starts_at = EXAM + timedelta(days=day)
        publish(ground.edda, ground.vera, ground.sitting.room, ground.version, capacity=5, starts_at=starts_at)

    assert [queries_of(client, page) for page in pages] == before
    assert len(client.get("/exams/").context["sittings"]) == 11


def queries_of(client: Client, page: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(page).status_code == 200
    # Whether the session comes from the cache is not this page's cost.
    return sum("django_session" not in each["sql"] for each in captured.captured_queries)


CODES = [
    "no_enrollment",
    "class_not_accepted",
    "class_reported_late",
    "institution_suspended",
    "person_suspended",
    "identity_missing",
    "hours_missing",
    "registration_not_open",
    "registration_closed",
    "full",
    "already_registered",
    "registered_elsewhere",
    "another_exam_then",
    "sitting_not_published",
    "sitting_cancelled",
    "trained_by_examiner",
    "unknown",
]


@pytest.mark.parametrize("code", CODES)
def test_every_reason_has_words_of_its_own(code: str) -> None:
    texts = {each: reason(Unmet(each), "")["text"] for each in CODES}

    assert texts[code]
    assert list(texts.values()).count(texts[code]) == 1
