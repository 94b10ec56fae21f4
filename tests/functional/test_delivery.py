"""Keys and segments as the player fetches them: later when the server says so, and anew for addresses gone bad.

That another session on the same page fetches keys of its own is seen on the whole way.
"""

import re
import time
from typing import TYPE_CHECKING

from playwright.sync_api import Browser, Response, Route, expect

from tests.functional.pages import PHONE, log_in

if TYPE_CHECKING:
    from tests.systems import RunningSystem


def shortest_film(system: "RunningSystem") -> str:
    lessons = system.demo["lessons"]
    films = [each for each in lessons if each["syllabus"] == "demo-short" and each["kind"] == "video"]
    uuid: str = min(films, key=lambda each: each["duration_ms"])["uuid"]
    return uuid


def test_a_key_that_is_too_early_is_asked_for_again_when_the_server_says(
    running_system: "RunningSystem", browser: Browser
) -> None:
    context = browser.new_context(viewport=PHONE, locale="zh-CN")
    page = context.new_page()
    asked: list[float] = []

    def answer(route: Route) -> None:
        asked.append(time.monotonic())
        if len(asked) == 1:
            route.fulfill(status=425, headers={"Retry-After": "6"}, body="{}")
        else:
            route.continue_()

    page.route("**/keys/*", answer)
    log_in(page, running_system, "worker12")
    page.goto(f"{running_system.url}/study/{shortest_film(running_system)}/")
    page.locator(".player-row").get_by_role("button", name="播放").click()
    expect(page.locator("[data-light]")).to_contain_text("正在计时", timeout=30_000)

    assert len(asked) == 2
    assert asked[1] - asked[0] >= 5.9
    expect(page.locator("[data-choice]")).to_be_hidden()
    context.close()


def test_a_film_whose_addresses_are_no_longer_good_gets_new_ones_and_goes_on(
    running_system: "RunningSystem", browser: Browser
) -> None:
    """As after a night, or a new password: the playlist that the player holds names what this login may not have."""
    context = browser.new_context(viewport=PHONE, locale="zh-CN")
    page = context.new_page()
    statuses: list[int] = []

    def spoil_until_one_is_refused(route: Route) -> None:
        answer = route.fetch()
        text = answer.text() if statuses else re.sub(r"signature=\S+", "signature=" + "A" * 22, answer.text())
        route.fulfill(response=answer, body=text)

    def hear(response: Response) -> None:
        if "/media/hls/" in response.url and ".ts" in response.url:
            statuses.append(response.status)

    page.route("**/*.m3u8", spoil_until_one_is_refused)
    page.on("response", hear)
    log_in(page, running_system, "worker13")
    page.goto(f"{running_system.url}/study/{shortest_film(running_system)}/")
    page.locator(".player-row").get_by_role("button", name="播放").click()
    expect(page.locator("[data-light]")).to_contain_text("正在计时", timeout=30_000)

    assert statuses[0] == 403
    assert 200 in statuses
    # A playlist may be on its way still.
    page.unroute_all(behavior="wait")
    context.close()


def test_the_address_of_a_segment_is_worth_nothing_to_somebody_else(
    running_system: "RunningSystem", browser: Browser
) -> None:
    context = browser.new_context(viewport=PHONE, locale="zh-CN")
    page = context.new_page()
    given: list[str] = []

    def hear(response: Response) -> None:
        if "/media/hls/" in response.url and response.status == 200:
            given.append(response.url)

    page.on("response", hear)
    log_in(page, running_system, "worker14")
    page.goto(f"{running_system.url}/study/{shortest_film(running_system)}/")
    page.locator(".player-row").get_by_role("button", name="播放").click()
    expect(page.locator("[data-light]")).to_contain_text("正在计时", timeout=60_000)
    stranger = browser.new_context(viewport=PHONE, locale="zh-CN")
    theirs = stranger.new_page()
    log_in(theirs, running_system, "worker15")

    segment = next(each for each in given if "signature=" in each)
    again, refused = context.request.get(segment), stranger.request.get(segment)

    assert again.status == 200
    assert (refused.status, refused.json()["code"]) == (403, "address_of_another")
    context.close()
    stranger.close()
