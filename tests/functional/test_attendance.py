"""A workshop in two browsers: the teacher's screen shows a code, a phone follows it in and later out, and it counts.

The phone "scans" by following the link that the picture holds (an integration test draws it and compares).
"""

import re
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from playwright.sync_api import Browser, Page, expect

from lms.hours.rules.attendance import code_at
from tests.functional.pages import PASSWORD, PHONE, log_in

if TYPE_CHECKING:
    from tests.systems import RunningSystem

WALL = {"width": 1280, "height": 800}
SECRET = "SELECT secret FROM hours_attendancesheet ORDER BY id DESC LIMIT 1"


def picture(page: Page) -> str | None:
    return page.locator(".wall-picture svg path").last.get_attribute("d")


def scanned(wall: Page, secret: bytes, way: str) -> str:
    """The path behind the code that stands on the wall now: what a camera would read out of the picture."""
    sheet = UUID(urlsplit(wall.url).path.split("/")[3])
    return f"/attend/{sheet}/{way}/{code_at(secret, sheet, way, int(time.time() * 1000))}/"


def open_sheet(wall: Page, address: str) -> None:
    """A workshop that began a quarter of an hour ago and goes on for two hours, today."""
    now = datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai"))
    wall.goto(address)
    begins = max(now - timedelta(minutes=15), now.replace(hour=0, minute=0))
    ends = min(now + timedelta(hours=2), now.replace(hour=23, minute=59))
    wall.get_by_label("日期").fill(f"{now:%Y-%m-%d}")
    wall.get_by_label("开始").fill(f"{begins:%H:%M}")
    wall.get_by_label("结束").fill(f"{ends:%H:%M}")
    wall.get_by_label("地点").fill("实训楼三层")
    wall.get_by_role("button", name="建立签到表").click()


def test_a_workshop_is_signed_by_phone_and_counts(running_system: "RunningSystem", browser: Browser) -> None:
    group = next(each for each in running_system.demo["classes"] if each["syllabus"] != "demo-short")
    wall = browser.new_context(viewport=WALL, locale="zh-CN").new_page()
    phone = browser.new_context(viewport=PHONE, locale="zh-CN").new_page()
    problems: list[str] = []
    for page in (wall, phone):
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda told: problems.append(told.text) if "Content Security" in told.text else None)

    # The teacher opens a sheet and shows its code.
    log_in(wall, running_system, "teacher")
    open_sheet(wall, f"{running_system.url}/manage/classes/{group['uuid']}/attendance/new/")
    wall.get_by_role("link", name="显示二维码").click()
    expect(wall.get_by_role("img", name="签到二维码")).to_be_visible()
    first = picture(wall)
    [(secret,)] = running_system.rows(SECRET)

    # The learner's phone follows the link, is asked to log in, and signs in with one button.
    phone.goto(running_system.url + scanned(wall, secret, "in"))
    phone.get_by_label("手机号或邮箱").fill("worker18@demo.test")
    phone.get_by_label("密码", exact=True).fill(PASSWORD)
    phone.get_by_role("main").get_by_role("button", name="登录").click()
    expect(phone).to_have_url(re.compile("/attend/"))
    phone.goto(running_system.url + scanned(wall, secret, "in"))
    phone.get_by_role("main").get_by_role("button", name="签到").click()
    expect(phone.get_by_role("heading", name="您已签到")).to_be_visible()
    expect(wall.locator(".wall-count b")).to_have_text("1", timeout=10_000)

    # The code on the wall changes by itself; the teacher turns it to the way out.
    expect(wall.locator(".wall-picture svg path").last).not_to_have_attribute("d", first or "", timeout=20_000)
    wall.get_by_role("link", name="签退").click()
    expect(wall.get_by_role("img", name="签退二维码")).to_be_visible()
    phone.goto(running_system.url + scanned(wall, secret, "out"))
    phone.get_by_role("main").get_by_role("button", name="签退").click()
    expect(phone.get_by_role("heading", name="您已签退")).to_be_visible()

    # It counts, on the learner's own page and on the teacher's sheet.
    phone.get_by_role("main").get_by_role("link", name="我的学时").click()
    expect(phone.locator("#attendance")).to_contain_text("已计入")
    expect(phone.locator("#entries")).to_contain_text("到课")
    wall.get_by_role("link", name="返回签到表").click()
    expect(wall.locator(".marks tbody tr")).to_have_count(1)
    expect(wall.locator(".marks tbody td.number")).to_have_text(re.compile(r"秒"))
    assert problems == []
    wall.context.close()
    phone.context.close()
