"""An exam with one seat, two phones: one has it, the other waits; it is given back, and a worker gives it on.

1. Wang takes the only seat.
2. Li finds the exam full and waits; she is the next.
3. Wang gives the seat back.
4. Without a touch Li has a seat, and opens her admission ticket.
"""

import re
from typing import TYPE_CHECKING

from playwright.sync_api import Browser, Page, expect

from tests.functional.pages import PHONE, log_in

if TYPE_CHECKING:
    from tests.systems import RunningSystem

SEATED_S_MAX = 60
TITLE = "候补演练考试"
PREPARE = f"""
from datetime import timedelta
from django.db import transaction
from django.utils import timezone
from lms.enrollments.models import Enrollment, Syllabus
from lms.hours.actions.posting import Account, post
from lms.hours.models import EntrySort
from lms.institutions.models import Institution
from tests.sittings import published_sitting

at, day = timezone.now(), timedelta(days=1)
syllabus = Syllabus.objects.get(code="demo-short")
names = ["worker13@demo.test", "worker14@demo.test"]
for enrollment in Enrollment.objects.filter(
    learner__email__in=names, training_class__syllabus_version__syllabus=syllabus
):
    version, from_at = enrollment.training_class.syllabus_version, at - 2 * day
    for module in version.modules.all():
        for asked in module.requirements.all():
            ms = int(asked.hours * version.minutes_of(asked.kind) * 60_000)
            account = Account(enrollment.learner_id, enrollment, module, asked.kind)
            to_at = from_at + timedelta(milliseconds=ms)
            amounts = dict(ms=ms, provisional_ms=0, confirmed_ms=ms)
            by = dict(posted_by=enrollment.learner)
            with transaction.atomic():
                post(account, sort=EntrySort.ATTENDANCE, at=at, from_at=from_at, to_at=to_at, **amounts, **by)
            from_at = to_at
times = dict(starts_at=at + 20 * day, opens_at=at - day, closes_at=at + 19 * day)
office = Institution.objects.get(kind="exam")
sitting = published_sitting(office, syllabus, capacity=1, title_zh="{TITLE}", title_en="Waiting drill", **times)
print("sitting", sitting.uuid)
"""


def phone_of(browser: Browser, system: "RunningSystem", name: str, problems: list[str]) -> Page:
    page = browser.new_context(viewport=PHONE, locale="zh-CN").new_page()
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda told: problems.append(told.text) if "Content Security" in told.text else None)
    log_in(page, system, name)
    return page


def test_a_seat_that_is_given_back_goes_to_who_waits(running_system: "RunningSystem", browser: Browser) -> None:
    told = re.search(r"sitting (\S+)", running_system.manage("shell", "--verbosity", "0", "-c", PREPARE))
    assert told
    problems: list[str] = []
    wang = phone_of(browser, running_system, "worker13", problems)
    li = phone_of(browser, running_system, "worker14", problems)

    wang.goto(f"{running_system.url}/exams/{told[1]}/")
    wang.get_by_role("button", name="报名本场考试").click()
    expect(wang.get_by_role("heading", name="您已报名")).to_be_visible()

    li.goto(f"{running_system.url}/exams/")
    li.get_by_role("link").filter(has_text=TITLE).click()
    expect(li.get_by_role("heading", name="座位已满，可以候补")).to_be_visible()
    li.get_by_role("button", name="加入候补").click()
    expect(li.get_by_role("heading", name="候补中")).to_be_visible()
    expect(li.locator(".own-seat-number b")).to_have_text("0")

    wang.get_by_role("button", name="取消报名").click()
    expect(wang.get_by_text("报名已取消，座位已释放。")).to_be_visible()

    has_a_seat = li.get_by_role("heading", name="您已报名")
    for _ in range(SEATED_S_MAX):
        li.reload()
        if has_a_seat.count():
            break
        li.wait_for_timeout(1_000)
    expect(has_a_seat).to_be_visible()
    expect(li.get_by_text("您候补的座位已到位")).to_be_visible()

    li.goto(f"{running_system.url}/exams/#mine")
    address = li.get_by_role("link", name="准考证").first.get_attribute("href")
    ticket = li.request.get(f"{running_system.url}{address}")
    assert ticket.headers["content-type"] == "application/pdf"
    assert ticket.body().startswith(b"%PDF-")
    assert problems == []
    wang.context.close()
    li.context.close()
