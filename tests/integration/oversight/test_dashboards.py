"""The pages of figures: who sees which, what they show, what they cost, and what is taken away as a spreadsheet."""

import io
from collections import Counter
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from unittest import mock
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from lms.accounts.models import Role, User
from lms.hours.models import Refusal
from lms.hours.queries.clocks import today
from lms.institutions.models import Institution, Membership, Region
from lms.oversight.actions.standings import refresh_standings
from lms.oversight.queries.classes import class_figures
from lms.oversight.views import dashboards
from tests.integration.hours.judges import LATER, Court, appealed, refused_gap
from tests.integration.oversight.builders import add_class, add_learners, attend, body_of, give_hours, replayed_days
from tests.world import NOON, make_person

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def page_of(person: User) -> Browser:
    browser = Browser()
    browser.force_login(person)
    return browser


def status(browser: Browser, path: str) -> int:
    answer = browser.get(path)
    body_of(answer)
    return answer.status_code


def people(court: Court) -> dict[str, User]:
    teacher, administrator = make_person("tina", Role.TEACHER), make_person("adam", Role.ADMINISTRATOR)
    Membership.objects.create(person=teacher, institution=court.world.institution, started_at=NOON)
    world = court.world
    found = {"staff": world.bob, "teacher": teacher, "other staff": court.dora, "county": court.vera}
    found |= {"province": court.wen, "elsewhere": court.olga, "learner": world.alice, "administrator": administrator}
    return found


def addresses(court: Court) -> dict[str, str]:
    return {
        "workplace": "/manage/",
        "class": f"/manage/classes/{court.world.training_class.uuid}/dashboard/",
        "class xlsx": f"/manage/classes/{court.world.training_class.uuid}/dashboard.xlsx",
        "institution": f"/manage/institutions/{court.world.institution.uuid}/",
        "institution xlsx": f"/manage/institutions/{court.world.institution.uuid}/dashboard.xlsx",
        "county": "/manage/regions/5301/",
        "county xlsx": "/manage/regions/5301/dashboard.xlsx",
        "province": "/manage/regions/53/",
        "province xlsx": "/manage/regions/53/dashboard.xlsx",
        "province by reason": "/manage/regions/53/?code=hidden",
        "institution by reason": f"/manage/institutions/{court.world.institution.uuid}/?code=hidden",
    }


ACCESS = {
    "staff": "workplace 200, class 200, institution 200, county 404, province 404",
    "teacher": "workplace 200, class 200, institution 200, county 404, province 404",
    "other staff": "workplace 200, class 404, institution 404, county 404, province 404",
    "county": "workplace 302, class 200, institution 200, county 200, province 404",
    "province": "workplace 302, class 200, institution 200, county 200, province 200",
    "elsewhere": "workplace 302, class 404, institution 404, county 404, province 404",
    "administrator": "workplace 302, class 200, institution 200, county 200, province 200",
    "learner": "workplace 403, class 404, institution 404, county 404, province 404",
}


@pytest.mark.parametrize("who", ACCESS)
def test_figures_are_seen_by_role_and_place(court: Court, who: str) -> None:
    browser, paths = page_of(people(court)[who]), addresses(court)
    expected = {name: int(status) for name, status in (each.rsplit(" ", 1) for each in ACCESS[who].split(", "))}
    expected |= {f"{name} xlsx": status for name, status in expected.items() if name != "workplace"}

    assert {name: status(browser, paths[name]) for name in expected} == expected


def test_a_visitor_is_asked_to_log_in(court: Court) -> None:
    for path in addresses(court).values():
        answer = Browser().get(path)
        assert (answer.status_code, answer["Location"]) == (302, f"/accounts/login/?next={quote(path)}")


def test_what_does_not_exist_looks_like_what_is_hidden(court: Court) -> None:
    browser = page_of(court.wen)
    nobody = "00000000-0000-4000-8000-000000000000"

    for path in (f"classes/{nobody}/dashboard/", f"institutions/{nobody}/", "regions/99/", "regions/a b/"):
        assert browser.get(f"/manage/{path}").status_code == 404


def test_who_left_the_institution_sees_it_no_more(court: Court) -> None:
    Membership.objects.filter(person=court.world.bob).update(ended_at=LATER)
    browser = page_of(court.world.bob)

    assert [browser.get(addresses(court)[name]).status_code for name in ("workplace", "class")] == [403, 404]


def test_an_authority_is_led_to_its_own_region(court: Court) -> None:
    assert page_of(court.vera).get("/manage/")["Location"] == "/manage/regions/5301/"
    assert page_of(court.wen).get("/manage/")["Location"] == "/manage/regions/53/"


def lively(court: Court) -> None:
    """Alice lost four minutes and has one; Done has all; =1+1 has a third, in the workshop."""
    refused_gap(court)
    done, formula = add_learners(court.world.training_class, ["Done", "=1+1"])
    give_hours(done, court.world, online_ms=1_800_000, workshop_ms=5_400_000)
    give_hours(formula, court.world, workshop_ms=2_700_000)
    refresh_standings(at=LATER)


def test_the_page_of_a_class_says_how_everybody_is(court: Court) -> None:
    lively(court)

    page = page_of(court.world.bob).get(addresses(court)["class"])

    assert [(each["label"], each["count"]) for each in page.context["bar"]["legend"]] == [
        ("已完成", 1),
        ("进度正常", 2),
        ("停学未落后", 0),
        ("进度落后", 0),
    ]
    assert [(each["name"], each["percent"]) for each in page.context["learners"]] == [
        ("Alice", 1),
        ("=1+1", 33),
        ("Done", 100),
    ]
    assert [(each["name"], each["confirmed_hours"], each["required_hours"]) for each in page.context["kinds"]] == [
        ("网络", Decimal("1.03"), 3),
        ("实操", 3, 6),
    ]
    assert [(each["code"], each["ms"]) for each in page.context["refused"]] == [("gap", 240_000)]
    assert "数据截至 03-02 17:00" in page.content.decode()


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["Alice", "=1+1", "Done"]),
        ("?sort=name", ["=1+1", "Alice", "Done"]),
        ("?sort=progress", ["Alice", "=1+1", "Done"]),
        ("?sort=last", ["=1+1", "Done", "Alice"]),
        ("?sort=refused", ["Alice", "=1+1", "Done"]),
        ("?sort=nonsense&page=99", ["Alice", "=1+1", "Done"]),
        ("?show=done", ["Done"]),
        ("?show=idle", []),
        ("?show=nonsense", ["Alice", "=1+1", "Done"]),
    ],
)
def test_learners_are_ordered_and_chosen(court: Court, query: str, names: list[str]) -> None:
    lively(court)

    page = page_of(court.world.bob).get(addresses(court)["class"] + query)

    assert [each["name"] for each in page.context["learners"]] == names


def test_the_days_of_a_class_are_the_last_thirty(court: Court) -> None:
    lively(court)

    days = class_figures(court.world.training_class, today(LATER).date).days

    assert (len(days), days[0].day, days[-1].day) == (30, date(2026, 2, 1), date(2026, 3, 2))
    assert [(day.day, day.confirmed, day.refused_ms) for day in days if day.confirmed or day.refused_ms] == [
        (date(2026, 3, 2), {"online": 60_000}, 240_000)
    ]


def test_a_class_that_was_just_accepted_says_that_its_figures_come(court: Court) -> None:
    page = page_of(court.world.bob).get(addresses(court)["class"])

    assert "数据正在汇总" in page.content.decode()


def test_an_institution_sees_its_classes_and_what_waits(court: Court) -> None:
    appealed(court)
    lively_class = court.world.training_class
    returned = add_class(court.world, "第二期", state="returned")
    refresh_standings(at=LATER)

    page = page_of(court.world.bob).get("/manage/")

    assert (page.context["waiting"].appeals, page.context["waiting"].returned) == (1, 1)
    assert {each["title"]: each["url"] for each in page.context["page"].object_list} == {
        "第一期": f"/manage/classes/{lively_class.uuid}/dashboard/",
        "第二期": f"/manage/classes/{returned.uuid}/",
    }
    assert page.context["total"].learners == 1


def test_a_teacher_is_asked_to_do_nothing_of_the_staffs(court: Court) -> None:
    appealed(court)
    page = page_of(people(court)["teacher"]).get("/manage/")

    assert not page.context["waiting"]
    assert 'href="/manage/appeals/"' not in page.content.decode().split("<main")[1]


def test_a_region_adds_up_what_is_below_it(court: Court) -> None:
    """County 5301: 3 learners of the first class and 1 of another institution's; one more directly in the province."""
    lively(court)
    other = Institution.objects.get(name_zh="别家")
    direct = Institution.objects.create(kind="training", name_zh="省校", region=Region.objects.get(code="53"))
    far = Institution.objects.create(kind="training", name_zh="海东校", region=court_region("54"))
    for place in (other, direct, far):
        (learner,) = add_learners(add_class(court.world, f"{place}的班", place), [f"{place}的人"])
        give_hours(learner, court.world, online_ms=1_800_000)
    add_class(court.world, "去年的班", direct, state="ended", starts_on=date(2025, 1, 1), ends_on=date(2025, 2, 1))
    refresh_standings(at=LATER, with_ended=True)

    page = page_of(court.wen).get("/manage/regions/53/")

    total = page.context["total"]
    assert (total.institutions, total.classes, total.learners, total.done) == (3, 3, 5, 1)
    assert total.percent == 40  # 3 + 1 + 0.03 + 1 + 1 class hours of fifteen
    assert [
        (each["name"], each["figures"].institutions, each["figures"].learners) for each in page.context["regions"]
    ] == [("安平市", 2, 4)]
    assert [
        (each["name"], each["figures"].learners, each["figures"].percent) for each in page.context["institutions"]
    ] == [("省校", 1, 33)]
    below = page_of(court.wen).get("/manage/regions/5301/")
    assert {each["name"]: each["figures"].learners for each in below.context["institutions"]} == {
        "安技校": 3,
        "别家": 1,
    }
    assert [each["url"] for each in below.context["above"]] == ["/manage/regions/53/"]
    assert page_of(court.vera).get("/manage/regions/5301/").context["above"] == []


def test_the_charts_of_a_region_agree_with_the_ledger(court: Court) -> None:
    """Alice's study, and hours in the workshop of her class and of another one, summed from entries and refusals."""
    refused_gap(court)
    second = add_class(court.world, "第二期")
    (zoe,) = add_learners(second, ["Zoe"])
    for enrollment, minutes in ((court.world.enrollment, 30), (zoe, 90)):
        attend(court, enrollment, minutes)
    refresh_standings(at=LATER)
    groups = [court.world.training_class, second]
    days = Counter[str]()
    for group in groups:
        for (_day, kind), (confirmed_ms, refused_ms) in replayed_days(group).items():
            days[f"kind-{kind}"] += confirmed_ms
            days["idle"] += refused_ms
    codes = Counter[str]()
    for each in Refusal.objects.filter(enrollment__training_class__in=groups):
        codes[each.code] += each.ms

    for person, path in ((court.wen, "/manage/regions/53/"), (court.world.bob, "/manage/")):
        with mock.patch.object(dashboards, "_today", return_value=today(LATER).date):
            page = page_of(person).get(path)
        assert {each["tone"]: each["ms"] for each in page.context["days"]["parts"]} == days
        assert {each["code"]: each["ms"] for each in page.context["refused"]} == codes
    assert days == {"kind-online": 60_000, "kind-workshop": 7_200_000, "idle": 240_000}


def rows_of(page: Any) -> list[tuple[str, int, int]]:
    return [(each["name"], each["ms"], each["percent"]) for each in page.context["where"]["rows"]]


def lossy(court: Court) -> None:
    """Of Alice's class 4 min by gaps of 5 claimed; elsewhere 1 min by gaps and 9 min hidden, of 40 claimed."""
    refused_gap(court)
    group = add_class(court.world, "夜班", Institution.objects.get(name_zh="别家"))
    (learner,) = add_learners(group, ["Zoe"])
    give_hours(learner, court.world, online_ms=1_800_000, refused={"gap": 60_000, "hidden": 540_000})
    refresh_standings(at=LATER)


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("", [("别家", 600_000, 25), ("安技校", 240_000, 80)]),
        ("?code=gap", [("安技校", 240_000, 80), ("别家", 60_000, 2)]),
        ("?code=hidden", [("别家", 540_000, 22)]),
        ("?code=nonsense", [("别家", 600_000, 25), ("安技校", 240_000, 80)]),
    ],
)
def test_an_authority_sees_where_most_was_refused(court: Court, query: str, rows: list[tuple[str, int, int]]) -> None:
    lossy(court)

    assert rows_of(page_of(court.wen).get(f"/manage/regions/53/{query}")) == rows


def test_the_way_leads_from_a_region_to_the_learners_who_lost_most(court: Court) -> None:
    lossy(court)
    add_learners(court.world.training_class, ["Yann"])
    refresh_standings(at=LATER)
    wen = page_of(court.wen)

    (school,) = [
        each for each in wen.get("/manage/regions/53/?code=gap").context["where"]["rows"] if each["name"] == "安技校"
    ]
    institution = wen.get(school["url"].split("#")[0])
    (group,) = institution.context["where"]["rows"]
    learners = wen.get(group["url"].split("#")[0]).context["learners"]

    assert school["region"] == "安平市"
    assert institution.context["where"]["code"] == "gap"
    assert [each["label"] for each in institution.context["where"]["reasons"]] == ["全部原因", "太久没有收到页面的信号"]
    assert (group["name"], group["ms"]) == ("第一期", 240_000)
    assert [(each["name"], each["refused_ms"]) for each in learners] == [("Alice", 240_000), ("Yann", 0)]


def test_only_the_ten_places_with_most_are_listed(court: Court) -> None:
    for each in range(12):
        (learner,) = add_learners(add_class(court.world, f"班{each:02}"), [f"人{each}"])
        give_hours(learner, court.world, refused={"hidden": 60_000 + each})
    refresh_standings(at=LATER)

    page = page_of(court.world.bob).get("/manage/")

    assert [each["name"] for each in page.context["where"]["rows"]] == [f"班{each:02}" for each in range(11, 1, -1)]


def court_region(code: str) -> Region:
    return Region.objects.get(code=code)


def cost(browser: Browser, path: str) -> int:
    status(browser, path)
    with CaptureQueriesContext(connection) as captured:
        assert status(browser, path) == 200
    return len(captured)


def more_learners(court: Court) -> None:
    add_learners(court.world.training_class, [f"学员{each}" for each in range(57)])


def more_classes(court: Court) -> None:
    for each in range(28):
        (learner,) = add_learners(add_class(court.world, f"班{each}"), [f"人{each}"])
        give_hours(learner, court.world, refused={"hidden": 60_000 + each})


def more_institutions(court: Court) -> None:
    county = Region.objects.get(code="5301")
    for each in range(20):
        below = Region.objects.create(code=f"5301{each + 10}", name_zh=f"县{each}", parent=county)
        place = Institution.objects.create(kind="training", name_zh=f"校{each}", region=below)
        (learner,) = add_learners(add_class(court.world, f"班{each}", place), [f"人{each}"])
        give_hours(learner, court.world, refused={"hidden": 60_000 + each})


@pytest.mark.parametrize(
    ("name", "who", "grow", "most"),
    [
        ("class", "staff", more_learners, 24),
        ("class xlsx", "staff", more_learners, 20),
        ("institution", "staff", more_classes, 24),
        ("workplace", "staff", more_classes, 24),
        ("institution xlsx", "staff", more_classes, 14),
        # Eight of them ask what waits for the authority elsewhere: exam plans, teachers' files, claims of hours.
        ("province", "province", more_institutions, 32),
        ("province by reason", "province", more_institutions, 32),
        ("institution by reason", "staff", more_classes, 24),
        ("province xlsx", "province", more_institutions, 18),
        ("institution", "province", more_classes, 30),
    ],
)
def test_a_page_costs_the_same_number_of_queries_however_much_there_is(
    court: Court, name: str, who: str, grow: Callable[[Court], None], most: int
) -> None:
    browser, path = page_of(people(court)[who]), addresses(court)[name]
    add_class(court.world, "第二期")
    lively(court)
    few = cost(browser, path)
    grow(court)
    refresh_standings(at=LATER)

    assert few == cost(browser, path)
    assert few <= most


def workbook(browser: Browser, path: str) -> dict[str, list[tuple[object, ...]]]:
    """The sheets of a download as rows of values; fails on a cell that is a formula."""
    answer = browser.get(path)
    assert answer["Content-Type"] == XLSX

    body = body_of(answer)
    assert len(body) == int(answer["Content-Length"])
    book = load_workbook(io.BytesIO(body))
    assert [cell.coordinate for sheet in book for row in sheet for cell in row if cell.data_type == "f"] == []
    return {sheet.title: [tuple(cell.value for cell in row) for row in sheet] for sheet in book}


def test_the_spreadsheet_of_a_class_holds_its_tables(court: Court) -> None:
    lively(court)

    sheets = workbook(page_of(court.world.bob), addresses(court)["class xlsx"])

    assert list(sheets) == ["学员", "各模块学时", "未计时的时间及原因", "每日时长"]
    assert sheets["学员"] == [
        ("姓名", "身份证号", "情况", "进度（%）", "已确认学时", "要求学时", "未计时（分钟）", "最近学习日"),
        ("Alice", None, "进度正常", 1, 0.03, 3, 4, NOON.replace(hour=0, tzinfo=None)),
        ("=1+1", None, "进度正常", 33, 1, 3, 0, None),
        ("Done", None, "已完成", 100, 3, 3, 0, None),
    ]
    assert sheets["各模块学时"][1:] == [("理论", "网络", 1.03, 3, 34), ("实操", "实操", 3, 6, 50)]
    assert sheets["未计时的时间及原因"][1:] == [("太久没有收到页面的信号", 4, 100)]
    assert len(sheets["每日时长"]) == 31


def test_an_identity_number_leaves_masked(court: Court) -> None:
    from lms.accounts import sealing
    from lms.accounts.rules.identity import IdentityNumber, check_digit

    number = "53010119900101001" + check_digit("53010119900101001")
    alice = court.world.alice
    User.objects.filter(pk=alice.pk).update(
        identity_cipher=sealing.seal(IdentityNumber(number), alice.uuid),
        identity_mac=sealing.mac(IdentityNumber(number)),
    )
    refresh_standings(at=LATER)
    path = addresses(court)["class xlsx"]

    shown = workbook(page_of(court.world.bob), path)["学员"][1][1]

    assert shown is not None
    assert number not in str(shown)
    assert str(shown).count("*") >= 8
    assert number not in page_of(court.world.bob).get(addresses(court)["class"]).content.decode()


def test_the_spreadsheets_of_places_hold_their_tables(court: Court) -> None:
    lively(court)

    with mock.patch.object(dashboards, "_today", return_value=today(LATER).date):
        classes = workbook(page_of(court.world.bob), addresses(court)["institution xlsx"])
        region = workbook(page_of(court.wen), addresses(court)["province xlsx"])

    assert classes["培训班"][1][:1] + classes["培训班"][1][4:] == ("第一期", "已受理", 3, 1, 0, 0, 44)
    assert region["下级地区"][1] == ("安平市", 2, 1, 3, 1, 0, 0, 4.03, 44, 11)
    assert region["培训机构"] == [region["培训机构"][0]]
    for sheets, places, name in ((classes, "各培训班未计时", "第一期"), (region, "各机构未计时", "安技校")):
        assert len(sheets["每日时长"]) == 31
        assert sheets["每日时长"][-1][1:] == (1, 0, 0, 4)
        assert sheets["未计时的时间及原因"][1:] == [("太久没有收到页面的信号", 4, 100)]
        assert sheets[places][0][-1] == "太久没有收到页面的信号"
        assert sheets[places][1] == (name, 4, 11, 4)


def test_a_class_with_any_title_can_be_taken_away(court: Court) -> None:
    odd = add_class(court.world, '第三期: "夜班"/[甲]*?\\ 很长很长很长很长很长很长很长很长很长很长')

    answer = page_of(court.world.bob).get(f"/manage/classes/{odd.uuid}/dashboard.xlsx")

    assert len(body_of(answer)) > 0
    assert answer.status_code == 200
    assert "\n" not in answer["Content-Disposition"]


def test_the_pages_speak_english_too(court: Court) -> None:
    lively(court)
    bob = page_of(court.world.bob)
    bob.post("/i18n/setlang/", {"language": "en", "next": "/"})

    assert "Who needs help first" in bob.get(addresses(court)["class"]).content.decode()
    assert list(workbook(bob, addresses(court)["class xlsx"])) == [
        "Learners",
        "Hours by module",
        "Not counted, and why",
        "Hours by day",
    ]
