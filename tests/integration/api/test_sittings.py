import json
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from lms.accounts.models import User
from lms.exams.actions import registering
from lms.exams.models import Decision, Registration, Sitting
from tests.sittings import booked_seat
from tests.world import NOON, World

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

    from tests.integration.api.conftest import Clock

KEY = "22222222-0000-4000-8000-000000000001"


def register(client: Client, sitting: Sitting, body: Any = None) -> Any:
    content = b"" if body is None else json.dumps(body).encode()
    address = f"/api/v1/sittings/{sitting.uuid}/registrations"
    return client.generic("POST", address, content, content_type="application/json")


def test_sittings_to_come_are_listed(sitting: Sitting, alice: Client) -> None:
    assert alice.get("/api/v1/sittings").json() == {
        "sittings": [
            {
                "uuid": str(sitting.uuid),
                "title": "Low voltage, theory",
                "syllabus": {"code": "test", "name": "Low voltage"},
                "site": {"uuid": str(sitting.site.uuid), "name": "Room one", "address": "学府路 1 号"},
                "room": {"uuid": str(sitting.room.uuid), "name": "Hall one"},
                "starts_at": "2026-03-04T04:00:00Z",
                "minutes": 120,
                "opens_at": "2026-03-01T04:00:00Z",
                "closes_at": "2026-03-03T04:00:00Z",
                "capacity": 1,
                "left": 1,
                "waiting": 0,
                "state": "open",
                "registration": None,
                "place": None,
            }
        ]
    }


def test_eligibility_names_everything_that_is_missing(world: World, sitting: Sitting, alice: Client) -> None:
    found = alice.get(f"/api/v1/sittings/{sitting.uuid}/eligibility").json()

    assert sorted(found) == ["as_of", "eligible", "rule_version", "unmet"]
    assert (found["eligible"], found["rule_version"], found["as_of"]) == (
        False,
        "eligibility-3",
        "2026-03-02T04:00:00Z",
    )
    assert [each["code"] for each in found["unmet"]] == ["identity_missing", "hours_missing", "hours_missing"]
    assert found["unmet"][1] == {
        "code": "hours_missing",
        "text": "Theory: online class hours missing: 1.",
        "required": 1,
        "actual": 0,
        "missing": 1,
        "module": "Theory",
        "module_uuid": str(world.theory.uuid),
        "kind": "online",
        "next": {"text": "Go on studying", "url": "/my/hours/"},
    }


def test_whoever_has_everything_is_eligible(qualified: World, sitting: Sitting, alice: Client) -> None:
    found = alice.get(f"/api/v1/sittings/{sitting.uuid}/eligibility").json()

    assert (found["eligible"], found["unmet"]) == (True, [])
    assert Decision.objects.count() == 0


def test_registering_books_a_seat(qualified: World, sitting: Sitting, alice: Client) -> None:
    response = register(alice, sitting, {"uuid": KEY})

    assert response.status_code == 201
    assert response.json() == {
        "uuid": KEY,
        "sitting": str(sitting.uuid),
        "title": "Low voltage, theory",
        "starts_at": "2026-03-04T04:00:00Z",
        "room": {"uuid": str(sitting.room.uuid), "name": "Hall one"},
        "seat": 1,
        "state": "booked",
        "booked_at": "2026-03-02T04:00:00Z",
        "cancelled_at": None,
        "withdrawn_at": None,
        "instead_of": None,
    }
    assert alice.get("/api/v1/me/registrations").json() == {"registrations": [response.json()]}
    assert alice.get("/api/v1/sittings").json()["sittings"][0]["registration"] == KEY


@pytest.mark.parametrize("body", [None, {}, {"uuid": None}])
def test_registering_needs_no_body(qualified: World, sitting: Sitting, alice: Client, body: Any) -> None:
    assert register(alice, sitting, body).status_code == 201


def test_the_same_uuid_books_once(qualified: World, sitting: Sitting, alice: Client) -> None:
    first, again = register(alice, sitting, {"uuid": KEY}), register(alice, sitting, {"uuid": KEY})

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert Registration.objects.count() == 1


def test_a_refusal_lists_what_eligibility_lists_and_is_kept(sitting: Sitting, alice: Client) -> None:
    unmet = alice.get(f"/api/v1/sittings/{sitting.uuid}/eligibility").json()["unmet"]

    response = register(alice, sitting)

    assert (response.status_code, response["Content-Type"]) == (409, "application/problem+json")
    assert (response.json()["code"], response.json()["unmet"]) == ("not_eligible", unmet)
    assert (response.json()["rule_version"], response.json()["as_of"]) == ("eligibility-3", "2026-03-02T04:00:00Z")
    assert Decision.objects.get().eligible is False


def test_a_second_registration_is_refused_by_the_same_list(qualified: World, sitting: Sitting, alice: Client) -> None:
    register(alice, sitting)

    response = register(alice, sitting)

    assert (response.status_code, response.json()["code"]) == (409, "not_eligible")
    assert [each["code"] for each in response.json()["unmet"]] == ["already_registered"]


@pytest.mark.parametrize(
    ("days", "code"), [(-2, "registration_not_open"), (1, "registration_closed"), (30, "registration_closed")]
)
def test_outside_its_period_it_is_refused_by_the_same_list(
    qualified: World, sitting: Sitting, alice: Client, clock: "Clock", days: int, code: str
) -> None:
    clock(NOON + timedelta(days=days))

    assert [each["code"] for each in register(alice, sitting).json()["unmet"]] == [code]


def test_a_full_sitting_is_refused_by_the_same_list(qualified: World, sitting: Sitting, alice: Client) -> None:
    booked_seat(qualified.charlie, sitting, qualified.training_class)

    response = register(alice, sitting)

    assert (response.status_code, [each["code"] for each in response.json()["unmet"]]) == (409, ["full"])


def test_a_stranger_cannot_register_by_anothers_uuid(
    qualified: World, sitting: Sitting, alice: Client, charlie: Client
) -> None:
    register(alice, sitting, {"uuid": KEY})

    response = register(charlie, sitting, {"uuid": KEY})

    assert (response.status_code, response.json()["code"]) == (409, "uuid_taken")
    assert "seat" not in response.json()


@pytest.mark.parametrize(
    ("body", "field"),
    [({"uuid": "x"}, "uuid"), ({"uuid": 7}, "uuid"), ({"seat": 1}, "seat"), ([], "body"), ("x", "body"), (5, "body")],
)
def test_a_malformed_body_is_refused_by_name(sitting: Sitting, alice: Client, body: Any, field: str) -> None:
    response = register(alice, sitting, body)

    assert (response.status_code, response.json()["code"]) == (422, "invalid")
    assert [each["field"] for each in response.json()["errors"]] == [field]


def test_a_sitting_that_does_not_exist(alice: Client) -> None:
    assert alice.get(f"/api/v1/sittings/{KEY}/eligibility").status_code == 404
    assert register(alice, Sitting(uuid=KEY)).json()["code"] == "not_found"


def test_cancelling_frees_the_seat_and_may_be_repeated(qualified: World, sitting: Sitting, alice: Client) -> None:
    register(alice, sitting, {"uuid": KEY})

    first, again = alice.delete(f"/api/v1/registrations/{KEY}"), alice.delete(f"/api/v1/registrations/{KEY}")

    assert (first.status_code, first.content, again.status_code) == (204, b"", 204)
    assert alice.get("/api/v1/me/registrations").json() == {"registrations": []}
    assert alice.get("/api/v1/sittings").json()["sittings"][0]["left"] == 1


def test_somebody_elses_registration_does_not_exist(
    qualified: World, sitting: Sitting, alice: Client, charlie: Client
) -> None:
    register(alice, sitting, {"uuid": KEY})

    other, nobodys = (
        charlie.delete(f"/api/v1/registrations/{KEY}"),
        charlie.delete(f"/api/v1/registrations/{uuid.uuid4()}"),
    )

    assert (other.status_code, other.content) == (404, nobodys.content)
    assert Registration.objects.get().state == "booked"


def test_a_seat_is_kept_once_the_exam_has_begun(
    qualified: World, sitting: Sitting, alice: Client, clock: "Clock"
) -> None:
    register(alice, sitting, {"uuid": KEY})
    clock(sitting.starts_at)

    response = alice.delete(f"/api/v1/registrations/{KEY}")

    assert (response.status_code, response.json()["code"]) == (409, "exam_begun")


def test_a_gate_that_fails_decides_nothing(
    qualified: World, sitting: Sitting, alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registering, "eligibility", lambda *given: {}["gone"])

    response = register(alice, sitting)

    assert (response.status_code, response["Content-Type"]) == (503, "application/problem+json")
    assert (response.json()["code"], Registration.objects.count()) == ("gate_unavailable", 0)


def test_registering_with_a_cookie_asks_for_the_csrf_token(qualified: World, sitting: Sitting) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.get(pk=qualified.alice.pk))

    assert register(client, sitting).json()["code"] == "csrf_failed"
    assert client.delete(f"/api/v1/registrations/{KEY}").json()["code"] == "csrf_failed"
    assert Registration.objects.count() == 0


def test_the_number_of_queries_is_flat(
    qualified: World, sitting: Sitting, alice: Client, django_assert_num_queries: "DjangoAssertNumQueries"
) -> None:
    alice.get("/api/v1/me")

    with django_assert_num_queries(4):
        alice.get("/api/v1/sittings")
    with django_assert_num_queries(14):
        alice.get(f"/api/v1/sittings/{sitting.uuid}/eligibility")
    with django_assert_num_queries(28):
        assert register(alice, sitting, {"uuid": KEY}).status_code == 201
    with django_assert_num_queries(2):
        alice.get("/api/v1/me/registrations")
    with django_assert_num_queries(8):
        alice.delete(f"/api/v1/registrations/{KEY}")
