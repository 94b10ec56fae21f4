import io
import uuid

import pytest
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse
from django.test import Client

from lms.api.middleware import ApiMiddleware
from tests.world import World

PROBLEM = "application/problem+json"
SOME = "11111111-0000-4000-8000-000000000009"

ADDRESSES = [
    ("get", "/api/v1/me"),
    ("get", "/api/v1/me/enrollments"),
    ("get", "/api/v1/me/hours"),
    ("get", "/api/v1/me/entries"),
    ("get", f"/api/v1/lessons/{SOME}"),
    ("get", f"/api/v1/lessons/{SOME}/coverage"),
    ("get", "/api/v1/sittings"),
    ("get", f"/api/v1/sittings/{SOME}/eligibility"),
    ("post", f"/api/v1/sittings/{SOME}/registrations"),
    ("delete", f"/api/v1/registrations/{SOME}"),
    ("get", "/api/v1/me/registrations"),
    ("post", "/api/v1/study/messages"),
]


@pytest.mark.parametrize(("method", "address"), ADDRESSES)
def test_a_stranger_is_told_to_log_in(db: None, method: str, address: str) -> None:
    response = getattr(Client(headers={"Accept-Language": "en"}), method)(address)

    assert response.status_code == 401
    assert response["Content-Type"] == PROBLEM
    assert response.json() == {
        "type": "about:blank",
        "title": "Not logged in",
        "status": 401,
        "code": "unauthenticated",
        "detail": "Log in and send the session's cookie or the header X-Session-Token.",
    }


@pytest.mark.parametrize("token", ["", "none", "\x00", "x" * 5000])
def test_a_wrong_token_is_nobodys_also_beside_a_cookie(world: World, alice: Client, token: str) -> None:
    response = alice.get("/api/v1/me", headers={"X-Session-Token": token})

    assert response.status_code == (401 if token else 200)


def test_a_suspended_person_is_a_stranger(world: World, alice: Client) -> None:
    world.alice.is_active = False
    world.alice.save()

    assert alice.get("/api/v1/me").status_code == 401


@pytest.mark.parametrize(
    "address", ["/api/", "/api/v1/", "/api/v1/nothing", "/api/v2/me", "/api/v1/me/", "/api/nothing"]
)
def test_an_address_that_does_not_exist_answers_with_a_problem(db: None, address: str) -> None:
    response = Client().get(address)

    assert (response.status_code, response["Content-Type"]) == (404, PROBLEM)
    assert (response.json()["code"], response.json()["status"]) == ("not_found", 404)
    assert int(response["Content-Length"]) == len(response.content)


@pytest.mark.parametrize(
    ("method", "address", "allowed"),
    [
        ("post", "/api/v1/me", "GET"),
        ("delete", "/api/v1/me/hours", "GET"),
        ("get", "/api/v1/study/messages", "POST"),
        ("put", "/api/v1/study/messages", "POST"),
    ],
)
def test_a_wrong_method_answers_with_the_right_ones(alice: Client, method: str, address: str, allowed: str) -> None:
    response = getattr(alice, method)(address)

    assert (response.status_code, response["Content-Type"], response["Allow"]) == (405, PROBLEM, allowed)
    assert response.json()["code"] == "method_not_allowed"


@pytest.mark.parametrize(
    ("address", "field", "message"),
    [
        ("/api/v1/lessons/not-a-uuid", "lesson", "This is not a UUID."),
        ("/api/v1/lessons/1/coverage", "lesson", "This is not a UUID."),
        ("/api/v1/sittings/1/eligibility", "sitting", "This is not a UUID."),
        ("/api/v1/me/hours?enrollment=7", "enrollment", "This is not a UUID."),
        ("/api/v1/me/entries?after=x", "after", "This is not a whole number."),
        ("/api/v1/me/entries?after=-1", "after", "Input should be greater than or equal to 0"),
        (
            "/api/v1/me/entries?after=9223372036854775808",
            "after",
            "Input should be less than or equal to 9223372036854775807",
        ),
        ("/api/v1/me/entries?limit=0", "limit", "Input should be greater than or equal to 1"),
        ("/api/v1/me/entries?limit=201", "limit", "Input should be less than or equal to 200"),
    ],
)
def test_a_bad_value_is_named(alice: Client, address: str, field: str, message: str) -> None:
    response = alice.get(address)

    assert (response.status_code, response["Content-Type"]) == (422, PROBLEM)
    assert response.json()["code"] == "invalid"
    assert response.json()["errors"] == [{"field": field, "message": message}]


@pytest.mark.parametrize("body", [b"{", b"[NaN]", b"\xff\xfe", b"[" * 5000, b'["\\ud800"]'])
def test_a_body_that_is_no_json_is_refused(alice: Client, body: bytes) -> None:
    response = alice.post("/api/v1/study/messages", body, content_type="application/json")

    assert (response.status_code, response["Content-Type"]) == (400, PROBLEM)
    assert response.json()["code"] == "bad_json"


@pytest.mark.parametrize("address", ["/api/v1/study/messages", "/api/v1/nothing"])
def test_a_body_over_64_kib_is_refused(alice: Client, address: str) -> None:
    exact = alice.post(address, b" " * 65_536, content_type="application/json")
    larger = alice.post(address, b" " * 65_537, content_type="application/json")

    assert exact.status_code != 413
    assert (larger.status_code, larger["Content-Type"], larger.json()["code"]) == (413, PROBLEM, "too_large")


def test_a_large_body_that_announces_no_length_is_refused() -> None:
    scope = {"type": "http", "method": "POST", "path": "/api/v1/study/messages", "headers": [], "query_string": b""}
    request = ASGIRequest(scope, io.BytesIO(b" " * 65_537))

    response = ApiMiddleware(lambda request: HttpResponse()).process_request(request)

    assert response is not None and response.status_code == 413


def test_writing_with_a_cookie_asks_for_the_csrf_token(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.alice)
    bare = client.post("/api/v1/study/messages", [], content_type="application/json")
    client.cookies["csrftoken"] = "a" * 32
    with_token = client.post(
        "/api/v1/study/messages", [], content_type="application/json", headers={"X-CSRFToken": "a" * 32}
    )

    assert (bare.status_code, bare.json()["code"]) == (403, "csrf_failed")
    assert with_token.status_code == 200


def test_writing_with_a_token_does_not(world: World) -> None:
    browser = Client()
    browser.force_login(world.alice)
    app = Client(enforce_csrf_checks=True, headers={"X-Session-Token": browser.session.session_key})

    assert app.post("/api/v1/study/messages", [], content_type="application/json").status_code == 200


def test_a_crash_is_a_problem_and_tells_nothing(alice: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(person: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr("lms.api.views.me.profile_of", crash)
    alice.raise_request_exception = False

    response = alice.get("/api/v1/me")

    assert (response.status_code, response["Content-Type"]) == (500, PROBLEM)
    assert response.json()["code"] == "internal"
    assert b"secret" not in response.content


def test_too_many_requests_are_told_to_wait(alice: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lms.api.rates.REQUESTS_PER_MINUTE", 2)
    monkeypatch.setattr("lms.api.rates.time.time", lambda: 1_000_000_030.0)

    answers = [alice.get("/api/v1/me") for _ in range(3)]

    assert [each.status_code for each in answers] == [200, 200, 429]
    assert (answers[2].json()["code"], answers[2]["Retry-After"]) == ("rate_limited", "50")
    assert answers[2]["Content-Type"] == PROBLEM


def test_nothing_about_a_person_is_kept_by_caches(alice: Client) -> None:
    assert alice.get("/api/v1/me")["Cache-Control"] == "private, no-store"


def test_errors_of_pages_stay_pages(alice: Client) -> None:
    assert alice.get(f"/study/{uuid.uuid4()}/")["Content-Type"].startswith("text/html")
