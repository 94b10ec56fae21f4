"""A teacher who is short of the year before last, from the report that refuses to name them to the one that does.

The year asked forty class hours and could be made up until the last day of the next one. Twenty online hours are in the
ledger already: studying is another story.

1. Lü, who plans a class with the teacher, reads on the report page that they cannot be named, and why.
2. The teacher claims a seminar (12) and a workshop (8) on a phone, each with a file of evidence.
3. The authority accepts the seminar: the report page says that 8 are still missing.
4. The authority accepts the workshop: forty are there, through three kinds of hours, and the class is reported.
"""

import re
from typing import TYPE_CHECKING

from playwright.sync_api import Browser, Page, expect

from tests.functional.pages import PHONE, log_in

if TYPE_CHECKING:
    from playwright.sync_api import FilePayload

    from tests.systems import RunningSystem

DESKTOP = {"width": 1280, "height": 900}
TEACHER = "方示例"
PREPARE = f"""
import uuid
from datetime import date, datetime, timedelta
from decimal import Decimal
from django.db import transaction
from django.utils import timezone
from lms.accounts.actions import create_person
from lms.accounts.models import Role, User
from lms.accounts.rules.identity import check_digit
from lms.enrollments.actions import create_syllabus_with_version, plan_class
from lms.enrollments.models import SyllabusVersion
from lms.enrollments.rules.syllabus import Asked, ModulePlan, VersionPlan
from lms.hours.actions.posting import Account, post
from lms.hours.models import EntrySort
from lms.hours.queries.clocks import ZONE
from lms.institutions.actions import certify_teacher, join_institution
from lms.institutions.models import Institution, Region
from lms.teachers.actions import open_year, take_part_in_year

at = timezone.now()
day, year = timezone.localdate(at), timezone.localdate(at).year - 2
then = datetime(year, 1, 4, 9, tzinfo=ZONE)
staff = User.objects.get(email="institution@demo.test")
school = Institution.objects.get(memberships__person=staff)
places = "980101199001010977"[:17]
teacher = create_person(
    by=None, at=at, uuid=uuid.uuid4(), email="fang@demo.test", real_name="{TEACHER}",
    identity_number=places + check_digit(places), password="xueshi-demo-2026", roles=(Role.TEACHER,),
)
join_institution(by=None, at=at, person=teacher, institution=school)
term = dict(valid_from=date(year - 1, 1, 1), valid_to=date(year + 9, 1, 1))
certify_teacher(by=None, at=at, uuid=uuid.uuid4(), person=teacher, number="示例教证 0977", **term)
kinds = (("网络课程", "Online", "online"), ("研修班", "Seminars", "classroom"), ("实践", "Workshops", "workshop"))
version = create_syllabus_with_version(
    by=None, at=at, uuid=uuid.uuid4(), code="teachers-then", category="teacher", trade="", training="continuing",
    name_zh="往年教师继续教育", name_en="Teachers then", region=None,
    plan=VersionPlan(
        in_force_from=date(2016, 1, 1), in_force_to=None, online_minutes=30, classroom_minutes=45, workshop_minutes=45,
        online_share_percent=100, daily_cap_hours=Decimal(8), source="演示",
        modules=tuple(ModulePlan(zh, en, (Asked(kind, Decimal(10)),)) for zh, en, kind in kinds),
    ),
)
opened = open_year(
    by=User.objects.get(email="authority@demo.test"), at=then, uuid=uuid.uuid4(), region=Region.objects.get(code="98"),
    year=year, institution=school, syllabus_version=version, title="往年教师继续教育", place="301",
    make_up_until=date(year + 1, 12, 31),
)
enrollment = take_part_in_year(by=teacher, at=at, education_year=opened)
online = Account(teacher.pk, enrollment, version.modules.get(ordinal=1), "online")
from_at, ms = datetime(year, 3, 2, 8, tzinfo=ZONE), 20 * 30 * 60_000
with transaction.atomic():
    times = dict(from_at=from_at, to_at=from_at + timedelta(milliseconds=ms))
    post(online, sort=EntrySort.CREDIT, at=at, ms=ms, provisional_ms=ms, confirmed_ms=0, **times)
    post(online, sort=EntrySort.CONFIRM, at=at, ms=ms, provisional_ms=-ms, confirmed_ms=ms)
planned = plan_class(
    by=staff, at=at, uuid=uuid.uuid4(), institution=school, title="补学后的班级", place="301", lessons=(),
    syllabus_version=SyllabusVersion.objects.filter(syllabus__code="low-voltage-electrician").first(),
    starts_on=day + timedelta(days=7), ends_on=day + timedelta(days=60), teachers=[teacher],
)
print("world", year, opened.uuid, planned.uuid)
"""


def claim(page: Page, system: "RunningSystem", education_year: str, day: str, ends: str, what: str) -> None:
    """A claim from eight o'clock on, with a file."""
    page.goto(f"{system.url}/my/teaching/claims/new/?year={education_year}")
    select = page.locator("select[name=what]")
    options = select.locator("option").all_inner_texts()
    select.select_option(index=next(place for place, text in enumerate(options) if what in text))
    page.locator("input[name=date]").fill(day)
    page.locator("input[name=begins]").fill("08:00")
    page.locator("input[name=ends]").fill(ends)
    page.locator("input[name=title]").fill(f"{what}一天")
    page.locator("input[name=place]").fill("省培训中心")
    page.locator("input[name=evidence]").set_input_files(paper())
    page.locator("main form button[type=submit]").click()
    expect(page).to_have_url(re.compile(r"/my/teaching/claims/[0-9a-f-]{36}/$"))


def paper() -> "FilePayload":
    return {"name": "结业证明.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\nproof"}


def accept(page: Page, system: "RunningSystem", what: str) -> None:
    page.goto(f"{system.url}/manage/claims/?show=waiting")
    page.get_by_role("link").filter(has_text=f"{what}一天").click()
    expect(page.get_by_role("link", name=re.compile("结业证明"))).to_be_visible()
    page.get_by_role("button", name="通过申报").click()
    expect(page.get_by_role("status")).to_contain_text("已通过：学时已记入教师台账。")


def test_a_teacher_reaches_forty_through_three_kinds_of_hours_and_only_then_is_named(
    running_system: "RunningSystem", browser: Browser
) -> None:
    told = re.search(r"world (\d+) (\S+) (\S+)", running_system.manage("shell", "--verbosity", "0", "-c", PREPARE))
    assert told
    year, education_year, planned = told.groups()
    report = f"{running_system.url}/manage/classes/{planned}/report/"
    staff, authority = (browser.new_context(viewport=DESKTOP, locale="zh-CN").new_page() for _ in range(2))
    teacher = browser.new_context(viewport=PHONE, locale="zh-CN").new_page()
    for page, name in ((staff, "institution"), (authority, "authority"), (teacher, "fang")):
        log_in(page, running_system, name)
    named, button = (
        staff.locator("li.naming-teacher", has_text=TEACHER),
        staff.get_by_role("button", name="向主管部门告知"),
    )

    staff.goto(report)
    expect(named).to_contain_text("不得列名")
    expect(named).to_contain_text(f"{year} 年继续教育：还差 20 学时，补学期限已于")
    expect(button).to_have_count(0)

    claim(teacher, running_system, education_year, f"{year}-05-11", "17:00", "研修班")
    claim(teacher, running_system, education_year, f"{year}-05-12", "14:00", "实践")

    accept(authority, running_system, "研修班")
    staff.goto(report)
    expect(named).to_contain_text(f"{year} 年继续教育：还差 8 学时")
    expect(button).to_have_count(0)

    accept(authority, running_system, "实践")
    authority.goto(f"{running_system.url}/manage/teaching/{education_year}/?q={TEACHER}")
    expect(authority.locator("a.standing", has_text=TEACHER)).to_contain_text("40 / 40")
    staff.goto(report)
    expect(named).to_contain_text("可以列名")
    button.click()
    expect(staff.get_by_text("已告知，等待当地主管部门答复。")).to_be_visible()
    for page in (staff, authority, teacher):
        page.context.close()
