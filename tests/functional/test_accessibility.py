"""Every page of a learner and of staff, on a phone: axe finds nothing serious, nothing is wider than the screen."""

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Browser, Page

from tests.functional.pages import PHONE, log_in, serious

if TYPE_CHECKING:
    from tests.systems import RunningSystem


def addresses(demo: dict[str, Any], who: str) -> list[str]:
    """What this person opens, as paths."""
    lessons = {each["kind"]: each["uuid"] for each in demo["lessons"] if each["syllabus"] == "demo-short"}
    if who == "institution":
        group = f"/manage/classes/{demo['classes'][0]['uuid']}/"
        parts = (
            "",
            "attendance/",
            "attendance/new/",
            "attendance/missed/",
            "attendance/back/",
            "dashboard/",
            "documents/",
        )
        people = ("documents/", "imports/", "people/new/", "invitations/", "requests/")
        work = ["/manage/", "/manage/classes/", "/manage/classes/new/", "/manage/ledgers/", "/manage/appeals/", "/me/"]
        return [
            *work,
            *(group + part for part in (*parts, *people)),
            "/manage/publishing/",
            "/manage/attendance/",
            "/manage/own-teachers/",
        ]
    if who == "reviewer":
        return ["/manage/reviews/"]
    if who == "teacher":
        own = ["", "file/", "year/", "claims/new/"]
        return ["/teach/", "/manage/", "/teachers/", *(f"/my/teaching/{part}" for part in own)]
    if who == "admin":
        questions = f"/manage/lessons/{lessons['video']}/questions/"
        return ["/manage/questions/", questions, f"{questions}new/", "/manage/institutions/new/"]
    if who == "authority":
        above = ["/manage/regions/98/", "/manage/reports/", "/manage/documents/", "/manage/syllabi/new/"]
        gate = ["/exams/plans/", "/manage/requirements/new/", "/manage/teachers/", "/manage/certificates/"]
        over = ["institutions/", "teaching/", "teaching/new/", "claims/", "teachers/applications/", "examiners/"]
        return [*above, *gate, *(f"/manage/{part}" for part in over), "/syllabi/low-voltage-electrician/", "/me/"]
    sitting = demo["sittings"][0]["uuid"]
    if who == "examiner":
        office = ["", "sites/", "plans/new/", f"sittings/{sitting}/"]
        return [*(f"/exams/office/{part}" for part in office), "/exams/door/"]
    pages = [
        "/",
        "/my/hours/",
        "/my/hours/checks/",
        "/my/documents/",
        "/exams/",
        f"/exams/{sitting}/",
        "/me/",
        "/learn/",
        "/requirements/",
    ]
    return [*pages, f"/study/{lessons['video']}/", f"/study/{lessons['reading']}/"]


# What moves to its place has arrived and is painted; what moves for ever is not waited for.
SETTLED = """async () => {
    await document.fonts.ready;
    const ends = (each) => each.playState === "running" && each.effect.getComputedTiming().endTime !== Infinity;
    await Promise.allSettled(document.getAnimations().filter(ends).map((each) => each.finished));
    for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
}"""
SCRIPTED_MS = 300
"""The study pages are laid out by scripts, which go on for a moment after the page has loaded."""


def faults(page: Page) -> list[str]:
    found = serious(page)
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        found.append(f"{page.url}: wider than the screen")
    return found


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("who", ["worker19", "institution", "authority", "examiner", "teacher", "reviewer", "admin"])
def test_pages_are_usable_by_everybody(
    running_system: "RunningSystem", browser: Browser, who: str, language: str
) -> None:
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    log_in(page, running_system, who)
    context.add_cookies([{"name": "django_language", "value": language, "url": running_system.url}])

    found = []
    for address in addresses(running_system.demo, who):
        answer = page.goto(running_system.url + address)
        assert answer is not None and answer.status == 200, address
        if address.startswith("/study/"):
            page.wait_for_timeout(SCRIPTED_MS)
        page.evaluate(SETTLED)
        found += faults(page)
    context.close()

    assert found == []


def test_the_doors_are_usable_by_everybody(running_system: "RunningSystem", browser: Browser) -> None:
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()

    found = []
    for address in (
        "/",
        "/accounts/login/",
        "/accounts/login/code/",
        "/accounts/password/reset/",
        "/learn/",
        "/syllabi/",
        "/verify/",
        "/no-such-page/",
    ):
        page.goto(running_system.url + address)
        found += faults(page)
    context.close()

    assert found == []
