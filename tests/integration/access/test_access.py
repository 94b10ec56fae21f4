"""Who gets what answer at every address: one test for each route, one row for each route, no exceptions.

The world is built once; each request runs in a savepoint that is rolled back, so that no answer depends on another.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.test.utils import override_settings
from django.urls import path

from lms.wiring.urls import urlpatterns
from tests.integration.access.rows import VISITORS, Row, read, written
from tests.integration.access.table import furnish, whole_table
from tests.integration.access.table.doors import PREFIXES
from tests.integration.access.walker import Route, routes
from tests.integration.access.world import AccessWorld, make_access_world

# Pages that answer 200 to many, each with its own, and a visitor who finds something of this world on it.
LISTS = {
    "appeals": "authority",
    "attendance_proposals": "authority",
    "class_reports": "authority",
    "classes": "staff",
    "documents": "authority",
    "file_applications": "authority",
    "institution_teachers": "staff",
    "institutions": "authority",
    "ledgers": "authority",
    "questioned_lessons": "staff",
    "submissions": "staff",
    "teach": "staff",
    "teachers": "authority",
    "video_chooser:choose_results": "staff",
    "videos:index": "staff",
    "workplace": "staff",
}
# The institution, its classes, its course, lessons and videos.
OURS = ("安技校", "第一期", "第二期", "第三期", "高处作业", "系安全带", "触电急救", "Alice")
FORM = "application/x-www-form-urlencoded"
TABLE = whole_table()
ROUTES = {route.key: route for route in routes(urlpatterns, PREFIXES)}


@contextmanager
def _taken_back() -> Iterator[None]:
    """Everything inside is rolled back. Marked as Django marks its own, so that a durable block inside is let in."""
    block = transaction.atomic()
    block._from_testcase = True  # type: ignore[attr-defined]
    with block:
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def world(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[AccessWorld]:
    # pytest-django makes it for tests that are marked: the one below is, and runs first.
    assert connection.settings_dict["NAME"].startswith("test_")
    folder: Path = tmp_path_factory.mktemp("access")
    moved = override_settings(MEDIA_ROOT=folder / "media", PRIVATE_ROOT=folder / "private")
    with moved, django_db_blocker.unblock(), _taken_back():
        made = make_access_world()
        furnish(made)
        yield made


@pytest.fixture(scope="module")
def clients(world: AccessWorld) -> dict[str, Client]:
    """One for each visitor; a fault of ours is an answer too (500) and not an error of the test."""
    found = {"nobody": Client(raise_request_exception=False)}
    for name, person in world.visitors.items():
        found[name] = Client(raise_request_exception=False)
        found[name].force_login(person)
    return found


def answer(client: Client, method: str, address: str, sent: Mapping[str, str] | None = None) -> str:
    """In the words of the table. Whatever the request wrote is rolled back."""
    body, kind = (urlencode(sent), FORM) if sent and method == "POST" else ("", "application/octet-stream")
    with _taken_back():
        response: Any = client.generic(method, address, body, kind)
    if response.status_code != 302:
        return str(response.status_code)
    target = response.headers["Location"]
    if target.startswith("/accounts/login/"):
        return "login"
    return "enter" if target.startswith("/admin/enter/") else "302"


def address_of(route: Route, row: Row, world: AccessWorld) -> str:
    given = {**world.given, **{name: world.given[thing] for name, thing in row.given.items()}}
    return row.address or route.address(given)


@pytest.mark.parametrize("key", sorted(ROUTES.keys() & TABLE.keys()))
def test_everybody_gets_the_answer_of_the_table(world: AccessWorld, clients: dict[str, Client], key: str) -> None:
    row = TABLE[key]
    address = address_of(ROUTES[key], row, world)

    found = {
        method: {name: answer(clients[name], method, address, row.sent) for name in VISITORS}
        for method in row.expected()
    }

    assert {method: written(each) for method, each in found.items()} == {
        method: written(each) for method, each in row.expected().items()
    }


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/i18n/setlang/", "/manage/syllabi/new/", "/my/hours/checks/"])
def test_a_form_without_the_token_of_its_page_is_refused(address: str) -> None:
    assert Client(enforce_csrf_checks=True).post(address).status_code == 403


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    assert sorted(ROUTES.keys() - TABLE.keys()) == []
    assert sorted(TABLE.keys() - ROUTES.keys()) == []


@pytest.mark.parametrize(("key", "owner"), LISTS.items())
def test_a_list_of_ones_own_names_nothing_of_others(
    world: AccessWorld, clients: dict[str, Client], key: str, owner: str
) -> None:
    """Whoever runs another institution or another region is let in, to theirs. The owner is the positive control."""
    address = address_of(ROUTES[key], TABLE[key], world)

    pages = {name: clients[name].get(address).content.decode() for name in (owner, "rival", "elsewhere")}

    named = {name: [word for word in OURS if word in page] for name, page in pages.items()}
    assert named.pop(owner) != []
    assert named == {"rival": [], "elsewhere": []}


@pytest.mark.parametrize(("address", "text"), [each for doors in PREFIXES.values() for each in doors.items()])
def test_a_stranger_gets_no_further_than_the_door_of_a_package(
    world: AccessWorld, clients: dict[str, Client], address: str, text: str
) -> None:
    found = {name: answer(clients[name], "GET", address) for name in VISITORS}

    assert written(found) == written(read(text))


def test_a_new_route_is_seen() -> None:
    """The positive control: without it a walker that sees nothing would be content with an empty table."""

    def view(request: object) -> HttpResponse:
        return HttpResponse()

    more = [*urlpatterns, path("brand/new/<uuid:thing>/", view, name="brand_new")]

    found = {route.key: route for route in routes(more, PREFIXES)}

    assert found.keys() - ROUTES.keys() == {"brand_new"}
    assert found["brand_new"].address({"thing": "x"}) == "/brand/new/x/"
    assert "brand_new" not in TABLE


def test_a_new_route_of_ours_below_a_packages_prefix_is_seen_too() -> None:
    prefixes = {route.pattern for route in ROUTES.values() if route.pattern.startswith("admin/")}

    assert "admin/videos/" in prefixes


def test_a_row_names_everybody_and_nobody_twice() -> None:
    assert read("404: nobody; 200: *")["staff"] == "200"
    for text in ("200: nobody", "200: nobody nobody; 404: *", "200: stranger; 404: *"):
        with pytest.raises(ValueError):
            read(text)


def test_no_page_fails_for_anybody() -> None:
    failing = [key for key, row in TABLE.items() for each in row.expected().values() if "500" in each.values()]

    assert failing == []
