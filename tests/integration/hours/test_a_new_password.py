"""A new password ends the study sockets of every other login; the login that chose it goes on."""

from collections.abc import Iterator

import pytest
from django.conf import settings as django_settings
from django.test import Client as Browser

from tests.serving import Peer, Served, served
from tests.world import World, make_world

pytestmark = pytest.mark.django_db(transaction=True)

# Below the time between two pings of the server, which would be answered for half an hour.
TOLD_S_MAX = 15
OLD, NEW = "a long made-up password", "another made-up password"


@pytest.fixture
def world(transactional_db: None) -> World:
    world = make_world()
    world.alice.set_password(OLD)
    world.alice.save()
    return world


@pytest.fixture
def server(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setattr("lms.hours.consumers.hub.LOOK_AFTER_S", 0.2)
    with served() as running:
        yield running


def logged_in() -> Browser:
    """Through the page, as people do."""
    browser = Browser()
    assert browser.post("/accounts/login/", {"login": "alice@example.test", "password": OLD}).status_code == 302
    return browser


def cookie_of(browser: Browser) -> str:
    name = django_settings.SESSION_COOKIE_NAME
    return f"{name}={browser.cookies[name].value}"


def test_the_other_devices_socket_is_closed_and_the_own_login_studies_on(world: World, server: Served) -> None:
    here, there = logged_in(), logged_in()
    lesson = world.video.lesson.uuid
    with Peer(server.port, cookie_of(there)) as other:
        other.link.settimeout(TOLD_S_MAX)
        opened = other.open(lesson)["type"]
        change = {"oldpassword": OLD, "password1": NEW, "password2": NEW}
        changed = here.post("/accounts/password/change/", change)
        told, code = other.receive()["code"], other.closed_with()
    with Peer(server.port, cookie_of(there)) as again:
        refused = again.receive()["code"]
    with Peer(server.port, cookie_of(here)) as own:
        reopened = own.open(lesson)["type"]

    assert (opened, changed.status_code) == ("opened", 302)
    assert (told, code, refused) == ("unauthenticated", 4401, "unauthenticated")
    assert reopened == "opened"
