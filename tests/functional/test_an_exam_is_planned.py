"""An exam from its plan to its door, as three people go it.

1. Zhang, an examiner, drafts a plan with an exam that begins in forty minutes, and proposes it.
2. The authority reads what there is to weigh, and approves.
3. Zhang publishes the plan.
4. A worker who has all hours books a seat (through the builders: watching films is another story).
5. Zhang scans the ticket on a phone, lets the worker in with one button, and sees that it was done.
6. The console, open at the office all the while, shows it by itself.
7. A second phone that scans the ticket again is told so.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from playwright.sync_api import Browser, Page, expect

from tests.functional.pages import PHONE, log_in

if TYPE_CHECKING:
    from tests.systems import RunningSystem

DESKTOP = {"width": 1280, "height": 900}
BOOK = """
import uuid
from datetime import UTC, datetime
from lms.enrollments.models import Enrollment
from lms.exams.actions import register
from lms.exams.models import Sitting
from tests.integration.exams.builders import confirm
sitting = Sitting.objects.get(title_zh='今日加场')
own = Enrollment.objects.filter(learner__email='worker16@demo.test')
enrollment = own.get(training_class__syllabus_version__syllabus=sitting.syllabus)
version = enrollment.training_class.syllabus_version
for module in version.modules.all():
    for asked in module.requirements.all():
        if asked.hours:
            confirm(enrollment, module, asked.kind, int(asked.hours * version.minutes_of(asked.kind) * 60_000) + 1)
seat = register(by=enrollment.learner, at=datetime.now(UTC), uuid=uuid.uuid4(), sitting=sitting)
print('seat', seat.uuid)
"""


def proposed(office: Page, system: "RunningSystem") -> str:
    """The office drafts a plan with one exam and proposes it; the address of the plan."""
    begins = datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai")) + timedelta(minutes=40)
    office.goto(f"{system.url}/exams/office/")
    office.get_by_role("link", name="新建考试计划").click()
    office.get_by_label("中文标题").fill("加场计划")
    office.get_by_role("button", name="建立计划").click()
    office.get_by_role("link", name="添加一场考试").click()
    syllabus = office.get_by_label("培训大纲")
    names = syllabus.locator("option").all_inner_texts()
    syllabus.select_option(index=next(place for place, name in enumerate(names) if "三分钟" in name))
    office.get_by_label("考场").select_option(index=1)
    office.get_by_label("中文标题").fill("今日加场")
    for label, minutes in {"开考时间": 0, "报名开始": -120, "报名截止": -5}.items():
        office.get_by_label(label).fill(f"{begins + timedelta(minutes=minutes):%Y-%m-%dT%H:%M}")
    office.get_by_label("本场座位数").fill("12")
    office.get_by_role("button", name="添加").click()
    office.get_by_role("button", name="上报主管部门").click()
    expect(office.get_by_text("主管部门正在审阅")).to_be_visible()
    return office.url


def test_an_exam_is_planned_approved_and_its_door_lets_somebody_in(
    running_system: "RunningSystem", browser: Browser
) -> None:
    office = browser.new_context(viewport=DESKTOP, locale="zh-CN").new_page()
    authority = browser.new_context(viewport=DESKTOP, locale="zh-CN").new_page()
    phone = browser.new_context(viewport=PHONE, locale="zh-CN").new_page()
    log_in(office, running_system, "examiner")
    plan = proposed(office, running_system)

    # The authority weighs and approves.
    log_in(authority, running_system, "authority")
    authority.goto(f"{running_system.url}/exams/plans/")
    authority.get_by_role("link").filter(has_text="加场计划").click()
    expect(authority).to_have_url(plan)
    expect(authority.get_by_role("heading", name="审批要点")).to_be_visible()
    authority.get_by_label("批准计划").check()
    authority.get_by_role("main").get_by_role("button", name="提交决定").click()
    expect(authority.get_by_text("计划已批准")).to_be_visible()

    # Published, a worker books.
    office.goto(plan)
    office.get_by_role("button", name="公布计划").click()
    expect(office.get_by_text("学员可以看到各场考试")).to_be_visible()
    told = re.search(r"seat ([0-9a-f-]{36})", running_system.manage("shell", "--verbosity", "0", "-c", BOOK))
    assert told

    # The console stays open, and its clock is ours: nobody waits for the 20 seconds after which it looks again.
    office.clock.install()
    office.get_by_role("main").get_by_role("link", name="今日加场").click()
    expect(office.locator(".candidate-booked")).to_have_count(1)

    # The door, on a phone; the console; then the door once more.
    log_in(phone, running_system, "examiner")
    phone.goto(f"{running_system.url}/exams/door/{told[1]}/")
    expect(phone.get_by_role("heading", level=1)).to_have_text("准予入场")
    phone.get_by_role("main").get_by_role("button", name="准予入场").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("已入场")
    expect(office.locator(".candidate-admitted")).to_have_count(0)
    office.clock.run_for(20_000)
    expect(office.locator(".candidate-admitted")).to_have_count(1)
    phone.goto(f"{running_system.url}/exams/door/{told[1]}/")
    expect(phone.get_by_text("张考评 放行入场")).to_be_visible()
    for page in (office, authority, phone):
        page.context.close()
