"""The pages that a learner opens: study and my hours."""

import pytest
from django.test import Client as Browser

from tests.integration.hours.classroom import colleague, teacher
from tests.integration.hours.client import Client
from tests.world import World


@pytest.fixture
def alice(world: World) -> Browser:
    browser = Browser()
    browser.force_login(world.alice)
    return browser


def states(browser: Browser) -> list[tuple[int, str]]:
    rows = browser.get("/my/hours/").context["entries"].object_list
    return [(row["number"], row["state"]) for row in rows]


def test_a_credit_waits_until_it_is_confirmed(world: World, video: Client, alice: Browser) -> None:
    video.open()
    video.study("0@0play 15@15pause")

    waiting = states(alice)
    video.close(20)

    assert waiting == [(1, "provisional")]
    assert states(alice) == [(2, "confirmed"), (1, "confirmed")]


def test_my_hours_shows_the_open_stretch_and_the_refused_time(world: World, video: Client, alice: Browser) -> None:
    video.open()
    video.study("0@0play 15@15 30@300 45@315")

    row = alice.get("/my/hours/").context["enrollments"][0]["modules"][0]["rows"][0]

    assert (row["confirmed_ms"], row["provisional_ms"]) == (0, 30_000)
    assert [(each["code"], each["ms"]) for each in row["refused"]] == [("too_fast", 285_000)]


def test_my_hours_names_the_teachers_of_a_class(world: World, alice: Browser) -> None:
    teacher(world)
    colleague(world)

    assert alice.get("/my/hours/").context["enrollments"][0]["teachers"] == ["Tom"]


def test_my_hours_costs_the_same_whatever_was_studied(
    world: World, video: Client, alice: Browser, django_assert_max_num_queries
) -> None:
    video.open()
    for start in range(0, 200, 20):
        video.study(f"{start}@{start}play {start + 15}@{start + 15}pause")

    with django_assert_max_num_queries(19):
        alice.get("/my/hours/")


def test_the_study_page_holds_what_its_script_needs(world: World, alice: Browser) -> None:
    config = alice.get(f"/study/{world.chapter.lesson.uuid}/").context["study_config"]

    assert (config["kind"], config["playlist"], config["duration_ms"]) == ("reading", None, 600_000)
    assert config["sections"] == [{"title": "停电验电", "from_ms": 0, "to_ms": 600_000}]
    assert config["day"] == {"cap_ms": 14_400_000, "credited_ms": 0}


@pytest.mark.parametrize("page", ["/study/{}/", "/study/{}/playlist.m3u8", "/study/{}/keys/0"])
def test_a_stranger_gets_no_lesson(world: World, page: str) -> None:
    browser = Browser()
    browser.force_login(world.charlie)

    assert browser.get(page.format(world.video.lesson.uuid)).status_code == 403


@pytest.mark.parametrize(
    ("page", "status"), [("/study/{}/", 302), ("/study/{}/playlist.m3u8", 401), ("/study/{}/keys/0", 401)]
)
def test_nobody_gets_a_lesson_without_logging_in(world: World, page: str, status: int) -> None:
    assert Browser().get(page.format(world.video.lesson.uuid)).status_code == status


def test_a_token_with_a_nul_is_nobodys(world: World) -> None:
    address = f"/study/{world.video.lesson.uuid}/keys/0"

    assert Browser(headers={"x-session-token": "a\x00b"}).get(address).status_code == 401
