"""What is promised to other programs: these addresses, methods, statuses and names. Only ever added to."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock
from uuid import UUID

import pytest
from django.test import Client

from lms.api.study_shapes import Check, Checked, Superseded
from lms.api.urls import api
from lms.hours.actions.settling import Verdict
from lms.hours.forms import answers
from lms.hours.models import PresenceCheck
from tests.world import NOON

SOME = UUID(int=9)
BASE = Path(__file__).resolve().parents[3]

PROMISED = {
    "/api/v1/me": {"get"},
    "/api/v1/me/enrollments": {"get"},
    "/api/v1/me/hours": {"get"},
    "/api/v1/me/entries": {"get"},
    "/api/v1/me/refusals": {"get"},
    "/api/v1/me/appeals": {"get", "post"},
    "/api/v1/me/appeals/{appeal}": {"get"},
    "/api/v1/me/registrations": {"get"},
    "/api/v1/me/waiting": {"get"},
    "/api/v1/lessons/{lesson}": {"get"},
    "/api/v1/lessons/{lesson}/coverage": {"get"},
    "/api/v1/sittings": {"get"},
    "/api/v1/sittings/{sitting}/eligibility": {"get"},
    "/api/v1/sittings/{sitting}/registrations": {"post"},
    "/api/v1/sittings/{sitting}/waiting": {"post"},
    "/api/v1/registrations/{registration}": {"delete"},
    "/api/v1/registrations/{registration}/change": {"post"},
    "/api/v1/registrations/{registration}/ticket": {"get"},
    "/api/v1/waiting/{place}": {"delete"},
    "/api/v1/study/messages": {"post"},
    "/api/v1/exchange/hours": {"get"},
    "/api/v1/exchange/eligibility": {"get"},
    "/api/v1/exchange/attestations": {"get"},
}


@pytest.fixture
def openapi(db: None) -> Any:
    response = Client().get("/api/v1/openapi.json")
    assert response["Content-Type"].startswith("application/json")
    return response.json()


def test_it_describes_what_is_promised_and_nothing_else(openapi: Any) -> None:
    assert {path: set(methods) for path, methods in openapi["paths"].items()} == PROMISED


def test_the_manual_names_every_address() -> None:
    manual = (BASE / "docs" / "api.md").read_text(encoding="utf-8")

    missing = [path for path in PROMISED if f"`{path.removeprefix('/api/v1')}`" not in manual]
    assert missing == []


def test_every_endpoint_declares_its_problems(openapi: Any) -> None:
    for methods in openapi["paths"].values():
        for operation in methods.values():
            assert {"400", "401", "403", "405", "413", "422", "429", "500"} <= set(operation["responses"])
            for status, response in operation["responses"].items():
                is_problem = "application/problem+json" in response.get("content", {})
                assert is_problem == (int(status) >= 400), (operation["operationId"], status)


def test_what_may_be_missing_or_refused_says_so(openapi: Any) -> None:
    register = openapi["paths"]["/api/v1/sittings/{sitting}/registrations"]["post"]["responses"]
    cancel = openapi["paths"]["/api/v1/registrations/{registration}"]["delete"]["responses"]

    assert {"201", "404", "409"} <= set(register) and "200" not in register
    assert register["409"]["content"]["application/problem+json"]["schema"] == {
        "$ref": "#/components/schemas/NotEligible"
    }
    assert {"204", "404", "409"} <= set(cancel)
    assert "404" in openapi["paths"]["/api/v1/lessons/{lesson}"]["get"]["responses"]
    assert "404" in openapi["paths"]["/api/v1/me/hours"]["get"]["responses"]


def test_what_needs_a_signature_says_that_there_may_be_none(openapi: Any) -> None:
    declaring = {
        path
        for path, methods in openapi["paths"].items()
        for operation in methods.values()
        if "503" in operation["responses"]
    }

    assert declaring == {
        "/api/v1/exchange/attestations",
        "/api/v1/registrations/{registration}/change",
        "/api/v1/registrations/{registration}/ticket",
        "/api/v1/sittings/{sitting}/registrations",
        "/api/v1/sittings/{sitting}/waiting",
    }


def test_headers_that_a_client_needs_are_described(openapi: Any) -> None:
    person = openapi["paths"]["/api/v1/me"]["get"]["responses"]
    program = openapi["paths"]["/api/v1/exchange/hours"]["get"]["responses"]

    assert [list(person[status].get("headers", {})) for status in ("401", "405", "429")] == [
        [],
        ["Allow"],
        ["Retry-After"],
    ]
    assert list(program["401"]["headers"]) == ["WWW-Authenticate"]


def test_a_parameter_of_an_address_may_be_left_out_and_is_never_null(openapi: Any) -> None:
    of_hours = openapi["paths"]["/api/v1/me/hours"]["get"]["parameters"]

    assert [(each["name"], each["required"], each["schema"]["type"]) for each in of_hours] == [
        ("enrollment", False, "string")
    ]
    for methods in openapi["paths"].values():
        for operation in methods.values():
            assert all("anyOf" not in each["schema"] for each in operation.get("parameters", []))


def test_every_link_leads_to_an_operation_with_that_parameter(openapi: Any) -> None:
    parameters = {
        operation["operationId"]: {each["name"] for each in operation.get("parameters", [])}
        for methods in openapi["paths"].values()
        for operation in methods.values()
    }
    links = [
        link
        for methods in openapi["paths"].values()
        for operation in methods.values()
        for response in operation["responses"].values()
        for link in response.get("links", {}).values()
    ]

    assert len(links) == 4
    for link in links:
        assert set(link["parameters"]) <= parameters[link["operationId"]]


@pytest.mark.parametrize(
    ("shape", "names"),
    [
        ("Hours", {"modules"}),
        (
            "ModuleHoursOut",
            {"module", "kind", "required_hours", "confirmed_ms", "provisional_ms", "refused"},
        ),
        ("RefusedOut", {"code", "ms"}),
        ("LessonOut", {"uuid", "kind", "title", "duration_ms", "playlist", "captions", "sections"}),
        ("SectionOut", {"title", "from_ms", "to_ms"}),
        ("Coverage", {"lesson", "duration_ms", "covered", "covered_ms", "credited_ms"}),
        ("EligibilityOut", {"eligible", "unmet", "rule_version", "as_of"}),
        ("UnmetOut", {"code", "text", "required", "actual"}),
        ("Problem", {"type", "title", "status", "code", "detail"}),
    ],
)
def test_a_promised_name_stays_required(openapi: Any, shape: str, names: set[str]) -> None:
    assert names <= set(openapi["components"]["schemas"][shape]["required"])


def test_both_ways_to_prove_who_asks_are_described(openapi: Any) -> None:
    schemes = openapi["components"]["securitySchemes"]

    assert (schemes["SessionToken"]["in"], schemes["SessionToken"]["name"]) == ("header", "X-Session-Token")
    assert (schemes["SessionCookie"]["in"], schemes["SessionCookie"]["name"]) == ("cookie", "sessionid")


def test_study_messages_are_described_one_by_one(openapi: Any) -> None:
    body = openapi["paths"]["/api/v1/study/messages"]["post"]["requestBody"]["content"]["application/json"]["schema"]

    assert body["maxItems"] == 50
    titles = [each["title"] for each in body["items"]["anyOf"]]
    assert titles == ["Open", "BeatMessage", "Answer", "Close", "NoMessage"]


def test_answers_to_study_messages_are_described_one_by_one(openapi: Any) -> None:
    answer = openapi["paths"]["/api/v1/study/messages"]["post"]["responses"]["200"]["content"]["application/json"]

    types = [each["properties"]["type"]["const"] for each in answer["schema"]["items"]["oneOf"]]
    assert types == ["opened", "ack", "check", "checked", "superseded", "error"]


def test_presence_checks_are_put_and_judged_as_described() -> None:
    words = {"zh": "几点", "en": "What time"}
    asked = PresenceCheck(uuid=SOME, prompt=words, options=[words, words], deadline_at=NOON + timedelta(minutes=1))

    put = answers.check(asked, "en", NOON)
    judged = answers.checked(Verdict(check=SOME, passed=True, confirmed_ms=60_000, voided_ms=0))

    for answer, shape in ((put, Check), (judged, Checked), (answers.superseded(), Superseded)):
        assert set(answer) == set(shape.model_fields)
        shape.model_validate_json(json.dumps(answer))


def test_the_description_is_drawn_once_for_each_language(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    Client().get("/api/v1/openapi.json", headers={"accept-language": "en"})
    monkeypatch.setattr(api, "get_openapi_schema", mock.Mock(side_effect=AssertionError("drawn anew")))

    assert Client().get("/api/v1/openapi.json", headers={"accept-language": "en"}).status_code == 200


def test_who_has_the_description_is_told_that_it_is_the_same(db: None) -> None:
    first = Client().get("/api/v1/openapi.json")
    again = Client().get("/api/v1/openapi.json", headers={"if-none-match": first["ETag"]})
    weak = Client().get("/api/v1/openapi.json", headers={"if-none-match": f"W/{first['ETag']}"})
    other = Client().get("/api/v1/openapi.json", headers={"if-none-match": '"another"'})

    assert [(each.status_code, len(each.content) > 0) for each in (again, weak, other)] == [
        (304, False),
        (304, False),
        (200, True),
    ]
    for each in (first, again):
        assert each["Cache-Control"] == "public, max-age=3600"
        assert {"Accept-Language", "Cookie"} <= set(each["Vary"].split(", "))


def test_a_description_cannot_be_posted(db: None) -> None:
    answer = Client().post("/api/v1/openapi.json")

    assert (answer.status_code, answer["Content-Type"]) == (405, "application/problem+json")
    assert answer["Cache-Control"] == "private, no-store"
