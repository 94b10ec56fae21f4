"""Refused time and appeals over the API: Alice appeals, Bob proposes, Vera decides; Charlie sees nothing."""

import json
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from lms.hours.actions.checks import answer_check
from lms.hours.models import Appeal, Entry, EntrySort, Refusal, StudyClock
from tests.integration.hours import classroom
from tests.integration.hours.judges import Court, decided, make_court, proposed, refused_gap, voided_minute
from tests.world import NOON, World

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

    from tests.integration.api.conftest import Clock

KEY = "44444444-0000-4000-8000-000000000001"
ADDRESS = "/api/v1/me/appeals"


@pytest.fixture
def court(db: None) -> Court:
    return make_court()


@pytest.fixture
def world(court: Court) -> World:
    return court.world


@pytest.fixture(autouse=True)
def _evening(alice: Client, clock: "Clock") -> None:
    clock(NOON + timedelta(hours=1))


def appeal(client: Client, **body: Any) -> Any:
    return client.post(ADDRESS, json.dumps({"uuid": KEY, "text": "没有信号", **body}), content_type="application/json")


def test_refusals_say_what_can_be_appealed_against(court: Court, alice: Client, charlie: Client) -> None:
    refusal = refused_gap(court)

    assert alice.get("/api/v1/me/refusals").json() == {
        "refusals": [
            {
                "id": refusal.pk,
                "code": "gap",
                "text": "No sign of the page for too long",
                "ms": 240_000,
                "from_at": "2026-03-02T04:01:00Z",
                "to_at": "2026-03-02T04:05:00Z",
                "enrollment": str(court.world.enrollment.uuid),
                "module": "Theory",
                "module_uuid": str(court.world.theory.uuid),
                "lesson": str(court.world.video.lesson.uuid),
                "title": "触电急救",
                "appealable": True,
                "appeal": None,
                "entry": None,
            }
        ],
        "next_before": None,
    }
    assert charlie.get("/api/v1/me/refusals").json() == {"refusals": [], "next_before": None}


def test_refusals_come_newest_first_a_page_at_a_time(court: Court, alice: Client) -> None:
    older = refused_gap(court)
    newer = Refusal.objects.get(pk=older.pk)
    newer.pk = None
    newer.save()

    first = alice.get("/api/v1/me/refusals?limit=1").json()
    second = alice.get(f"/api/v1/me/refusals?limit=1&before={first['next_before']}").json()

    assert ([each["id"] for each in first["refusals"]], first["next_before"]) == ([newer.pk], newer.pk)
    assert ([each["id"] for each in second["refusals"]], second["next_before"]) == ([older.pk], None)


def test_the_number_of_queries_does_not_grow_with_the_refusals(
    court: Court, alice: Client, django_assert_num_queries: "DjangoAssertNumQueries"
) -> None:
    refusal = refused_gap(court)
    appeal(alice, refusal=refusal.pk)
    for _copy in range(3):
        refusal.pk = None
        refusal.save()

    with django_assert_num_queries(4):  # the person, refusals, entries behind them, appeals
        assert len(alice.get("/api/v1/me/refusals").json()["refusals"]) == 4
    with django_assert_num_queries(2):
        assert len(alice.get(ADDRESS).json()["appeals"]) == 1


def test_the_same_appeal_sent_twice_is_one(court: Court, alice: Client) -> None:
    refusal = refused_gap(court)

    first, again = appeal(alice, refusal=refusal.pk), appeal(alice, refusal=refusal.pk)

    assert (first.status_code, again.status_code) == (201, 201)
    assert (
        first.json()
        == again.json()
        == {
            "uuid": KEY,
            "state": "open",
            "refusal": refusal.pk,
            "entry": None,
            "code": "gap",
            "ms": 240_000,
            "lesson": str(court.world.video.lesson.uuid),
            "title": "触电急救",
            "module": "Theory",
            "module_uuid": str(court.world.theory.uuid),
            "text": "没有信号",
            "appealed_at": "2026-03-02T05:00:00Z",
            "proposal": None,
            "returned_reason": "",
            "decision": None,
        }
    )
    assert Appeal.objects.count() == 1
    [listed] = alice.get("/api/v1/me/refusals").json()["refusals"]
    assert (listed["appealable"], listed["appeal"]) == (False, KEY)


def test_attended_hours_that_were_taken_back_can_be_appealed_against(world: World, alice: Client) -> None:
    classroom.attend(world, 0, 3600)
    classroom.decided(classroom.unproposed(world, 0, 1800))
    void = alice.get("/api/v1/me/entries").json()["entries"][-1]
    assert (void["sort"], void["confirmed_delta_ms"], void["appealable"]) == ("void", -1_800_000, True)

    made = appeal(alice, entry=void["uuid"])

    assert made.status_code == 201
    told = made.json()
    assert (told["code"], told["ms"], told["lesson"], told["title"]) == ("voided", 1_800_000, None, "Workshop")


def test_an_appeal_tells_how_far_it_is(court: Court, alice: Client) -> None:
    appeal(alice, refusal=refused_gap(court).pk)
    made = Appeal.objects.get()

    proposed(court, made)
    told = alice.get(f"{ADDRESS}/{KEY}").json()
    assert (told["state"], told["decision"]) == ("proposed", None)
    assert (told["proposal"]["verdict"], told["proposal"]["ms"], told["proposal"]["by"]) == ("accept", 240_000, "Bob")

    made.refresh_from_db()
    decided(court, made)
    told = alice.get(f"{ADDRESS}/{KEY}").json()
    assert (told["state"], told["decision"]["by"], told["decision"]["reason"]) == ("accepted", "Vera", "情况属实")
    assert told["decision"]["entry"] == Entry.objects.get(sort=EntrySort.CORRECTION).number
    assert [each["uuid"] for each in alice.get(ADDRESS).json()["appeals"]] == [KEY]


def test_time_taken_back_is_appealed_against_by_its_entry(court: Court, alice: Client) -> None:
    void = voided_minute(court)
    [listed] = [each for each in alice.get("/api/v1/me/refusals").json()["refusals"] if each["entry"]]
    assert (listed["entry"], listed["appealable"]) == (str(void.uuid), False)

    refused = appeal(alice, refusal=listed["id"])
    assert (refused.status_code, refused.json()["code"]) == (409, "voided")
    assert refused.json()["entry"] == str(void.uuid)
    assert appeal(alice, entry=str(void.uuid)).json()["code"] == "voided"

    entries = {each["number"]: each for each in alice.get("/api/v1/me/entries").json()["entries"]}
    assert (entries[void.number]["appealable"], entries[void.number]["appeal"]) == (False, KEY)
    [listed] = [each for each in alice.get("/api/v1/me/refusals").json()["refusals"] if each["entry"]]
    assert listed["appeal"] == KEY


def test_many_voided_sessions_are_told_apart(court: Court, alice: Client) -> None:
    first = voided_minute(court)
    court.video.session = uuid.uuid4()
    at = NOON + timedelta(minutes=30)
    court.video.open(1_800)
    StudyClock.objects.filter(learner=court.world.alice).update(check_in_ms=1_000)
    check = court.video.study("1800@100play 1830@130")[-1].check
    assert check is not None
    wrong = (check.right + 1) % len(check.options)
    answer_check(
        by=court.world.alice,
        at=at + timedelta(seconds=31),
        session=court.video.session,
        check=check.uuid,
        choice=wrong,
    )
    second = Entry.objects.filter(sort=EntrySort.VOID).latest("number")

    listed = alice.get("/api/v1/me/refusals").json()["refusals"]

    assert {each["entry"] for each in listed if each["entry"]} == {str(first.uuid), str(second.uuid)}


def test_a_second_appeal_against_the_same_thing_is_refused(court: Court, alice: Client) -> None:
    refusal = refused_gap(court)
    appeal(alice, refusal=refusal.pk)

    again = appeal(alice, refusal=refusal.pk, uuid=str(uuid.uuid4()))

    assert (again.status_code, again["Content-Type"]) == (409, "application/problem+json")
    assert again.json()["code"] == "already_appealed"


def test_a_uuid_of_another_appeal_is_refused(court: Court, alice: Client) -> None:
    refusal = refused_gap(court)
    appeal(alice, refusal=refusal.pk)
    refusal.pk = None
    refusal.save()

    taken = appeal(alice, refusal=refusal.pk)

    assert (taken.status_code, taken.json()["code"]) == (409, "uuid_taken")


def test_somebody_elses_refusal_and_appeal_are_not_found(court: Court, alice: Client, charlie: Client) -> None:
    refusal = refused_gap(court)

    assert appeal(charlie, refusal=refusal.pk).status_code == 404
    assert appeal(alice, entry=str(uuid.uuid4())).status_code == 404
    appeal(alice, refusal=refusal.pk)
    assert charlie.get(f"{ADDRESS}/{KEY}").status_code == 404
    assert charlie.get(ADDRESS).json() == {"appeals": []}
    assert Client().get(ADDRESS).status_code == 401
    assert Appeal.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "refusal"),
        ({"refusal": 1, "entry": KEY}, "refusal"),
        ({"refusal": True}, "refusal"),
        ({"refusal": "1"}, "refusal"),
        ({"refusal": 0}, "refusal"),
        ({"refusal": 2**63}, "refusal"),
        ({"refusal": 1, "text": ""}, "text"),
        ({"refusal": 1, "text": "\x00"}, "text"),
        ({"refusal": 1, "text": "长" * 501}, "text"),
        ({"refusal": 1, "uuid": "x"}, "uuid"),
        ({"refusal": 1, "learner": "x"}, "learner"),
    ],
)
def test_a_bent_appeal_names_its_field(court: Court, alice: Client, body: dict[str, Any], field: str) -> None:
    refused = appeal(alice, **body)

    assert (refused.status_code, refused["Content-Type"]) == (422, "application/problem+json")
    assert refused.json()["errors"][0]["field"].split(".")[0] == field
    assert not Appeal.objects.exists()


@pytest.mark.parametrize("written", ["{pk}.0", "{pk}e0"])
def test_a_whole_number_may_be_written_as_json_allows(court: Court, alice: Client, written: str) -> None:
    number = written.format(pk=refused_gap(court).pk)

    made = alice.post(
        ADDRESS, f'{{"uuid": "{KEY}", "text": "a", "refusal": {number}}}', content_type="application/json"
    )

    assert made.status_code == 201


@pytest.mark.parametrize("refusal", ["1", True, 1.5, [1]])
def test_what_is_no_whole_number_is_no_refusal(court: Court, alice: Client, refusal: Any) -> None:
    assert appeal(alice, refusal=refusal).json()["errors"] == [
        {"field": "refusal", "message": "This is not a whole number."}
    ]


def test_a_text_of_spaces_says_nothing(court: Court, alice: Client) -> None:
    refused = appeal(alice, refusal=refused_gap(court).pk, text="  ")

    assert (refused.status_code, refused.json()["errors"]) == (422, [{"field": "text", "message": "Please say why."}])
