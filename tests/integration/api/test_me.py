import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from lms.enrollments.models import Enrollment, EnrollmentState
from tests.world import NOON, World

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

    from tests.integration.api.conftest import Study


def test_me_tells_who_asks_and_never_the_number(world: World, alice: Client) -> None:
    response = alice.get("/api/v1/me")

    assert response.json() == {
        "uuid": str(world.alice.uuid),
        "real_name": "Alice",
        "email": "alice@example.test",
        "phone": None,
        "identity": None,
        "roles": ["learner"],
    }


def test_enrollments_hold_the_plan_of_the_class(world: World, alice: Client, study: "Study") -> None:
    study("0@0play 30@30")

    enrollments = alice.get("/api/v1/me/enrollments").json()["enrollments"]

    assert [each["uuid"] for each in enrollments] == [str(world.enrollment.uuid)]
    assert enrollments[0]["training_class"] == {
        "uuid": str(world.training_class.uuid),
        "title": "第一期",
        "state": "accepted",
        "starts_on": "2026-01-05",
        "ends_on": "2099-12-31",
    }
    assert enrollments[0]["institution"]["name"] == "Safety School"
    assert enrollments[0]["syllabus"] == {"code": "test", "name": "Low voltage", "version": 1}
    assert [
        (each["title"], each["kind"], each["module"], each["credited_ms"]) for each in enrollments[0]["lessons"]
    ] == [
        ("触电急救", "video", "Theory", 30_000),
        ("停电验电", "reading", "Theory", 0),
    ]


def test_hours_are_those_of_the_ledger_and_the_open_stretch(world: World, alice: Client, study: "Study") -> None:
    study("0@0play 30@30 60@300")

    assert alice.get("/api/v1/me/hours").json() == {
        "modules": [
            {
                "enrollment": str(world.enrollment.uuid),
                "module": "Theory",
                "module_uuid": str(world.theory.uuid),
                "kind": "online",
                "required_hours": 1,
                "minutes_per_hour": 30,
                "confirmed_ms": 0,
                "provisional_ms": 30_000,
                "refused": [{"code": "too_fast", "ms": 270_000}],
            },
            {
                "enrollment": str(world.enrollment.uuid),
                "module": "Practice",
                "module_uuid": str(world.practice.uuid),
                "kind": "workshop",
                "required_hours": 2,
                "minutes_per_hour": 45,
                "confirmed_ms": 0,
                "provisional_ms": 0,
                "refused": [],
            },
        ]
    }


def test_hours_of_one_enrollment_are_only_its_own(world: World, alice: Client) -> None:
    mine = alice.get(f"/api/v1/me/hours?enrollment={world.enrollment.uuid}&unknown=1")

    assert [each["module"] for each in mine.json()["modules"]] == ["Theory", "Practice"]


def test_somebody_elses_enrollment_does_not_exist(world: World, charlie: Client) -> None:
    other = charlie.get(f"/api/v1/me/hours?enrollment={world.enrollment.uuid}")
    nobodys = charlie.get(f"/api/v1/me/hours?enrollment={uuid.uuid4()}")

    assert (other.status_code, other.json()["code"]) == (404, "not_found")
    assert other.content == nobodys.content


def test_a_stranger_to_every_class_has_nothing(charlie: Client) -> None:
    assert charlie.get("/api/v1/me/hours").json() == {"modules": []}
    assert charlie.get("/api/v1/me/enrollments").json() == {"enrollments": []}
    assert charlie.get("/api/v1/me/entries").json() == {"entries": [], "next_after": None}
    assert charlie.get("/api/v1/me/registrations").json() == {"registrations": []}


def test_a_withdrawn_enrollment_is_no_longer_listed(world: World, alice: Client) -> None:
    Enrollment.objects.update(state=EnrollmentState.WITHDRAWN)

    assert alice.get("/api/v1/me/enrollments").json() == {"enrollments": []}
    assert alice.get(f"/api/v1/me/hours?enrollment={world.enrollment.uuid}").status_code == 404


def test_entries_come_oldest_first_and_page_by_number(world: World, alice: Client, study: "Study") -> None:
    study("0@0play 30@30", close_s=40)

    first = alice.get("/api/v1/me/entries?limit=1").json()
    second = alice.get(f"/api/v1/me/entries?limit=1&after={first['next_after']}").json()

    assert [(each["number"], each["sort"], each["ms"]) for each in first["entries"]] == [(1, "credit", 30_000)]
    assert [(each["number"], each["sort"], each["ms"]) for each in second["entries"]] == [(2, "confirm", 30_000)]
    assert (first["next_after"], second["next_after"]) == (1, None)
    assert first["entries"][0] | {"uuid": "", "posted_at": ""} == {
        "number": 1,
        "uuid": "",
        "sort": "credit",
        "enrollment": str(world.enrollment.uuid),
        "module": "Theory",
        "module_uuid": str(world.theory.uuid),
        "kind": "online",
        "lesson": str(world.video.lesson.uuid),
        "title": "触电急救",
        "from_at": "2026-03-02T04:00:00Z",
        "to_at": "2026-03-02T04:00:30Z",
        "media_from_ms": 0,
        "media_to_ms": 30_000,
        "ms": 30_000,
        "provisional_delta_ms": 30_000,
        "confirmed_delta_ms": 0,
        "provisional_after_ms": 30_000,
        "confirmed_after_ms": 0,
        "reason": "",
        "posted_at": "",
        "appealable": False,
        "appeal": None,
    }


@pytest.mark.parametrize(
    ("language", "name"), [("zh-CN", "理论"), ("en-GB,en;q=0.9", "Theory"), ("", "理论"), ("fr", "理论")]
)
def test_names_follow_the_language_of_the_request(world: World, alice: Client, language: str, name: str) -> None:
    response = alice.get("/api/v1/me/hours", headers={"Accept-Language": language})

    assert response.json()["modules"][0]["module"] == name


def test_the_language_cookie_wins(world: World, alice: Client) -> None:
    alice.cookies["django_language"] = "zh-hans"

    assert alice.get("/api/v1/me/hours").json()["modules"][0]["module"] == "理论"


@pytest.mark.parametrize(
    ("address", "queries"),
    [
        ("me", 2),
        ("me/enrollments", 10),
        ("me/hours", 10),
        ("me/entries", 2),
        ("me/registrations", 2),
    ],
)
def test_the_number_of_queries_is_flat(
    world: World,
    alice: Client,
    study: "Study",
    django_assert_num_queries: "DjangoAssertNumQueries",
    address: str,
    queries: int,
) -> None:
    for day in range(3):
        study("0@0play 30@30", at=NOON + timedelta(days=day), close_s=40)
    alice.get("/api/v1/me")  # the session is in the cache from here on

    with django_assert_num_queries(queries):
        assert alice.get(f"/api/v1/{address}").status_code == 200


def test_an_app_logs_in_and_asks_with_its_token(world: World) -> None:
    world.alice.set_password("xueshi-demo-2026")
    world.alice.save()
    app = Client(enforce_csrf_checks=True)
    login = app.post(
        "/_allauth/app/v1/auth/login",
        {"email": "alice@example.test", "password": "xueshi-demo-2026"},
        content_type="application/json",
    )

    token = login.json()["meta"]["session_token"]
    response = Client().get("/api/v1/me", headers={"X-Session-Token": token})

    assert response.json()["email"] == "alice@example.test"
