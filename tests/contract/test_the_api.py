"""The API does what its description says, whoever asks: schemathesis asks every operation, and finds nothing.

CONTRACT_EXAMPLES=200 asks longer, CONTRACT_SEED=7 asks other things.
"""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.contract.asking import EXAMPLES, ask
from tests.contract.world import Shown
from tests.integration.exchange.builders import Reader
from tests.serving import login_of

# A session is looked for in Redis under whatever the cookie says, and Redis takes any key.
pytestmark = pytest.mark.filterwarnings("ignore::django.core.cache.CacheKeyWarning")


@pytest.fixture
def description(address: str, shown: Shown) -> dict[str, Any]:
    """As it is published, with examples of what is there."""
    told: dict[str, Any] = httpx.get(f"{address}/api/v1/openapi.json", headers={"Accept-Language": "en"}).json()
    for name, operation in operations(told).items():
        examples = shown.examples | shown.own.get(name, {})
        for parameter in operation.get("parameters", []):
            if parameter["name"] in examples:
                parameter["example"] = examples[parameter["name"]]
        if name in shown.bodies:
            operation["requestBody"]["content"]["application/json"]["example"] = shown.bodies[name]
    return told


def operations(description: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path}": operation
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    }


def of_programs(description: dict[str, Any]) -> set[str]:
    return {name for name in operations(description) if "/exchange/" in name}


def reached(answers: set[tuple[str, int]]) -> set[str]:
    """Operations that did what they are for."""
    return {name for name, status in answers if 200 <= status < 300}


def test_it_keeps_its_word_to_a_learner(
    tmp_path: Path, address: str, shown: Shown, description: dict[str, Any]
) -> None:
    headers = {"X-Session-Token": login_of(shown.court.world.alice).partition("=")[2]}

    asked = ask(tmp_path, address, description, headers, EXAMPLES)

    assert asked.findings == set(), asked.text
    assert {name for name, _status in asked.answers} == set(operations(description))
    assert reached(asked.answers) == set(operations(description)) - of_programs(description)


def test_it_keeps_its_word_to_an_exam_system(
    tmp_path: Path, address: str, shown: Shown, description: dict[str, Any]
) -> None:
    headers = {"Authorization": f"Bearer {Reader(shown.client).token}"}

    asked = ask(tmp_path, address, description, headers, EXAMPLES)

    assert asked.findings == set(), asked.text
    assert {name for name, _status in asked.answers} == set(operations(description))
    assert reached(asked.answers) == of_programs(description)


def test_it_keeps_its_word_about_what_changed_since(
    tmp_path: Path, address: str, shown: Shown, description: dict[str, Any]
) -> None:
    """Beside the parameters of the other ways to ask, `since` is refused nearly always."""
    name = "GET /api/v1/exchange/eligibility"
    operation = operations(description)[name]
    told = {each["name"]: each for each in operation["parameters"]}
    told["since"]["required"] = True
    told["since"]["examples"] = {which: {"value": cursor} for which, cursor in shown.cursors.items()}
    operation["parameters"] = [told["since"], told["limit"]]
    description["paths"] = {"/api/v1/exchange/eligibility": {"get": operation}}
    headers = {"Authorization": f"Bearer {Reader(shown.client).token}"}

    asked = ask(tmp_path, address, description, headers, 2)

    assert asked.findings == set(), asked.text
    assert {(name, 200), (name, 410)} <= asked.answers


def test_it_keeps_its_word_to_nobody(tmp_path: Path, address: str, description: dict[str, Any]) -> None:
    asked = ask(tmp_path, address, description, {}, 2)

    assert asked.findings == set(), asked.text
    assert {name for name, _status in asked.answers} == set(operations(description))
    assert reached(asked.answers) == set()


Lie = Callable[[dict[str, Any]], None]


def _another_type(operation: dict[str, Any]) -> None:
    schema = {"type": "object", "required": ["enrollments"], "properties": {"enrollments": {"type": "string"}}}
    operation["responses"]["200"]["content"]["application/json"]["schema"] = schema


def _more_than_is_taken(operation: dict[str, Any]) -> None:
    next(each for each in operation["parameters"] if each["name"] == "limit")["schema"]["maximum"] = 100_000


def _less_than_is_taken(operation: dict[str, Any]) -> None:
    next(each for each in operation["parameters"] if each["name"] == "limit")["schema"]["maximum"] = 2


def _another_header(operation: dict[str, Any]) -> None:
    operation["responses"]["200"]["headers"] = {"ETag": {"required": True, "schema": {"type": "string"}}}


LIES: dict[str, tuple[str, Lie]] = {
    "GET /api/v1/me/enrollments": ("response_schema_conformance", _another_type),
    "GET /api/v1/lessons/{lesson}": ("status_code_conformance", lambda told: told["responses"].pop("422")),
    "GET /api/v1/me/registrations": (
        "content_type_conformance",
        lambda told: told["responses"]["200"].update(content={"text/csv": {"schema": {"type": "string"}}}),
    ),
    "GET /api/v1/sittings": ("response_headers_conformance", _another_header),
    "GET /api/v1/me/refusals": ("positive_data_acceptance", _more_than_is_taken),
    "GET /api/v1/me/entries": ("negative_data_rejection", _less_than_is_taken),
}
"""An operation, what is told wrongly of it, and the check that has to find it."""


def test_it_finds_what_is_told_wrongly(
    tmp_path: Path, address: str, shown: Shown, description: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The positive control: lies in the description, an address that forgets to ask who it is, and a crash."""
    monkeypatch.setattr("lms.api.views.me.profile_of", lambda person: 1 / 0)
    lying = deepcopy(description)
    for name, (_check, lie) in LIES.items():
        lie(operations(lying)[name])
    kept = {"/api/v1/me", *(name.partition(" ")[2] for name in LIES)}
    lying["paths"] = {path: methods for path, methods in lying["paths"].items() if path in kept}
    unguarded = {"security": [{"SessionToken": []}], "responses": {"200": {"description": "for everybody"}}}
    lying["paths"]["/api/v1/openapi.json"] = {"get": unguarded}
    headers = {"X-Session-Token": login_of(shown.court.world.alice).partition("=")[2]}

    asked = ask(tmp_path, address, lying, headers, 2)

    expected = {(name, check) for name, (check, _lie) in LIES.items()}
    expected |= {("GET /api/v1/openapi.json", "ignored_auth"), ("GET /api/v1/me", "not_a_server_error")}
    assert expected - asked.findings == set(), asked.text
