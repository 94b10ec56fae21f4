"""A textbook on its way: submitted as a whole, returned because of one chapter, mended in the editor, approved, live.

The draft is made beforehand: what is told here is the way between the people, not how Wagtail's editor is filled.
"""

from typing import TYPE_CHECKING

from playwright.sync_api import Browser, Page, expect

from tests.functional.pages import PHONE, log_in

if TYPE_CHECKING:
    from tests.systems import RunningSystem

DRAFT = """
from datetime import UTC, datetime
from uuid import UUID
from courses.actions.pages import create_chapter, create_textbook
from lms.accounts.models import User
from lms.institutions.models import InstitutionShelf
at, by = datetime.now(UTC), User.objects.get(email="institution@demo.test")
book = create_textbook(by=by, at=at, parent=InstitutionShelf.objects.get().page, slug="heights", title="高处作业读本")
body = [{"heading": "挂在哪里", "content": [{"type": "text", "value": "<p>安全带高挂低用。</p>"}]}]
create_chapter(
    by=by, at=at, parent=book, uuid=UUID(int=7), slug="belt", title="系好安全带", sections=body, intro="先看一遍。"
)
"""


def submit(page: Page, system: "RunningSystem") -> None:
    page.goto(f"{system.url}/manage/publishing/")
    page.get_by_role("button", name="整门课程送审: 高处作业读本").click()
    expect(page.get_by_role("status")).to_contain_text("整门课程已送编审委员会审定")


def open_waiting(page: Page, system: "RunningSystem", lesson: str) -> None:
    page.goto(f"{system.url}/manage/reviews/")
    page.get_by_role("link", name="高处作业读本").first.click()
    expect(page.get_by_role("heading", name="高处作业读本", level=1)).to_be_visible()
    page.get_by_role("navigation", name="组成部分").get_by_role("link", name=lesson).click()
    expect(page.get_by_role("heading", name=lesson, level=2)).to_be_visible()
    expect(page.get_by_text("安全带高挂低用。").first).to_be_visible()


def test_a_textbook_is_submitted_as_a_whole_returned_mended_and_published(
    running_system: "RunningSystem", browser: Browser
) -> None:
    running_system.manage("shell", "--verbosity", "0", "-c", DRAFT)
    editor = browser.new_context(locale="zh-CN").new_page()
    reviewer = browser.new_context(viewport=PHONE, locale="zh-CN").new_page()
    log_in(editor, running_system, "institution")
    log_in(reviewer, running_system, "reviewer")

    submit(editor, running_system)

    open_waiting(reviewer, running_system, "系好安全带")
    reviewer.get_by_role("button", name="退回并说明理由").click()
    expect(reviewer.get_by_text("请写明理由")).to_be_visible()
    reviewer.get_by_label("理由").fill("标题请写成完整的一章。")
    reviewer.get_by_text("指出需要修改的部分").click()
    reviewer.get_by_label("2. 系好安全带").check()
    reviewer.get_by_role("button", name="退回并说明理由").click()
    expect(reviewer.get_by_role("status")).to_contain_text("已退回编写者")

    editor.goto(f"{running_system.url}/manage/publishing/")
    expect(editor.get_by_text("标题请写成完整的一章。")).to_be_visible()
    lesson = editor.get_by_role("listitem").filter(has=editor.get_by_role("heading", name="系好安全带"))
    expect(lesson.get_by_text("需要修改")).to_be_visible()
    lesson.get_by_role("link", name="编辑").click()
    expect(editor.get_by_text("编审委员会退回：标题请写成完整的一章。")).to_be_visible()
    editor.locator("[name=title]").fill("第一章 系好安全带")
    with editor.expect_response(lambda answer: answer.request.method == "POST" and "/edit/" in answer.url):
        editor.get_by_role("button", name="保存草稿").click()
    editor.wait_for_load_state()
    submit(editor, running_system)

    open_waiting(reviewer, running_system, "第一章 系好安全带")
    reviewer.get_by_role("button", name="全部通过并发布").click()
    expect(reviewer.get_by_role("status")).to_contain_text("已通过，整门课程已发布")

    editor.goto(f"{running_system.url}/manage/publishing/")
    expect(lesson.get_by_text("已发布")).to_be_visible()
    versions = editor.goto(f"{running_system.url}/manage/publishing/lessons/00000000-0000-0000-0000-000000000007/")
    assert versions is not None and versions.status == 200
    expect(editor.get_by_text("第 1 版 · 第一章 系好安全带")).to_be_visible()
