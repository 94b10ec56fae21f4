"""The pages of classroom and workshop hours: the teacher's screen, the learner's button, proposals and decisions."""

import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import segno
from django.test import Client as Browser

from lms.accounts.models import Role, User
from lms.enrollments.models import Enrollment
from lms.hours.models import AttendanceProposal, AttendanceSheet, Entry, Presence
from tests.integration.hours.classroom import came, colleague, decided, left, opened, outsider, proposed, teacher
from tests.world import NOON, World, make_person

HOUR = timedelta(hours=1)


def browser_of(person: User | None) -> Browser:
    browser = Browser()
    if person is not None:
        browser.force_login(person)
    return browser


@pytest.fixture
def sheet(world: World) -> AttendanceSheet:
    """A workshop that has been running for an hour of the real clock."""
    now = datetime.now(UTC)
    return opened(world, at=now, from_at=now - HOUR, to_at=now + HOUR)


def scanned(world: World, sheet: AttendanceSheet, direction: str = "in") -> str:
    """The path that the code on Bob's screen leads to now."""
    page = browser_of(world.bob).get(f"/teach/sheets/{sheet.uuid}/screen/?direction={direction}")
    link: str = page.context["link"]
    return link.removeprefix("http://127.0.0.1:8000")


def press(browser: Browser, path: str) -> Any:
    return browser.post(path, {"uuid": str(uuid.uuid4())}, follow=True)


def test_a_scan_and_a_button_in_and_again_out_become_hours(world: World, sheet: AttendanceSheet) -> None:
    alice = browser_of(world.alice)

    came = press(alice, scanned(world, sheet))
    left = press(alice, scanned(world, sheet, "out"))

    assert came.request["PATH_INFO"] == f"/attend/{sheet.uuid}/"
    assert "已签到" in came.content.decode()
    assert "已签退" in left.content.decode()
    entry = Entry.objects.get()
    assert (entry.posted_by, entry.kind) == (world.alice, "workshop")
    assert alice.get("/my/hours/").context["attendance"][0]["state"] == "out"


def test_looking_at_the_link_marks_nothing(world: World, sheet: AttendanceSheet) -> None:
    assert browser_of(world.alice).get(scanned(world, sheet)).status_code == 200
    assert not Presence.objects.exists()


def test_the_picture_on_the_screen_holds_the_link_and_no_style(world: World, sheet: AttendanceSheet) -> None:
    page = browser_of(world.bob).get(f"/teach/sheets/{sheet.uuid}/code/")

    assert re.fullmatch(rf"http://127\.0\.0\.1:8000/attend/{sheet.uuid}/in/[a-z2-7]{{16}}/", page.context["link"])
    drawn = segno.make(page.context["link"], error="m", micro=False).svg_inline(omitsize=True, border=3)
    assert re.search(r' d="[^"]+"', drawn)[0] in page.content.decode()  # type: ignore[index]
    assert "style=" not in page.content.decode()
    assert page.headers["Cache-Control"].startswith("max-age=0")


def test_an_old_code_is_told_to_scan_again(world: World, sheet: AttendanceSheet) -> None:
    path = f"/attend/{sheet.uuid}/in/aaaaaaaaaaaaaaaa/"
    alice = browser_of(world.alice)

    for answer in (alice.get(path), press(alice, path)):
        assert answer.status_code == 409
        assert "重新扫描" in answer.content.decode()
    assert not Presence.objects.exists()


def test_somebody_without_a_login_is_sent_to_log_in_and_back(world: World, sheet: AttendanceSheet) -> None:
    path = scanned(world, sheet)

    answer = browser_of(None).get(path)

    assert (answer.status_code, answer.headers["Location"]) == (302, f"/accounts/login/?next={path}")


def test_one_phone_that_signs_two_learners_is_flagged_for_teacher_and_authority(
    world: World, sheet: AttendanceSheet
) -> None:
    dan = make_person("dan", Role.LEARNER)
    Enrollment.objects.create(learner=dan, training_class=world.training_class, enrolled_at=NOON)
    phone = browser_of(world.alice)
    press(phone, scanned(world, sheet))
    phone.force_login(dan)
    press(phone, scanned(world, sheet))

    for viewer in (world.bob, outsider(world.training_class)):
        page = browser_of(viewer).get(f"/teach/sheets/{sheet.uuid}/")
        assert [row["others"] for row in page.context["rows"]] == [["Dan"], ["Alice"]]
        assert page.context["shared"] == 2


def test_two_phones_are_not_flagged(world: World, sheet: AttendanceSheet) -> None:
    dan = make_person("dan", Role.LEARNER)
    Enrollment.objects.create(learner=dan, training_class=world.training_class, enrolled_at=NOON)
    for person in (world.alice, dan):
        press(browser_of(person), scanned(world, sheet))

    assert browser_of(world.bob).get(f"/teach/sheets/{sheet.uuid}/").context["shared"] == 0


def test_a_learner_who_forgot_to_sign_out_sees_that_it_did_not_count(world: World) -> None:
    sheet = opened(world)
    came(world, sheet, 60)

    assert browser_of(world.alice).get("/my/hours/").context["attendance"][0]["state"] == "left"
    assert browser_of(world.bob).get(f"/teach/sheets/{sheet.uuid}/").context["rows"][0]["state"] == "left"


def test_a_teacher_opens_a_sheet_and_closes_it(world: World) -> None:
    tom = browser_of(teacher(world))
    address = f"/manage/classes/{world.training_class.uuid}/attendance/new/"
    form = tom.get(address).context["form"]
    sent = {"uuid": str(form["uuid"].value()), "what": world.practice.requirements.get().pk, "place": "三层"}
    sent |= {"date": "2027-03-02", "begins": "09:00", "ends": "10:30"}

    first, again = tom.post(address, sent), tom.post(address, sent)
    sheet = AttendanceSheet.objects.get()
    tom.post(f"/teach/sheets/{sheet.uuid}/close/")

    assert first.headers["Location"] == again.headers["Location"] == f"/teach/sheets/{sheet.uuid}/"
    sheet.refresh_from_db()
    assert sheet.closed_by.email == "tom@example.test"
    assert sheet.from_at == datetime(2027, 3, 2, 1, 0, tzinfo=UTC)


def test_a_refused_sheet_says_why_beside_the_field(world: World) -> None:
    address = f"/manage/classes/{world.training_class.uuid}/attendance/new/"
    sent = {"uuid": str(uuid.uuid4()), "what": world.practice.requirements.get().pk, "place": "三层"}
    sent |= {"date": "2026-03-02", "begins": "09:00", "ends": "08:30"}

    answer = browser_of(world.bob).post(address, sent)

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["ends"]


def test_missed_hours_are_proposed_and_decided_by_forms(world: World) -> None:
    bob, ruth = browser_of(world.bob), browser_of(outsider(world.training_class))
    address = f"/manage/classes/{world.training_class.uuid}/attendance/missed/"
    form = bob.get(address).context["form"]
    sent = {"uuid": str(form["uuid"].value()), "what": world.practice.requirements.get().pk}
    sent |= {"date": "2026-03-02", "begins": "13:00", "ends": "14:30", "reason": "停电"}
    nobody = bob.post(address, sent)
    assert (bob.post(address, {**sent, f"present_{world.enrollment.uuid}": "on"}).status_code, nobody.status_code) == (
        302,
        422,
    )
    waiting = browser_of(world.alice).get("/my/hours/").context["proposed"][0]
    proposal = AttendanceProposal.objects.get()

    decision = ruth.post(f"/manage/attendance/{proposal.uuid}/decide/", {"verb": "accept", "reason": "属实"})

    assert (waiting["state"], decision.status_code) == ("proposed", 302)
    told = browser_of(world.alice).get("/my/hours/").context["proposed"][0]
    assert (told["state"], told["decided_reason"], Entry.objects.get().ms) == ("accepted", "属实", 5_400_000)
    row = bob.get(f"/manage/classes/{world.training_class.uuid}/").context["roster"][0]
    assert row["confirmed_hours"] == 2


def test_a_learner_is_marked_by_hand_and_sees_that_it_waits(world: World) -> None:
    sheet = opened(world)
    tom = browser_of(teacher(world))
    sent = {"uuid": str(uuid.uuid4()), "date": "2026-03-02", "begins": "12:00", "ends": "13:30"}
    sent |= {"learner": str(world.enrollment.uuid), "reason": "手机没电"}

    answer = tom.post(f"/teach/sheets/{sheet.uuid}/by-hand/", sent)

    assert answer.status_code == 302
    assert tom.get(f"/teach/sheets/{sheet.uuid}/").context["hand_marks"][0]["state"] == "proposed"
    assert browser_of(world.alice).get("/my/hours/").context["proposed"][0]["state"] == "proposed"
    assert not Entry.objects.exists()


def test_a_learner_refused_among_accepted_ones_sees_why(world: World) -> None:
    decided(proposed(world, 0, 3600))
    decided(proposed(world, 1800, 5400))

    rows = browser_of(world.alice).get("/my/hours/").context["proposed"]

    assert [row["state"] for row in rows] == ["rejected", "accepted"]
    assert rows[0]["refused"]


def test_teach_lists_what_runs_and_what_is_taught(world: World, sheet: AttendanceSheet) -> None:
    page = browser_of(teacher(world)).get("/teach/")

    assert [each["url"] for each in page.context["sheets"]] == [f"/teach/sheets/{sheet.uuid}/"]
    assert [each["title"] for each in page.context["classes"].object_list] == ["第一期"]


def test_hours_are_taken_back_on_a_sheet_and_the_learner_sees_by_whom_and_why(world: World) -> None:
    sheet = opened(world)
    came(world, sheet, 0)
    left(world, sheet, 7200)
    tom, ruth, alice = (browser_of(each) for each in (teacher(world), outsider(world.training_class), world.alice))
    sent = {"uuid": str(uuid.uuid4()), "date": "2026-03-02", "begins": "13:00", "ends": "14:00"}
    sent |= {"learner": str(world.enrollment.uuid), "reason": "一点就走了"}

    answer = tom.post(f"/teach/sheets/{sheet.uuid}/take-back/", sent)

    assert answer.status_code == 302
    waiting = alice.get("/my/hours/").context["proposed"][0]
    assert (waiting["takes"], waiting["state"], waiting["reason"]) == (True, "proposed", "一点就走了")
    proposal = AttendanceProposal.objects.get()
    assert [row["takes"] for row in ruth.get("/manage/attendance/").context["proposals"]] == [True]
    page = ruth.get(f"/manage/attendance/{proposal.uuid}/")
    assert [row["ms"] for row in page.context["rows"]] == [3_600_000]
    ruth.post(f"/manage/attendance/{proposal.uuid}/decide/", {"verb": "accept", "reason": "监控为证"})
    mine = alice.get("/my/hours/")
    void = mine.context["entries"].object_list[0]
    assert (void["state"], void["ms"], void["balance_ms"]) == ("void", 3_600_000, 3_600_000)
    assert (void["reason"], "Tom" in void["names"], "Ruth" in void["names"]) == ("监控为证", True, True)
    assert void["appeal"]["state"] is None
    assert mine.context["proposed"][0]["label"] == "学时已收回"
    assert "1 小时" in ruth.get(f"/manage/attendance/{proposal.uuid}/").content.decode()


def test_staff_take_back_what_was_counted_without_a_sheet(world: World) -> None:
    decided(proposed(world, 0, 5400))
    bob = browser_of(world.bob)
    address = f"/manage/classes/{world.training_class.uuid}/attendance/back/"
    sent = {"uuid": str(uuid.uuid4()), "what": world.practice.requirements.get().pk, "date": "2026-03-02"}
    sent |= {"begins": "12:00", "ends": "12:30", "reason": "来晚了", f"present_{world.enrollment.uuid}": "on"}

    later = bob.post(address, {**sent, "begins": "15:00", "ends": "16:00"})
    answer = bob.post(address, sent)

    assert later.status_code == 422
    assert later.context["form"].non_field_errors() == ["Alice: 这段时间内没有仍然有效的到课学时。"]
    assert (answer.status_code, answer.headers["Location"]) == (302, address.removesuffix("back/"))
    assert AttendanceProposal.objects.get(effect="take").learners.get().learner == world.alice


ACCESS = {
    # address: (Alice the learner, Bob the staff, Tom the teacher, Ruth the authority, a stranger who teaches elsewhere,
    # a colleague who teaches another class)
    "/teach/": (403, 200, 200, 403, 200, 200),
    "/teach/sheets/{sheet}/": (404, 200, 200, 200, 404, 404),
    "/teach/sheets/{sheet}/screen/": (404, 200, 200, 404, 404, 404),
    "/teach/sheets/{sheet}/code/": (404, 200, 200, 404, 404, 404),
    "/manage/classes/{group}/attendance/": (404, 200, 200, 200, 404, 404),
    "/manage/classes/{group}/attendance/new/": (404, 200, 200, 404, 404, 404),
    "/manage/classes/{group}/attendance/missed/": (404, 200, 404, 404, 404, 404),
    "/manage/classes/{group}/attendance/back/": (404, 200, 404, 404, 404, 404),
    "/manage/attendance/": (403, 200, 403, 200, 403, 403),
    "/manage/attendance/{proposal}/": (404, 200, 404, 200, 404, 404),
    "/attend/{sheet}/": (404, 404, 404, 404, 404, 404),
    "/attend/{sheet}/in/aaaa/": (409, 404, 404, 404, 404, 404),
    "/attend/{sheet}/up/aaaa/": (404, 404, 404, 404, 404, 404),
}
POSTED = {
    "/teach/sheets/{sheet}/close/": (404, 302, 302, 404, 404, 404),
    "/teach/sheets/{sheet}/by-hand/": (404, 422, 422, 404, 404, 404),
    "/teach/sheets/{sheet}/take-back/": (404, 422, 422, 404, 404, 404),
    "/manage/attendance/{proposal}/decide/": (404, 422, 404, 422, 404, 404),
}


def viewers(world: World) -> list[User]:
    strange = make_person("strange", Role.TEACHER)
    named = teacher(world)
    return [world.alice, world.bob, named, outsider(world.training_class), strange, colleague(world)]


@pytest.mark.parametrize("address", [*ACCESS, *POSTED])
def test_each_page_is_for_those_whom_it_concerns(world: World, sheet: AttendanceSheet, address: str) -> None:
    path = address.format(sheet=sheet.uuid, group=world.training_class.uuid, proposal=proposed(world, 0, 3600).uuid)

    if address in ACCESS:
        found = tuple(browser_of(each).get(path).status_code for each in viewers(world))
    else:
        found = tuple(browser_of(each).post(path).status_code for each in viewers(world))

    assert found == {**ACCESS, **POSTED}[address]
    assert browser_of(None).get(path).status_code == 302


def test_staff_do_not_decide_by_the_form_either(world: World) -> None:
    proposal = proposed(world, 0, 3600)

    answer = browser_of(world.bob).post(
        f"/manage/attendance/{proposal.uuid}/decide/", {"verb": "accept", "reason": "属实"}
    )

    assert answer.status_code == 403
    assert not Entry.objects.exists()


def test_lists_cost_the_same_however_many_learners(
    world: World, sheet: AttendanceSheet, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        learner = make_person(f"learner{number}", Role.LEARNER)
        enrollment = Enrollment.objects.create(learner=learner, training_class=world.training_class, enrolled_at=NOON)
        Presence.objects.create(sheet=sheet, learner=learner, enrollment=enrollment, in_at=NOON, in_device=str(number))
        proposed(world, number * 60, number * 60 + 60, enrollments=[enrollment], sheet=sheet)
    bob, tom = browser_of(world.bob), browser_of(teacher(world))

    for path, number in (
        (f"/teach/sheets/{sheet.uuid}/", 16),
        (f"/teach/sheets/{sheet.uuid}/code/", 8),
        (f"/manage/classes/{world.training_class.uuid}/attendance/", 18),
        ("/manage/attendance/", 10),
    ):
        with django_assert_max_num_queries(number):
            assert bob.get(path).status_code == 200
    with django_assert_max_num_queries(14):
        assert tom.get("/teach/").status_code == 200
