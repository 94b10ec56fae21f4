"""An authority writes a syllabus on a phone; a stranger reads it."""

from typing import TYPE_CHECKING

from playwright.sync_api import Browser, expect

from tests.functional.pages import PHONE, log_in

if TYPE_CHECKING:
    from tests.systems import RunningSystem


def test_an_authority_writes_a_syllabus_and_a_stranger_reads_it(
    browser: Browser, running_system: "RunningSystem"
) -> None:
    page = browser.new_context(viewport=PHONE, locale="zh-CN").new_page()  # type: ignore[arg-type]
    log_in(page, running_system, "authority")
    page.goto(f"{running_system.url}/manage/syllabi/new/")
    page.get_by_label("中文名称").fill("起重机作业（初次培训）")
    page.get_by_label("英文名称").fill("Crane operator")
    page.get_by_label("依据").fill("云岭省 2026")
    rows = page.locator("[data-row]")

    # 1. Rows come and go without a new page, and the sum follows.
    page.get_by_role("button", name="增加一行").click()
    expect(rows).to_have_count(4)
    for row, (chinese, english, kind, hours) in enumerate(
        [("理论", "Theory", "网络", "7"), ("面授", "Classroom part", "面授", "2"), ("实操", "Practice", "实操", "60")]
    ):
        rows.nth(row).get_by_label("模块（中文）").fill(chinese)
        rows.nth(row).get_by_label("模块（英文）").fill(english)
        rows.nth(row).get_by_label(kind, exact=True).fill(hours)
    rows.nth(3).get_by_role("button", name="移除").click()
    expect(page.locator("[data-sum-of=share]")).to_have_text("77.8 %")

    # 2. Too much online is refused at once, with what is allowed.
    page.get_by_role("button", name="查看影响").click()
    expect(page.get_by_role("main")).to_contain_text("最多为理论学时的 70 %，即 6.3")
    rows.nth(1).get_by_label("面授", exact=True).fill("3")

    # 3. What it would change, and then it is written.
    page.get_by_role("button", name="查看影响").click()
    expect(page.get_by_role("main")).to_contain_text("尚未写入任何内容")
    page.get_by_role("button", name="写入该版本").click()
    expect(page.get_by_role("main")).to_contain_text("第 1 版已写入")

    stranger = browser.new_context(viewport=PHONE, locale="zh-CN").new_page()  # type: ignore[arg-type]
    stranger.goto(f"{running_system.url}/syllabi/?q=起重机")
    stranger.get_by_role("link", name="起重机作业").click()
    expect(stranger.get_by_role("main")).to_contain_text("70 学时")
