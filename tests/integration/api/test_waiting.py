"""Waiting for a seat, changing one and its ticket, as an app asks for them."""

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from lms.exams.actions import registering, seat_waiting
from lms.exams.actions.holding import doubt_learner
from lms.exams.models import Registration, Sitting, WaitingPlace
from tests.sittings import booked_seat, published_sitting
from tests.world import NOON, World

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

    from tests.integration.api.conftest import Clock

KEY = "33333333-0000-4000-8000-000000000001"
ANOTHER = "33333333-0000-4000-8000-000000000002"


@pytest.fixture
def charlies(qualified: World, sitting: Sitting) -> Registration:
    """The only seat."""
    return booked_seat(qualified.charlie, sitting, qualified.training_class)


@pytest.fixture
def later(sitting: Sitting) -> Sitting:
    """Another sitting of the same syllabus, a day later."""
    day = timedelta(days=1)
    return published_sitting(
        sitting.site.institution,
        sitting.syllabus,
        starts_at=sitting.starts_at + day,
        opens_at=sitting.opens_at,
        closes_at=sitting.closes_at + day,
        capacity=1,
    )


def send(client: Client, address: str, body: Any = None) -> Any:
    content = b"" if body is None else json.dumps(body).encode()
    return client.generic("POST", f"/api/v1/{address}", content, content_type="application/json")


def wait(client: Client, sitting: Sitting, body: Any = None) -> Any:
    return send(client, f"sittings/{sitting.uuid}/waiting", body)


def register(client: Client, sitting: Sitting, uuid: str = KEY) -> Any:
    return send(client, f"sittings/{sitting.uuid}/registrations", {"uuid": uuid})


def change(client: Client, sitting: Sitting, **body: Any) -> Any:
    return send(client, f"registrations/{KEY}/change", {"sitting": str(sitting.uuid), **body})


def test_a_full_sitting_is_waited_for(charlies: Registration, sitting: Sitting, alice: Client) -> None:
    first, again = wait(alice, sitting, {"uuid": KEY}), wait(alice, sitting, {"uuid": KEY})

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == {
        "uuid": KEY,
        "sitting": str(sitting.uuid),
        "title": "Low voltage, theory",
        "starts_at": "2026-03-04T04:00:00Z",
        "state": "waiting",
        "ahead": 0,
        "joined_at": "2026-03-02T04:00:00Z",
        "ended_at": None,
    }
    assert again.json() == first.json()
    assert alice.get("/api/v1/me/waiting").json() == {"places": [first.json()]}
    (listed,) = alice.get("/api/v1/sittings").json()["sittings"]
    assert (listed["state"], listed["left"], listed["waiting"], listed["place"]) == ("waiting", 0, 1, KEY)


@pytest.mark.parametrize("body", [None, {}, {"uuid": None}])
def test_waiting_needs_no_body(charlies: Registration, sitting: Sitting, alice: Client, body: Any) -> None:
    assert wait(alice, sitting, body).status_code == 201


def test_a_free_seat_is_not_waited_for(qualified: World, sitting: Sitting, alice: Client) -> None:
    response = wait(alice, sitting)

    assert (response.status_code, response.json()["code"]) == (409, "seat_free")
    assert WaitingPlace.objects.count() == 0


def test_who_lacks_something_else_gets_the_list_of_eligibility(world: World, sitting: Sitting, alice: Client) -> None:
    unmet = alice.get(f"/api/v1/sittings/{sitting.uuid}/eligibility").json()["unmet"]

    response = wait(alice, sitting)

    assert (response.status_code, response.json()["code"], response.json()["unmet"]) == (409, "not_eligible", unmet)
    assert response.json()["rule_version"] == "eligibility-3"


def test_a_seat_that_comes_free_is_booked_by_itself(
    charlies: Registration, sitting: Sitting, alice: Client, charlie: Client
) -> None:
    wait(alice, sitting, {"uuid": KEY})
    charlie.delete(f"/api/v1/registrations/{charlies.uuid}")

    seat_waiting(clock=lambda: NOON)

    (seat,) = alice.get("/api/v1/me/registrations").json()["registrations"]
    assert (seat["sitting"], seat["seat"]) == (str(sitting.uuid), 1)
    assert alice.get("/api/v1/me/waiting").json() == {"places": []}
    ended = wait(alice, sitting, {"uuid": KEY}).json()
    assert (ended["state"], ended["ahead"], ended["ended_at"]) == ("seated", None, "2026-03-02T04:00:00Z")
    too_late = alice.delete(f"/api/v1/waiting/{KEY}")
    assert (too_late.status_code, too_late.json()["code"]) == (409, "seated")


def test_leaving_may_be_repeated_and_is_ones_own(
    charlies: Registration, sitting: Sitting, alice: Client, charlie: Client
) -> None:
    wait(alice, sitting, {"uuid": KEY})

    other, nobodys = charlie.delete(f"/api/v1/waiting/{KEY}"), charlie.delete(f"/api/v1/waiting/{ANOTHER}")
    assert (other.status_code, other.content) == (404, nobodys.content)
    assert WaitingPlace.objects.get().state == "waiting"

    answers = [alice.delete(f"/api/v1/waiting/{KEY}") for _ in range(2)]
    assert [(each.status_code, each.content) for each in answers] == [(204, b"")] * 2
    assert WaitingPlace.objects.get().state == "left"


def test_a_uuid_that_names_another_place_is_refused(
    qualified: World, charlies: Registration, sitting: Sitting, later: Sitting, alice: Client
) -> None:
    booked_seat(qualified.bob, later, qualified.training_class)
    wait(alice, sitting, {"uuid": KEY})

    response = wait(alice, later, {"uuid": KEY})

    assert (response.status_code, response.json()["code"]) == (409, "uuid_taken")


@pytest.mark.parametrize(
    ("body", "field"),
    [({"uuid": "x"}, "uuid"), ({"seat": 1}, "seat"), ([], "body"), ("x", "body")],
)
def test_a_malformed_place_is_refused_by_name(sitting: Sitting, alice: Client, body: Any, field: str) -> None:
    response = wait(alice, sitting, body)

    assert (response.status_code, [each["field"] for each in response.json()["errors"]]) == (422, [field])


def test_a_seat_is_changed(qualified: World, sitting: Sitting, later: Sitting, alice: Client) -> None:
    register(alice, sitting)

    first, again = change(alice, later, uuid=ANOTHER), change(alice, later, uuid=ANOTHER)

    assert (first.status_code, again.status_code) == (201, 201)
    assert (first.json()["sitting"], first.json()["instead_of"]) == (str(later.uuid), KEY)
    assert again.json() == first.json()
    assert alice.get("/api/v1/me/registrations").json() == {"registrations": [first.json()]}


def test_a_refused_change_lists_why_and_the_old_seat_stays(
    qualified: World, sitting: Sitting, later: Sitting, alice: Client
) -> None:
    register(alice, sitting)
    booked_seat(qualified.charlie, later, qualified.training_class)

    response = change(alice, later)

    assert (response.status_code, response.json()["code"]) == (409, "not_eligible")
    assert [each["code"] for each in response.json()["unmet"]] == ["full"]
    assert [each["uuid"] for each in alice.get("/api/v1/me/registrations").json()["registrations"]] == [KEY]


def test_what_cannot_be_changed_says_so(
    qualified: World, sitting: Sitting, later: Sitting, alice: Client, clock: "Clock"
) -> None:
    register(alice, sitting)

    same = change(alice, sitting)
    clock(sitting.starts_at)
    begun = change(alice, later)

    assert [(each.status_code, each.json()["code"]) for each in (same, begun)] == [(409, "not_changeable")] * 2
    assert Registration.objects.get().state == "booked"


def test_another_ones_seat_is_not_changed(
    qualified: World, sitting: Sitting, later: Sitting, alice: Client, charlie: Client
) -> None:
    register(alice, sitting)

    assert change(charlie, later).status_code == 404
    assert change(alice, Sitting(uuid=ANOTHER)).status_code == 404
    assert Registration.objects.get().state == "booked"


@pytest.mark.parametrize(("body", "field"), [({}, "sitting"), ({"sitting": "x"}, "sitting"), (None, "body")])
def test_a_change_names_the_sitting(qualified: World, sitting: Sitting, alice: Client, body: Any, field: str) -> None:
    response = send(alice, f"registrations/{KEY}/change", body)

    assert (response.status_code, [each["field"] for each in response.json()["errors"]]) == (422, [field])


def test_a_change_that_fails_decides_nothing(
    qualified: World, sitting: Sitting, later: Sitting, alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(alice, sitting)
    monkeypatch.setattr(registering, "eligibility", lambda *given: {}["gone"])

    response = change(alice, later)

    assert (response.status_code, response.json()["code"]) == (503, "gate_unavailable")
    assert Registration.objects.get().state == "booked"


def test_the_holder_alone_gets_the_ticket(qualified: World, sitting: Sitting, alice: Client, charlie: Client) -> None:
    register(alice, sitting)

    ticket = alice.get(f"/api/v1/registrations/{KEY}/ticket")

    assert (ticket.status_code, ticket["Content-Type"], ticket.content[:5]) == (200, "application/pdf", b"%PDF-")
    assert charlie.get(f"/api/v1/registrations/{KEY}/ticket").status_code == 404


def test_there_is_no_ticket_for_a_seat_in_doubt_or_given_back(
    qualified: World, sitting: Sitting, alice: Client
) -> None:
    register(alice, sitting)
    doubt_learner(at=NOON, learner_id=qualified.alice.pk)
    in_doubt = alice.get(f"/api/v1/registrations/{KEY}/ticket")
    alice.delete(f"/api/v1/registrations/{KEY}")
    given_back = alice.get(f"/api/v1/registrations/{KEY}/ticket")

    assert [(each.status_code, each.json()["code"]) for each in (in_doubt, given_back)] == [
        (409, "in_doubt"),
        (409, "not_booked"),
    ]


def test_the_number_of_queries_is_flat(
    qualified: World,
    charlies: Registration,
    sitting: Sitting,
    later: Sitting,
    alice: Client,
    django_assert_num_queries: "DjangoAssertNumQueries",
) -> None:
    booked_seat(qualified.bob, later, qualified.training_class)
    alice.get("/api/v1/me")
    wait(alice, sitting)
    with django_assert_num_queries(2):
        assert len(alice.get("/api/v1/me/waiting").json()["places"]) == 1
    wait(alice, later)

    with django_assert_num_queries(2):
        assert len(alice.get("/api/v1/me/waiting").json()["places"]) == 2
    with django_assert_num_queries(4):
        assert len(alice.get("/api/v1/sittings").json()["sittings"]) == 2
