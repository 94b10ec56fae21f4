"""A film that is watched to its end and begun again on the same page: another session, which fetches its own keys."""

import re
from typing import TYPE_CHECKING

from playwright.sync_api import Browser, Response, expect

from tests.functional.pages import PHONE, log_in

if TYPE_CHECKING:
    from tests.systems import RunningSystem

DELIVERED = (
    "from lms.hours.models import StudySession;"
    "print('delivered', [each.delivered != [] for each in "
    "StudySession.objects.filter(learner__email='worker11@demo.test').order_by('opened_at')])"
)


def delivered(system: "RunningSystem") -> str:
    told = re.search(r"delivered (.*)", system.manage("shell", "--verbosity", "0", "-c", DELIVERED))
    assert told
    return told[1]


def test_a_second_session_on_the_same_page_fetches_its_own_keys(
    running_system: "RunningSystem", browser: Browser
) -> None:
    lessons = running_system.demo()["lessons"]
    films = [each for each in lessons if each["syllabus"] == "demo-short" and each["kind"] == "video"]
    film = min(films, key=lambda each: each["duration_ms"])
    context = browser.new_context(viewport=PHONE, locale="zh-CN")
    page = context.new_page()
    statuses: list[int] = []

    def hear(response: Response) -> None:
        if "/keys/" in response.url:
            statuses.append(response.status)

    page.on("response", hear)
    log_in(page, running_system, "worker11")
    page.goto(f"{running_system.url}/study/{film['uuid']}/")
    play = page.locator(".player-row").get_by_role("button", name="播放")
    play.click()
    expect(page.locator("[data-finished]")).to_be_visible(timeout=150_000)
    first = len(statuses)

    play.click()
    expect(page.locator("[data-light]")).to_contain_text("已学过", timeout=20_000)
    page.wait_for_timeout(2_000)

    assert set(statuses) == {200}
    assert len(statuses) > first
    assert delivered(running_system) == "[True, True]"
    context.close()
