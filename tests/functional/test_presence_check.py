"""A presence check on the study page, as a learner meets it: asked, answered wrongly, asked again, answered.

Only the wait is shortened, in the database: nobody tests for five minutes.
"""

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.functional.test_the_whole_way import PHONE, log_in

if TYPE_CHECKING:
    from tests.systems import RunningSystem

LEARNER = "worker9"
SOON = """
UPDATE hours_studyclock SET check_in_ms = 1000
FROM accounts_user learner WHERE learner.id = learner_id AND learner.email = %s
RETURNING check_in_ms
"""
RIGHT = """SELECT "right" FROM hours_presencecheck WHERE outcome = ''"""


def asked(page: Page, system: "RunningSystem") -> Locator:
    assert system.rows(SOON, f"{LEARNER}@demo.test") == [(1000,)]
    dialog = page.locator("[data-check]")
    expect(dialog).to_be_visible(timeout=40_000)
    expect(page.locator("[data-light]")).to_contain_text("请回答")
    return dialog


def right_choice(system: "RunningSystem") -> int:
    [(right,)] = system.rows(RIGHT)
    return int(right)


@pytest.mark.parametrize(("kind", "start"), [("reading", "开始阅读"), ("video", "播放")])
def test_a_wrong_answer_takes_back_and_a_right_one_confirms(
    running_system: "RunningSystem", browser: Browser, kind: str, start: str
) -> None:
    lessons = running_system.demo["lessons"]
    lesson = next(each for each in lessons if each["syllabus"] == "demo-short" and each["kind"] == kind)
    context = browser.new_context(viewport=PHONE, locale="zh-CN")
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    log_in(page, running_system, LEARNER)
    page.goto(f"{running_system.url}/study/{lesson['uuid']}/")
    page.get_by_role("main").get_by_role("button", name=start).first.click()
    expect(page.locator("[data-light]")).to_contain_text("正在计时", timeout=20_000)

    dialog = asked(page, running_system)
    dialog.locator("[data-check-options] button").nth((right_choice(running_system) + 1) % 4).click()
    expect(page.locator("[data-choice-text]")).to_contain_text("已作废", timeout=10_000)
    expect(dialog).to_be_hidden()
    expect(page.locator("[data-light]")).to_contain_text("正在计时", timeout=20_000)

    dialog = asked(page, running_system)
    page.reload()
    expect(dialog).to_be_visible(timeout=20_000)
    dialog.locator("[data-check-options] button").nth(right_choice(running_system)).press("Enter")
    expect(page.locator("[data-choice-text]")).to_contain_text("已确认", timeout=10_000)
    expect(dialog).to_be_hidden()

    page.goto(f"{running_system.url}/my/hours/")
    expect(page.get_by_text("在场问题答错").first).to_be_attached()
    assert problems == []
    context.close()
