"""A class on its way, as its institution and its authority go it.

1. Lü plans a class with a place, a teacher and a lesson, and reports it.
2. Kong returns it with a reason; Lü reads it, mends the place and reports again.
3. Kong accepts.
4. Lü uploads a list with a wrong row and sees which; then the mended one: preview, bar, people in the class.
"""

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from lms.accounts.rules.identity import check_digit
from tests.functional.pages import log_in

if TYPE_CHECKING:
    from playwright.sync_api import FilePayload

    from tests.systems import RunningSystem

TITLE = "低压电工作业初训第九期"
PEOPLE = 60


def number(serial: int) -> str:
    first = f"000000{1950 + serial}0101909"
    return first + check_digit(first)


def listing(*rows: tuple[str, str, str]) -> "FilePayload":
    text = "\r\n".join(",".join(row) for row in [("姓名", "身份证号", "手机号"), *rows])
    return {"name": "名单.csv", "mimeType": "text/csv", "buffer": text.encode("gb18030")}


def upload(page: Page, file: "FilePayload") -> None:
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="检查名单").click()


def plan(page: Page, system: "RunningSystem") -> None:
    page.goto(f"{system.url}/manage/classes/")
    page.get_by_role("link", name="新建班级").click()
    page.get_by_label("培训大纲").select_option(index=1)
    page.get_by_label("班级名称").fill(TITLE)
    first = timezone.localdate() + timedelta(days=7)
    page.get_by_label("开班日期").fill(first.isoformat())
    page.get_by_label("结束日期").fill((first + timedelta(days=60)).isoformat())
    page.get_by_role("button", name="继续").click()
    page.get_by_label("培训地点").fill("301")
    page.locator("input[name=teachers]").first.check()
    page.get_by_role("button", name="保存").click()
    page.get_by_role("link", name=re.compile("选择课程")).first.click()
    page.locator("input[name=add]").first.check()
    page.get_by_role("button", name="添加所选").click()
    page.get_by_role("link", name="返回计划").click()


def report(page: Page) -> None:
    page.get_by_role("link", name="核对并告知").click()
    page.get_by_role("button", name="向主管部门告知").click()
    expect(page.get_by_text("已告知，等待当地主管部门答复。")).to_be_visible()


def open_report(page: Page, system: "RunningSystem") -> None:
    page.goto(f"{system.url}/manage/reports/")
    page.get_by_role("link").filter(has_text=TITLE).click()


def test_a_class_is_reported_returned_accepted_and_filled(running_system: "RunningSystem", browser: Browser) -> None:
    staff = browser.new_context(locale="zh-CN").new_page()
    authority = browser.new_context(locale="zh-CN").new_page()
    log_in(staff, running_system, "institution")
    log_in(authority, running_system, "authority")

    plan(staff, running_system)
    report(staff)
    group = staff.url
    open_report(authority, running_system)
    authority.get_by_label("需要修改的内容").fill("请核对教学地点。")
    authority.get_by_role("button", name="退回修改").click()

    staff.goto(group)
    expect(staff.get_by_text("请核对教学地点。")).to_be_visible()
    staff.get_by_role("link", name="修改计划").click()
    staff.get_by_label("培训地点").fill("405")
    staff.get_by_role("button", name="保存").click()
    report(staff)
    open_report(authority, running_system)
    authority.get_by_role("button", name="受理该班级").click()
    expect(authority.get_by_text(f"已受理：{TITLE}")).to_be_visible()

    staff.goto(group)
    staff.get_by_role("main").get_by_role("link", name="上传名单").first.click()
    good = [(f"示例{index}", number(index), f"139{90_000_000 + index}") for index in range(PEOPLE)]
    upload(staff, listing(*good, ("", good[0][1], "12345")))
    expect(staff.get_by_text("1 行有误，没有添加任何人")).to_be_visible()
    expect(staff.get_by_role("row").filter(has_text="12345")).to_contain_text(f"{PEOPLE + 2}")
    staff.get_by_role("link", name="上传修改后的名单").click()
    upload(staff, listing(*good))
    staff.get_by_role("button", name=f"添加 {PEOPLE} 人").click()

    expect(staff.get_by_text(f"{PEOPLE} 人已加入班级")).to_be_visible(timeout=60_000)
    staff.get_by_role("link", name="查看学员名单").click()
    expect(staff.get_by_role("row").filter(has_text="示例")).to_have_count(PEOPLE)
    staff.context.close()
    authority.context.close()
