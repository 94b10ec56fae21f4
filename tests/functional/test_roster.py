"""A teacher's file on its way, as the teacher, the authority and a stranger go it.

1. He applies for a change of his file, with another photo.
2. Kong returns it with a reason; He reads it, mends the qualifications and sends it again, with the same photo.
3. Kong accepts it, and grants a certificate with it.
4. A stranger without a login looks He up, and sees no more of the number than its ends.
"""

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from tests.faces import picture
from tests.functional.pages import PHONE, log_in

if TYPE_CHECKING:
    from tests.systems import RunningSystem

NAME = "何老师"
NUMBER = "示例教证 20260777"


def open_application(page: Page, system: "RunningSystem") -> None:
    page.goto(f"{system.url}/manage/teachers/")
    page.get_by_role("link", name="档案申请").click()
    page.get_by_role("region", name="待决定").get_by_role("link").filter(has_text=NAME).click()


def test_a_file_is_applied_for_returned_mended_and_accepted(running_system: "RunningSystem", browser: Browser) -> None:
    teacher = browser.new_context(locale="zh-CN", viewport=PHONE).new_page()  # type: ignore[arg-type]
    authority = browser.new_context(locale="zh-CN").new_page()
    log_in(teacher, running_system, "teacher")
    log_in(authority, running_system, "authority")

    teacher.goto(f"{running_system.url}/my/teaching/")
    teacher.get_by_role("link", name="申请变更").click()
    teacher.get_by_label("登高架设作业").check()
    photo = {"name": "IMG 0001.png", "mimeType": "image/png", "buffer": picture(form="PNG")}
    teacher.get_by_label("照片").set_input_files(photo)  # type: ignore[arg-type]
    teacher.get_by_role("button", name="提交主管部门").click()
    expect(teacher.get_by_role("heading", name="申请正在等待主管部门决定")).to_be_visible()

    open_application(authority, running_system)
    expect(authority.get_by_role("img", name=f"{NAME} 的照片")).to_have_js_property("naturalWidth", 600)
    authority.get_by_label("需要修改的内容").fill("请写明登高架设的资质。")
    authority.get_by_role("button", name="退回修改").click()

    teacher.reload()
    expect(teacher.get_by_text("请写明登高架设的资质。")).to_be_visible()
    teacher.get_by_role("link", name="修改后再次申请").click()
    expect(teacher.get_by_label("登高架设作业")).to_be_checked()
    teacher.get_by_label("资质").fill("高级工程师\n登高架设作业操作证")
    teacher.get_by_role("button", name="提交主管部门").click()

    open_application(authority, running_system)
    today = timezone.localdate()
    authority.get_by_label("教师证编号").fill(NUMBER)
    authority.get_by_label("有效期自").fill(today.isoformat())
    authority.get_by_label("有效期至").fill((today + timedelta(days=1500)).isoformat())
    authority.get_by_role("button", name="通过申请").click()
    expect(authority.get_by_text("已通过，该教师的档案已入库。")).to_be_visible()

    stranger = browser.new_context(locale="zh-CN", viewport=PHONE).new_page()  # type: ignore[arg-type]
    stranger.goto(f"{running_system.url}/teachers/")
    stranger.get_by_label("完整姓名，或完整的证书编号").fill(NAME)
    stranger.get_by_role("button", name="查找").click()
    found = stranger.get_by_role("listitem").filter(has_text=NAME)
    expect(found).to_contain_text("登高架设作业")
    expect(found).to_contain_text("示例•••••••••77")
    expect(found.locator("img")).to_have_count(0)
    for page in (teacher, authority, stranger):
        page.context.close()
