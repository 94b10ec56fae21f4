"""What is promised to other programs: these addresses, methods, statuses and names. Only ever added to."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

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
    "/api/v1/lessons/{lesson}": {"get"},
    "/api/v1/lessons/{lesson}/coverage": {"get"},
    "/api/v1/sittings": {"get"},
    "/api/v1/sittings/{sitting}/eligibility": {"get"},
    "/api/v1/sittings/{sitting}/registrations": {"post"},
    "/api/v1/registrations/{registration}": {"delete"},
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


@pytest.mark.parametrize(
    ("shape", "names"),
    [
        ("Hours", {"modules"}),
        (
            "ModuleHoursOut",
            {"module", "kind", "required_hours", "confirmed_ms", "provisional_ms", "refused"},
        ),
        ("RefusedOut", {"code", "ms"}),
        ("LessonOut", {"uuid", "kind", "title", "duration_ms", "playlist", "sections"}),
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
    assert [each["title"] for each in body["items"]["oneOf"]] == ["Open", "BeatMessage", "Answer", "Close"]
