"""Sites, rooms and plans: each step of the way, who takes it, and what PostgreSQL refuses by itself."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client

from lms.accounts.models import Role
from lms.audit.models import Event
from lms.enrollments.models import Syllabus
from lms.exams.actions import (
    NotDecider,
    NotExaminer,
    PlanStepRefused,
    SittingRefused,
    UuidTaken,
    add_room,
    decide_plan,
    draft_plan,
    open_site,
    propose_plan,
    publish_plan,
    remove_sitting,
    schedule_sitting,
)
from lms.exams.models import ExamPlan, Room, Sitting
from lms.exams.queries import SittingNotFound, sitting_for
from lms.exams.queries.plans import plans_waiting
from lms.exams.views.office.forms import SittingForm
from lms.institutions.actions import (
    add_region,
    join_institution,
    leave_institution,
    open_institution,
    post_authority,
)
from lms.institutions.models import Institution, Membership
from lms.oversight.actions.telling import tell_waiting
from tests.integration.exams.builders import EXAM, NOON, REPORTED, Ground, make_person, make_version
from tests.integration.exams.offices import asked, examiner, planned, refreshed, verbs, with_role
from tests.integration.letters.post import delivered, link_in


def scheduled(ground: Ground, plan: ExamPlan, **changes: object) -> Sitting:
    fields: dict[str, Any] = asked(ground, **changes)
    return schedule_sitting(by=ground.edda, at=NOON, plan=plan, **fields)


def proposed(ground: Ground) -> ExamPlan:
    plan = planned(ground)
    scheduled(ground, plan)
    return propose_plan(by=ground.edda, at=NOON, plan=plan)


def test_a_plan_goes_from_a_draft_to_what_learners_see(ground: Ground) -> None:
    plan = planned(ground)
    sitting = scheduled(ground, plan)
    with pytest.raises(SittingNotFound):
        sitting_for(ground.alice, sitting.uuid, NOON)

    propose_plan(by=ground.edda, at=NOON, plan=plan)
    decide_plan(by=ground.vera, at=NOON + timedelta(hours=1), plan=plan, approves=True)
    publish_plan(by=ground.edda, at=NOON + timedelta(hours=2), plan=plan)

    plan.refresh_from_db()
    assert (plan.state, plan.decided_by, plan.proposed_at) == ("published", ground.vera, NOON)
    assert sitting_for(ground.alice, sitting.uuid, NOON).sitting == sitting
    own = Event.objects.filter(subject_id__in=[str(plan.uuid), str(sitting.uuid)]).order_by("pk")
    assert verbs(own) == ["plan.drafted", "sitting.scheduled", "plan.proposed", "plan.approved", "plan.published"]


def test_every_step_twice_is_one_step(ground: Ground) -> None:
    key, fields = uuid.uuid4(), asked(ground)
    given: dict[str, Any] = {"by": ground.edda, "at": NOON}
    for _again in range(2):
        plan = draft_plan(uuid=key, institution=ground.exam_office, title_zh="五月", **given)
        sitting = schedule_sitting(plan=plan, **given, **fields)  # type: ignore[arg-type]
    for _again in range(2):
        propose_plan(plan=plan, **given)
    for _again in range(2):
        decide_plan(by=ground.vera, at=NOON, plan=plan, approves=True)
    for _again in range(2):
        publish_plan(plan=plan, **given)

    own = Event.objects.filter(subject_id__in=[str(plan.uuid), str(sitting.uuid)])
    assert own.count() == 5


def test_a_returned_plan_is_mended_and_goes_again(ground: Ground, settings: Any) -> None:
    settings.BASE_URL = "https://hours.example.test"
    plan = proposed(ground)
    decide_plan(by=ground.vera, at=NOON, plan=plan, approves=False, reason=" 考场太小 ")
    plan.refresh_from_db()
    assert (plan.state, plan.reason) == ("returned", "考场太小")
    letter = delivered()["edda@example.test"]
    assert "考试计划被退回：五月考试" in letter.subject
    assert link_in(letter, "/exams/plans/") == f"/exams/plans/{plan.uuid}/"

    remove_sitting(by=ground.edda, at=NOON, sitting=plan.sittings.get())
    scheduled(ground, plan, capacity=5)
    again = propose_plan(by=ground.edda, at=NOON, plan=plan)

    assert (again.state, again.reason, [each.capacity for each in plan.sittings.all()]) == ("proposed", "", [5])


@pytest.mark.parametrize(
    ("step", "allowed"),
    [("propose", "draft, returned"), ("approve", "proposed"), ("schedule", "draft, returned"), ("remove", "draft, re")],
)
def test_a_published_plan_takes_no_step_back(ground: Ground, step: str, allowed: str) -> None:
    sitting, plan = ground.sitting, ground.sitting.plan
    steps = {
        "propose": lambda: propose_plan(by=ground.edda, at=NOON, plan=plan),
        "approve": lambda: decide_plan(by=ground.vera, at=NOON, plan=plan, approves=False, reason="晚了"),
        "schedule": lambda: scheduled(ground, plan),
        "remove": lambda: remove_sitting(by=ground.edda, at=NOON, sitting=sitting),
    }

    with pytest.raises(PlanStepRefused, match=f"the plan is published; allowed: {allowed}"):
        steps[step]()

    assert Sitting.objects.get().plan.state == "published"


def test_an_empty_plan_is_not_proposed_and_a_draft_not_published(ground: Ground) -> None:
    plan = planned(ground)

    with pytest.raises(SittingRefused, match="sittings: '0', allowed: at least one sitting"):
        propose_plan(by=ground.edda, at=NOON, plan=plan)
    with pytest.raises(PlanStepRefused, match="the plan is draft; allowed: approved"):
        publish_plan(by=ground.edda, at=NOON, plan=plan)


@pytest.mark.parametrize(
    ("changes", "field", "allowed"),
    [
        ({"capacity": 0}, "capacity", "1 to 20, the seats of the room"),
        ({"capacity": 21}, "capacity", "1 to 20, the seats of the room"),
        ({"minutes": 0}, "minutes", "1 to 600"),
        ({"minutes": 601}, "minutes", "1 to 600"),
        ({"starts_at": NOON}, "starts_at", "a moment to come"),
        ({"closes_at": NOON}, "closes_at", "after opens_at and not after starts_at"),
        ({"closes_at": EXAM + timedelta(days=31)}, "closes_at", "after opens_at and not after starts_at"),
        ({"title_zh": " "}, "title_zh", "a title"),
        ({"starts_at": EXAM + timedelta(minutes=119)}, "room", "a room without another sitting at that time"),
    ],
    ids=["no-seat", "above-room", "no-minute", "too-long", "past", "closed-first", "late-close", "no-title", "overlap"],
)
def test_a_sitting_that_cannot_be_says_field_value_and_what_is_allowed(
    ground: Ground, changes: dict[str, object], field: str, allowed: str
) -> None:
    plan = planned(ground)

    with pytest.raises(SittingRefused) as refused:
        scheduled(ground, plan, **changes)

    assert (field, allowed) in [(name, words) for name, _value, words in refused.value.problems]
    assert not plan.sittings.exists()
    assert not Event.objects.filter(verb="sitting.scheduled", detail__plan=str(plan.uuid)).exists()


def test_no_exam_is_planned_for_the_continuing_education_of_teachers(ground: Ground) -> None:
    plan = planned(ground)
    syllabus = Syllabus.objects.create(
        code="year", category="teacher", training="continuing", name_zh="教师", name_en="T"
    )

    with pytest.raises(SittingRefused) as refused:
        scheduled(ground, plan, syllabus=syllabus)

    assert refused.value.problems == (("syllabus", "year", "a training that ends in an exam"),)
    assert syllabus not in SittingForm(plan=plan).fields["syllabus"].queryset  # type: ignore[attr-defined]


def test_a_room_is_free_again_at_the_minute_in_which_an_exam_ends(ground: Ground) -> None:
    starts_at = EXAM + timedelta(minutes=120)
    assert scheduled(ground, planned(ground), starts_at=starts_at, closes_at=EXAM).starts_at == starts_at


def test_rooms_share_the_seats_of_their_site(ground: Ground) -> None:
    site = ground.sitting.site
    with pytest.raises(SittingRefused, match="seats: '11', allowed: 1 to 10, what the site's 30 seats leave"):
        add_room(by=ground.edda, at=NOON, uuid=uuid.uuid4(), site=site, name_zh="二号机房", seats=11)
    with pytest.raises(SittingRefused, match="a name that no other room of the site has"):
        add_room(by=ground.edda, at=NOON, uuid=uuid.uuid4(), site=site, name_zh="一号机房", seats=5)

    key = uuid.uuid4()
    for _again in range(2):
        add_room(by=ground.edda, at=NOON, uuid=key, site=site, name_zh="二号机房", seats=10)

    assert [each.seats for each in site.rooms.all()] == [20, 10]
    assert Event.objects.filter(verb="room.opened", detail__seats=10).count() == 1


@pytest.mark.parametrize("seats", [0, 2001])
def test_a_site_has_one_to_two_thousand_seats(ground: Ground, seats: int) -> None:
    with pytest.raises(SittingRefused, match=f"seats: '{seats}', allowed: 1 to 2000"):
        open_site(
            by=ground.edda, at=NOON, uuid=uuid.uuid4(), institution=ground.exam_office, name_zh="东区", seats=seats
        )


@pytest.mark.parametrize("who", ["alice", "bob", "vera", "charlie"])
def test_only_examiners_of_the_institution_plan(ground: Ground, who: str) -> None:
    by, plan = getattr(ground, who), planned(ground)
    given: dict[str, Any] = {"by": by, "at": NOON}
    office, site, sitting = ground.exam_office, ground.sitting.site, scheduled(ground, plan)
    tries = [
        lambda: open_site(uuid=uuid.uuid4(), institution=office, name_zh="东区", seats=9, **given),
        lambda: add_room(uuid=uuid.uuid4(), site=site, name_zh="二号", seats=1, **given),
        lambda: draft_plan(uuid=uuid.uuid4(), institution=office, title_zh="六月", **given),
        lambda: schedule_sitting(plan=plan, **given, **asked(ground)),  # type: ignore[arg-type]
        lambda: remove_sitting(sitting=sitting, **given),
        lambda: propose_plan(plan=plan, **given),
        lambda: publish_plan(plan=plan, **given),
    ]
    before = Event.objects.count()

    for each in tries:
        with pytest.raises(NotExaminer):
            each()

    assert Event.objects.count() == before


def test_an_examiner_of_another_institution_plans_nothing_here(ground: Ground) -> None:
    other = open_institution(by=None, at=REPORTED, kind="exam", name_zh="别院", region=ground.exam_office.region)
    otto = examiner("otto", other)

    with pytest.raises(NotExaminer):
        propose_plan(by=otto, at=NOON, plan=planned(ground))
    foreign = draft_plan(by=otto, at=NOON, uuid=uuid.uuid4(), institution=other, title_zh="别院计划")
    with pytest.raises(SittingRefused, match="a room of the institution that plans"):
        schedule_sitting(by=otto, at=NOON, plan=foreign, **asked(ground))  # type: ignore[arg-type]


def test_whoever_once_worked_for_the_office_does_not_decide(ground: Ground) -> None:
    plan = proposed(ground)
    join_institution(by=None, at=REPORTED, person=ground.vera, institution=ground.exam_office)
    leave_institution(by=None, at=NOON, person=ground.vera, institution=ground.exam_office)

    with pytest.raises(NotDecider):
        decide_plan(by=ground.vera, at=NOON, plan=plan, approves=True)

    assert not plans_waiting(ground.vera).exists()


@pytest.mark.parametrize("who", ["alice", "bob", "edda", "charlie"])
def test_only_the_authority_above_decides(ground: Ground, who: str) -> None:
    plan = proposed(ground)

    with pytest.raises(NotDecider):
        decide_plan(by=getattr(ground, who), at=NOON, plan=plan, approves=True)

    plan.refresh_from_db()
    assert plan.state == "proposed"


def test_who_examines_and_supervises_decides_on_no_plan_of_the_own_office(ground: Ground) -> None:
    plan = proposed(ground)
    both = with_role(ground.edda, Role.AUTHORITY)
    post_authority(by=None, at=REPORTED, person=both, region=ground.exam_office.region)

    with pytest.raises(NotDecider):
        decide_plan(by=both, at=NOON, plan=plan, approves=True)


@pytest.mark.parametrize("reason", ["", "  ", "长" * 501])
def test_a_plan_is_returned_with_a_reason(ground: Ground, reason: str) -> None:
    plan = proposed(ground)

    with pytest.raises(SittingRefused, match="allowed: 1 to 500 characters"):
        decide_plan(by=ground.vera, at=NOON, plan=plan, approves=False, reason=reason)


def test_an_id_names_one_thing(ground: Ground) -> None:
    other = open_institution(by=None, at=REPORTED, kind="exam", name_zh="别院", region=ground.exam_office.region)
    otto, plan = examiner("otto", other), planned(ground)

    with pytest.raises(UuidTaken):
        draft_plan(by=otto, at=NOON, uuid=plan.uuid, institution=other, title_zh="别院计划")
    with pytest.raises(UuidTaken):
        open_site(by=otto, at=NOON, uuid=ground.sitting.site.uuid, institution=other, name_zh="东区", seats=9)
    with pytest.raises(UuidTaken):
        scheduled(ground, plan, uuid=ground.sitting.uuid)


def test_the_morning_letter_counts_plans_that_wait(ground: Ground, settings: Any) -> None:
    settings.BASE_URL = "https://hours.example.test"
    proposed(ground)
    mail.outbox.clear()

    tell_waiting(at=NOON)

    body = str(delivered()["vera@example.test"].body)
    assert "考试计划：1 份  https://hours.example.test/exams/plans/" in body
    assert "Exam plans: 1" in body


def test_a_plan_waits_for_who_decides_on_the_page_of_the_region(ground: Ground, client: Client) -> None:
    """There alone where the region of the post begins: below, the same plan would be counted again."""
    province = ground.exam_office.region
    county = add_region(by=None, at=REPORTED, code="9901", name_zh="安平县", name_en="Anping", parent=province)
    page, below = (f"/manage/regions/{each.code}/" for each in (province, county))
    link = 'href="/exams/plans/">1 份考试计划待审批</a>'
    client.force_login(ground.vera)
    assert "待审批" not in client.get(page).content.decode()

    plan = proposed(ground)
    shown = [link in client.get(each).content.decode() for each in (page, below)]
    decide_plan(by=ground.vera, at=NOON, plan=plan, approves=True)

    assert shown == [True, False]
    assert link not in client.get(page).content.decode()


# What PostgreSQL refuses, written past every action.


@pytest.mark.parametrize(
    ("state", "next_state"),
    [
        ("draft", "approved"),
        ("draft", "published"),
        ("proposed", "published"),
        ("returned", "approved"),
        ("approved", "proposed"),
        ("published", "draft"),
    ],
)
def test_postgresql_lets_no_plan_skip_a_step(ground: Ground, state: str, next_state: str) -> None:
    ways = {
        "draft": [],
        "proposed": ["proposed"],
        "returned": ["proposed", "returned"],
        "approved": ["proposed", "approved"],
        "published": ["proposed", "approved", "published"],
    }
    plan = planned(ground)
    for each in ways[state]:
        ExamPlan.objects.filter(pk=plan.pk).update(state=each, reason="因为")

    with pytest.raises(IntegrityError, match=f"a plan does not go from {state} to {next_state}"), transaction.atomic():
        ExamPlan.objects.filter(pk=plan.pk).update(state=next_state)


@pytest.mark.parametrize("field", ["starts_at", "minutes", "opens_at", "closes_at", "syllabus", "room"])
def test_postgresql_keeps_a_proposed_sitting_as_it_is(ground: Ground, field: str) -> None:
    plan = proposed(ground)
    sitting = plan.sittings.get()
    other = add_room(by=ground.edda, at=NOON, uuid=uuid.uuid4(), site=sitting.site, name_zh="二号机房", seats=10)
    changed: dict[str, object] = {
        "starts_at": sitting.starts_at + timedelta(days=1),
        "minutes": 90,
        "opens_at": sitting.opens_at + timedelta(hours=1),
        "closes_at": sitting.closes_at - timedelta(hours=1),
        "syllabus": make_version("another").syllabus,
        "room": other,
    }

    with pytest.raises(IntegrityError, match="what was proposed stays as it is"), transaction.atomic():
        Sitting.objects.filter(pk=sitting.pk).update(**{field: changed[field]})

    Sitting.objects.filter(pk=sitting.pk).update(capacity=9)


def test_postgresql_lets_rooms_have_no_more_seats_than_their_site(ground: Ground) -> None:
    with pytest.raises(IntegrityError, match="the rooms have 31 seats together, the site 30"), transaction.atomic():
        Room.objects.create(site=ground.sitting.site, name_zh="二号", seats=11, opened_at=NOON)
    with pytest.raises(IntegrityError, match="the rooms have 31 seats together"), transaction.atomic():
        Room.objects.filter(pk=ground.sitting.room.pk).update(seats=31)


def test_postgresql_lets_a_sitting_have_no_more_seats_than_its_room(ground: Ground) -> None:
    with pytest.raises(IntegrityError, match="capacity 21 is above the 20 seats"), transaction.atomic():
        Sitting.objects.filter(pk=ground.sitting.pk).update(capacity=21)


def test_postgresql_holds_one_sitting_in_a_room_at_a_time(ground: Ground) -> None:
    twin = refreshed(ground.sitting)
    twin.pk, twin.uuid, twin.plan = None, uuid.uuid4(), planned(ground)
    twin.starts_at += timedelta(minutes=119)

    with pytest.raises(IntegrityError, match="a_room_holds_one_sitting_at_a_time"), transaction.atomic():
        twin.save(force_insert=True)


def test_postgresql_keeps_room_site_and_plan_in_one_exam_institution(ground: Ground) -> None:
    other = Institution.objects.create(kind="exam", name_zh="别院", region=ground.exam_office.region)
    foreign = ExamPlan.objects.create(institution=other, title_zh="别院计划", drafted_at=NOON)
    twin = refreshed(ground.sitting)
    twin.pk, twin.uuid, twin.plan, twin.starts_at = None, uuid.uuid4(), foreign, EXAM + timedelta(days=9)

    with pytest.raises(IntegrityError, match="belong to one exam institution"), transaction.atomic():
        twin.save(force_insert=True)


def test_postgresql_lets_nobody_work_on_both_sides_at_once(ground: Ground) -> None:
    with pytest.raises(IntegrityError, match="works on the other side already"), transaction.atomic():
        Membership.objects.create(person=ground.edda, institution=ground.school, started_at=NOON)
    with pytest.raises(IntegrityError, match="works on the other side already"), transaction.atomic():
        Membership.objects.create(person=ground.bob, institution=ground.exam_office, started_at=NOON)

    past = make_person("petra", Role.EXAMINER)
    Membership.objects.create(person=past, institution=ground.school, started_at=REPORTED, ended_at=NOON)
    Membership.objects.create(person=past, institution=ground.exam_office, started_at=NOON)


def test_postgresql_keeps_decider_and_drafter_apart(ground: Ground) -> None:
    plan = proposed(ground)

    with pytest.raises(IntegrityError, match="a_plan_is_decided_by_another_person"), transaction.atomic():
        ExamPlan.objects.filter(pk=plan.pk).update(state="approved", decided_by=ground.edda)
    with pytest.raises(IntegrityError, match="a_plan_is_returned_with_a_reason"), transaction.atomic():
        ExamPlan.objects.filter(pk=plan.pk).update(state="returned", decided_by=ground.vera)
