"""The pages of exam offices and of the authority above them: what they show, take and refuse."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from lms.accounts.models import Role
from lms.exams.actions import add_room, cancel_sitting, change_capacity, open_site, propose_plan, schedule_sitting
from lms.exams.actions.holding import look_again
from lms.exams.models import Duty, ExamPlan, Officer, Registration, RegistrationState, Site, Sitting, WaitingPlace
from lms.exams.views.office.words import problem_text
from lms.institutions.actions import join_institution, leave_institution, open_institution, post_authority
from tests.integration.exams.builders import EXAM, NOON, REPORTED, Ground, confirm, make_person, publish
from tests.integration.exams.offices import asked, at_the_moment, examiner, newcomer, planned, seat, with_role
from tests.sittings import booked_seat, made_up_decision

START = "/exams/office/"


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    at_the_moment(monkeypatch, NOON)


@pytest.fixture
def edda(ground: Ground, client: Client) -> Client:
    client.force_login(ground.edda)
    return client


def console(ground: Ground) -> str:
    return f"/exams/office/sittings/{ground.sitting.uuid}/"


def scheduled(ground: Ground, plan: ExamPlan) -> Sitting:
    fields: dict[str, Any] = asked(ground)
    return schedule_sitting(by=ground.edda, at=NOON, plan=plan, **fields)


def proposed(ground: Ground) -> str:
    plan = planned(ground)
    scheduled(ground, plan)
    propose_plan(by=ground.edda, at=NOON, plan=plan)
    return f"/exams/plans/{plan.uuid}/"


def form_of(ground: Ground, **changes: object) -> dict[str, object]:
    """A sitting as it is typed, in Shanghai's time."""
    fields: dict[str, object] = {
        "uuid": uuid.uuid4(),
        "syllabus": ground.version.syllabus.pk,
        "room": ground.sitting.room.pk,
        "title_zh": "五月第一场",
        "starts_at": "2026-05-01T09:00",
        "minutes": 120,
        "opens_at": "2026-04-01T08:00",
        "closes_at": "2026-04-24T18:00",
        "capacity": 12,
    }
    return {**fields, **changes}


def test_the_start_page_says_what_needs_doing_and_what_is_to_come(ground: Ground, edda: Client) -> None:
    planned(ground)
    seat(ground)
    confirm(ground.enrollment, ground.practice, "workshop", -5_400_000)

    page = edda.get(START)

    assert page.status_code == 200
    assert [each["title"] for each in page.context["to_do"]] == ["五月考试", "低压电工考试"]
    (row,) = page.context["sittings"]
    assert (row["booked"], row["capacity"], row["taken_percent"]) == (1, 5, 20)
    assert "已占 1 / 5 座" in page.content.decode()
    assert "待复核座位：1 个" in page.content.decode()


def test_a_sitting_of_this_week_wants_a_chief(ground: Ground, edda: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    at_the_moment(monkeypatch, EXAM - timedelta(days=6))
    assert "还没有安排主考" in edda.get(START).content.decode()

    Officer.objects.create(sitting=ground.sitting, person=ground.edda, duty=Duty.CHIEF, assigned_at=NOON)

    assert edda.get(START).context["to_do"] == []


def test_an_office_plans_from_a_site_to_what_the_authority_reads(ground: Ground, edda: Client) -> None:
    site = edda.post(
        f"{START}sites/",
        {
            "uuid": uuid.uuid4(),
            "institution": ground.exam_office.pk,
            "name_zh": "东区考点",
            "seats": 40,
            "address": "学府路 2 号",
        },
    )
    room = edda.post(site.headers["Location"], {"uuid": uuid.uuid4(), "name_zh": "东一", "seats": 25})
    assert (site.status_code, room.status_code, room.headers["Location"]) == (302, 302, site.headers["Location"])
    made = Site.objects.get(name_zh="东区考点").rooms.get()
    drafted = {"uuid": uuid.uuid4(), "institution": ground.exam_office.pk, "title_zh": "五月考试"}
    plan = edda.post(f"{START}plans/new/", drafted).headers["Location"]
    assert edda.post(f"{START}plans/new/", drafted).headers["Location"] == plan

    typed = form_of(ground, room=made.pk)
    for _again in range(2):
        assert edda.post(f"{plan}sittings/new/", typed).status_code == 302

    sitting = ExamPlan.objects.get(title_zh="五月考试").sittings.get()
    assert (sitting.starts_at.isoformat(), sitting.capacity) == ("2026-05-01T01:00:00+00:00", 12)
    assert edda.post(f"{plan}propose/").status_code == 302
    assert edda.get(plan).context["plan"]["state"] == "proposed"
    edda.force_login(ground.vera)
    assert "五月考试" in edda.get("/exams/plans/").content.decode()
    assert edda.post(f"{plan}decide/", {"verb": "approve"}).status_code == 302
    edda.force_login(ground.edda)
    assert "公布计划" in edda.get(plan).content.decode()
    assert edda.post(f"{plan}publish/").status_code == 302
    assert edda.get(plan).context["is_published"] is True


@pytest.mark.parametrize(
    ("changes", "field", "text"),
    [
        ({"capacity": 21}, "capacity", "“21”不可用；允许：1 至 20。"),
        ({"minutes": 601}, "minutes", "“601”不可用；允许：1 至 600。"),
        ({"starts_at": "2026-03-01T09:00"}, "starts_at", "“2026-03-01 09:00”不可用；允许：将来的时间。"),
        ({"closes_at": "2026-05-02T09:00"}, "closes_at", "允许：晚于报名开始、不晚于开考的时间。"),
        ({"starts_at": "2026-04-01T10:00", "closes_at": "2026-04-01T09:00"}, "room", "该时段没有其他考试的考场"),
        ({"capacity": "many"}, "capacity", "输入整数"),
        ({"room": 0}, "room", "选择一个有效的选项"),
        ({"title_zh": ""}, "title_zh", ""),
    ],
    ids=["above-room", "too-long", "past", "late-close", "overlap", "no-number", "no-room", "no-title"],
)
def test_a_sitting_that_cannot_be_comes_back_with_the_reason_at_its_field(
    ground: Ground, edda: Client, changes: dict[str, object], field: str, text: str
) -> None:
    plan = planned(ground)

    page = edda.post(f"/exams/plans/{plan.uuid}/sittings/new/", form_of(ground, **changes))

    assert page.status_code == 422
    assert text in " ".join(page.context["form"].errors[field])
    assert not plan.sittings.exists()


def test_rooms_beyond_the_site_come_back_with_what_is_left(ground: Ground, edda: Client) -> None:
    site = ground.sitting.site

    page = edda.post(f"{START}sites/{site.uuid}/", {"uuid": uuid.uuid4(), "name_zh": "二号", "seats": 11})

    assert page.status_code == 422
    assert page.context["form"].errors["seats"] == ["“11”不可用；允许：1 至 10。"]
    assert "考点还有 10 座未分到考场" in page.content.decode()


def test_a_full_site_says_that_there_are_no_more_seats() -> None:
    with translation.override("zh-hans"):
        assert problem_text("1", "1 to 0, what the site's 30 seats leave") == "“1”不可用；允许：没有更多座位。"


def test_what_cannot_be_examined_is_said_in_the_readers_words() -> None:
    with translation.override("zh-hans"):
        said = problem_text("year", "a training that ends in an exam")

    assert said == "“year”不可用；允许：以考试结束的培训。"


def test_a_site_whose_seats_are_all_in_rooms_offers_no_form_and_says_why(ground: Ground, edda: Client) -> None:
    site = ground.sitting.site
    address = f"{START}sites/{site.uuid}/"
    assert "添加考场" in edda.get(address).content.decode()
    add_room(by=ground.edda, at=NOON, uuid=uuid.uuid4(), site=site, name_zh="二号", seats=10)

    page = edda.get(address).content.decode()

    assert 'name="seats"' not in page
    assert "考点核定同时容纳 30 人，各考场座位已分配完毕" in page


def test_the_console_refreshes_itself_until_the_exam_is_over(
    ground: Ground, edda: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    begins, ends = ground.sitting.starts_at, ground.sitting.starts_at + timedelta(minutes=ground.sitting.minutes)
    seen = {}
    for moment in (NOON, begins, ends - timedelta(seconds=1), ends):
        at_the_moment(monkeypatch, moment)
        page = edda.get(console(ground)).content.decode()
        seen[moment] = "exams/console.js" in page

    assert list(seen.values()) == [True, True, True, False]
    assert [page.count(f'data-live="{part}"') for part in ("as-of", "seats", "candidates", "waiting")] == [1, 1, 1, 1]
    assert f'data-live-url="{console(ground)}?page=1"' in page


def test_a_sitting_is_taken_out_of_a_draft_and_not_of_what_was_proposed(ground: Ground, edda: Client) -> None:
    plan = planned(ground)
    sitting = scheduled(ground, plan)
    assert edda.post(f"/exams/office/sittings/{sitting.uuid}/remove/").status_code == 302
    assert not plan.sittings.exists()

    kept = edda.post(f"{console(ground)}remove/", follow=True)

    assert "计划当前状态为“已公布”" in kept.content.decode()
    assert Sitting.objects.filter(pk=ground.sitting.pk).exists()


def test_an_empty_plan_is_not_proposed(ground: Ground, edda: Client) -> None:
    page = edda.post(f"/exams/plans/{planned(ground).uuid}/propose/", follow=True)

    assert "“0”不可用；允许：至少一场考试。" in page.content.decode()


def test_the_authority_weighs_seats_against_people_in_training(ground: Ground, client: Client) -> None:
    address = proposed(ground)
    client.force_login(ground.vera)

    page = client.get(address)

    assert page.context["demand"] == [{"name": "低压电工", "seats": 10, "learners": 1}]
    assert page.context["totals"] == {"sittings": 1, "seats": 10}
    assert page.context["form"] is not None
    assert "没有考场在同一时间被重复占用" in page.content.decode()


def test_a_plan_is_returned_with_a_reason_that_its_office_reads(ground: Ground, client: Client) -> None:
    address = proposed(ground)
    client.force_login(ground.vera)
    refused = client.post(f"{address}decide/", {"verb": "return", "reason": " "})
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["reason"])
    assert client.post(f"{address}decide/", {"verb": "burn"}).status_code == 422

    assert client.post(f"{address}decide/", {"verb": "return", "reason": "考场太小"}).status_code == 302

    client.force_login(ground.edda)
    text = client.get(address).content.decode()
    assert "考场太小" in text
    assert "添加一场考试" in text
    assert "已退回并说明原因" in client.get(START).content.decode()


def test_whoever_worked_for_the_office_reads_why_somebody_else_decides(ground: Ground, client: Client) -> None:
    join_institution(by=None, at=REPORTED, person=ground.vera, institution=ground.exam_office)
    leave_institution(by=None, at=NOON, person=ground.vera, institution=ground.exam_office)
    address = proposed(ground)
    client.force_login(ground.vera)

    page = client.get(address)

    assert page.context["form"] is None
    assert "您曾在该考试机构任职，应由主管部门其他人员审批。" in page.content.decode()
    assert client.post(f"{address}decide/", {"verb": "approve"}).status_code == 403


def test_a_draft_is_seen_by_its_office_alone(ground: Ground, client: Client) -> None:
    address = f"/exams/plans/{planned(ground).uuid}/"
    answers = {}
    for name in ("edda", "vera", "bob", "alice", "charlie"):
        client.force_login(getattr(ground, name))
        answers[name] = client.get(address).status_code

    assert answers == {"edda": 200, "vera": 404, "bob": 404, "alice": 404, "charlie": 404}


def test_another_office_and_another_region_see_nothing_of_it(ground: Ground, client: Client) -> None:
    address = proposed(ground)
    other = open_institution(by=None, at=REPORTED, kind="exam", name_zh="别院", region=ground.exam_office.region)
    client.force_login(examiner("otto", other))
    paths = (address, console(ground), f"{START}sites/{ground.sitting.site.uuid}/", f"{address}sittings/new/")
    assert [client.get(path).status_code for path in paths] == [404] * 4
    start = client.get(START)
    assert (start.context["plans"], start.context["sittings"]) == ([], [])
    elsewhere = make_person("wanda", Role.AUTHORITY)
    region = type(other.region).objects.create(code="98", name_zh="别省", name_en="Elsewhere")
    post_authority(by=None, at=REPORTED, person=elsewhere, region=region)
    client.force_login(elsewhere)

    assert client.get(address).status_code == 404
    assert client.get("/exams/plans/").context["plans"] == []


def test_the_console_shows_every_seat_with_its_state(ground: Ground, edda: Client) -> None:
    lily, leo = newcomer("lily", 11), newcomer("leo", 12)
    seat(ground)
    seat(ground, lily)
    booked = seat(ground, leo)
    confirm(ground.enrollment, ground.practice, "workshop", -5_400_000)
    look_again(clock=lambda: NOON)
    confirm(leo.enrollments.get(), ground.practice, "workshop", -5_400_000)
    kept = made_up_decision(ground.sitting, ground.enrollment)
    WaitingPlace.objects.create(learner=ground.alice, sitting=ground.sitting, decision=kept, joined_at=NOON)

    page = edda.get(console(ground))

    rows = [(each["seat"], each["name"], each["state"]) for each in page.context["candidates"]]
    assert rows == [(2, "Lily", "booked"), (3, "Leo", "doubt"), (1, "Alice", "withdrawn")]
    assert [each["code"] for each in page.context["candidates"][2]["reasons"]] == ["hours_missing"]
    assert [each["state"] for each in page.context["seats"]] == ["free", "booked", "doubt", "free", "free"]
    assert [each["name"] for each in page.context["waiting"]] == ["Alice"]
    assert page.context["candidates"][0]["identity"].count("*") == 11
    assert booked.learner.real_name in page.content.decode()


def test_the_number_of_seats_is_changed_or_refused_on_the_console(ground: Ground, edda: Client) -> None:
    seat(ground)
    refused = edda.post(f"{console(ground)}capacity/", {"capacity": 0})
    assert refused.status_code == 422
    assert refused.context["capacity_form"].errors["capacity"] == ["“0”不可用；允许：1 至 20。"]

    assert edda.post(f"{console(ground)}capacity/", {"capacity": 7}).status_code == 302

    assert Sitting.objects.get(pk=ground.sitting.pk).capacity == 7


def test_a_sitting_is_cancelled_with_a_reason_that_stands_on_the_console(ground: Ground, edda: Client) -> None:
    assert edda.post(f"{console(ground)}cancel/", {"reason": ""}).status_code == 422

    assert edda.post(f"{console(ground)}cancel/", {"reason": "停电"}).status_code == 302

    text = edda.get(console(ground)).content.decode()
    assert "停电" in text
    assert "调整座位数" not in text


def test_somebody_is_put_on_duty_and_relieved(ground: Ground, edda: Client) -> None:
    asked_for = {"uuid": uuid.uuid4(), "person": ground.edda.pk, "duty": "chief"}
    assert edda.post(f"{console(ground)}officers/", asked_for).status_code == 302
    again = edda.post(f"{console(ground)}officers/", {**asked_for, "uuid": uuid.uuid4()})
    assert again.status_code == 422
    assert again.context["officer_form"].errors["person"] == ["同一时间已在其他考试值考，或已在本场值考。"]
    stranger = edda.post(f"{console(ground)}officers/", {**asked_for, "uuid": uuid.uuid4(), "person": ground.bob.pk})
    assert stranger.status_code == 422

    officer = Officer.objects.get()
    assert edda.post(f"/exams/office/officers/{officer.uuid}/relieve/").status_code == 302

    assert "撤下" in edda.get(console(ground)).content.decode()
    officer.refresh_from_db()
    assert officer.relieved_at == NOON


def test_whoever_trained_a_candidate_is_refused_with_the_reason(ground: Ground, edda: Client) -> None:
    emma = make_person("emma", Role.EXAMINER)
    join_institution(by=None, at=REPORTED, person=emma, institution=ground.school)
    leave_institution(by=None, at=REPORTED, person=emma, institution=ground.school)
    join_institution(by=None, at=NOON, person=emma, institution=ground.exam_office)
    seat(ground)

    page = edda.post(f"{console(ground)}officers/", {"uuid": uuid.uuid4(), "person": emma.pk, "duty": "invigilator"})

    assert page.status_code == 422
    assert "曾在培训过本场考生的机构任职" in page.content.decode()


def test_an_id_that_names_something_else_makes_nothing(ground: Ground, edda: Client) -> None:
    other = open_institution(by=None, at=REPORTED, kind="exam", name_zh="别院", region=ground.exam_office.region)
    otto = examiner("otto", other)
    site = open_site(by=otto, at=NOON, uuid=uuid.uuid4(), institution=other, name_zh="别区", seats=9)

    page = edda.post(
        f"{START}sites/", {"uuid": site.uuid, "institution": ground.exam_office.pk, "name_zh": "东区", "seats": 9}
    )

    assert page.status_code == 422
    assert "请重新打开" in page.content.decode()
    assert not Site.objects.filter(name_zh="东区").exists()


def test_an_examiner_without_an_institution_is_told_so(ground: Ground, client: Client) -> None:
    client.force_login(make_person("emil", Role.EXAMINER))

    for path in (START, f"{START}plans/new/"):
        assert "不在任何考试机构任职" in client.get(path).content.decode()
    assert client.get(f"{START}sites/").status_code == 200


def test_the_links_of_the_frame_lead_there(ground: Ground, client: Client) -> None:
    client.force_login(ground.edda)
    assert 'href="/exams/office/"' in client.get("/me/").content.decode()
    assert 'href="/exams/door/"' in client.get("/me/").content.decode()
    client.force_login(ground.vera)
    assert 'href="/exams/plans/"' in client.get("/me/").content.decode()
    client.force_login(ground.alice)
    assert "/exams/office/" not in client.get("/me/").content.decode()


def test_a_full_room_of_another_office_is_not_offered(ground: Ground, edda: Client) -> None:
    other = open_institution(by=None, at=REPORTED, kind="exam", name_zh="别院", region=ground.exam_office.region)
    otto = examiner("otto", other)
    site = open_site(by=otto, at=NOON, uuid=uuid.uuid4(), institution=other, name_zh="别区", seats=9)
    room = add_room(by=otto, at=NOON, uuid=uuid.uuid4(), site=site, name_zh="别室", seats=9)

    page = edda.post(f"/exams/plans/{planned(ground).uuid}/sittings/new/", form_of(ground, room=room.pk))

    assert page.status_code == 422
    assert "别室" not in page.content.decode()


def queries_of(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as told:
        assert client.get(path).status_code == 200
    return len(told)


def test_the_console_takes_as_many_queries_for_a_hundred_candidates(ground: Ground, edda: Client) -> None:
    site = open_site(
        by=ground.edda, at=NOON, uuid=uuid.uuid4(), institution=ground.exam_office, name_zh="东区", seats=150
    )
    room = add_room(by=ground.edda, at=NOON, uuid=uuid.uuid4(), site=site, name_zh="大厅", seats=150)
    ground.sitting = publish(ground.edda, ground.vera, room, ground.version, capacity=150)
    for serial in range(100, 110):
        booked_seat(newcomer(f"l{serial}", serial), ground.sitting, ground.training_class, seat=serial)
    withdraw(Registration.objects.get(seat=100))
    few = queries_of(edda, console(ground))

    for serial in range(1, 91):
        booked_seat(newcomer(f"m{serial}", 200 + serial), ground.sitting, ground.training_class, seat=serial)
    for each in Registration.objects.filter(seat__in=range(1, 20)):
        withdraw(each)
    many = queries_of(edda, console(ground))

    assert len(edda.get(console(ground)).context["candidates"]) == 100
    assert many == few <= 25


def withdraw(registration: Registration) -> None:
    kept = made_up_decision(registration.sitting, registration.decision.enrollment)
    kept.unmet = [
        {"code": "hours_missing", "module": str(uuid.uuid4()), "kind": "online", "required": "1", "actual": "0"}
        | {"missing": "1", "fact": None}
    ]
    kept = type(kept).objects.create(
        learner=kept.learner,
        sitting=kept.sitting,
        enrollment=kept.enrollment,
        ledger_number=kept.ledger_number,
        made_at=NOON,
        rule_version="eligibility-3-holder",
        inputs={},
        eligible=False,
        unmet=kept.unmet,
    )
    Registration.objects.filter(pk=registration.pk).update(
        state=RegistrationState.WITHDRAWN, withdrawn_at=NOON, withdrawal=kept
    )


def test_lists_take_as_many_queries_for_many_plans_and_sittings(ground: Ground, edda: Client) -> None:
    def more(number: int) -> None:
        for _day in range(number):
            publish(
                ground.edda,
                ground.vera,
                ground.sitting.room,
                ground.version,
                capacity=5,
                starts_at=EXAM + timedelta(days=Sitting.objects.count()),
            )

    more(2)
    few = queries_of(edda, START)
    edda.force_login(ground.vera)
    few_seen = queries_of(edda, "/exams/plans/")
    more(8)

    assert queries_of(edda, "/exams/plans/") == few_seen <= 15
    edda.force_login(ground.edda)
    assert queries_of(edda, START) == few <= 20


def test_a_cancelled_or_changed_sitting_is_seen_at_once(ground: Ground, edda: Client) -> None:
    change_capacity(by=ground.edda, at=NOON, sitting=ground.sitting, capacity=9)
    assert edda.get(START).context["sittings"][0]["capacity"] == 9

    cancel_sitting(by=ground.edda, at=NOON, sitting=ground.sitting, reason="停电")

    assert edda.get(START).context["sittings"][0]["is_cancelled"] is True


def test_who_is_examiner_and_authority_reads_both_lists(ground: Ground, client: Client) -> None:
    both = with_role(ground.edda, Role.AUTHORITY)
    client.force_login(both)

    assert [client.get(path).status_code for path in (START, "/exams/plans/")] == [200, 200]
