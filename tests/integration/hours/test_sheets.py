"""Signing in and out by the code on the teacher's screen: what counts, and everything that does not."""

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction

from lms.accounts.models import Role, RoleGrant, User
from lms.audit.models import Event
from lms.enrollments.models import ClassState, Enrollment, EnrollmentState, TrainingClass
from lms.hours.actions.attendance import AttendanceRefused
from lms.hours.actions.sheets import close_sheet
from lms.hours.models import AttendanceSheet, Entry, EntrySort, Presence
from lms.hours.queries.attendance import presences_on, shared_devices
from lms.hours.queries.balances import confirmed_hours
from lms.institutions.models import Membership
from tests.integration.hours.classroom import at_s, came, colleague, left, opened, shown, teacher
from tests.integration.hours.client import Client
from tests.world import NOON, World, make_person, move_dates


def workshop_ms(world: World) -> int:
    return confirmed_hours(world.enrollment).get((world.practice.pk, "workshop"), 0)


def spans(world: World) -> list[tuple[int, int]]:
    """The attended entries as seconds after noon."""
    rows = Entry.objects.filter(learner=world.alice, sort=EntrySort.ATTENDANCE).order_by("number")
    return [(round((row.from_at - NOON).total_seconds()), round((row.to_at - NOON).total_seconds())) for row in rows]


def refusal(act: Any) -> str:
    with pytest.raises(AttendanceRefused) as refused:
        act()
    return refused.value.code


def test_time_between_the_marks_becomes_a_confirmed_entry_in_the_learners_name(world: World) -> None:
    sheet = opened(world)
    came(world, sheet, 60)
    left(world, sheet, 3660)

    entry = Entry.objects.get()
    assert (entry.sort, entry.ms, entry.posted_by, entry.proposed_by) == ("attendance", 3_600_000, world.alice, None)
    assert (entry.module, entry.kind, spans(world)) == (world.practice, "workshop", [(60, 3660)])
    assert workshop_ms(world) == 3_600_000
    assert list(Event.objects.order_by("pk").values_list("verb", flat=True)) == [
        "sheet.opened",
        "presence.began",
        "presence.ended",
    ]


def test_signing_in_alone_earns_nothing(world: World) -> None:
    came(world, opened(world), 60)

    assert not Entry.objects.exists()


def test_time_outside_the_planned_time_earns_nothing(world: World) -> None:
    sheet = opened(world, from_at=at_s(600), to_at=at_s(1200))
    came(world, sheet, 0)
    left(world, sheet, 3000)

    assert spans(world) == [(600, 1200)]


def test_a_break_is_two_presences(world: World) -> None:
    sheet = opened(world)
    came(world, sheet, 0)
    left(world, sheet, 600)
    came(world, sheet, 1200)
    left(world, sheet, 1800)

    assert spans(world) == [(0, 600), (1200, 1800)]


def test_a_repeated_scan_changes_nothing(world: World) -> None:
    sheet, key = opened(world), uuid.uuid4()
    first = came(world, sheet, 0, uuid=key)

    assert came(world, sheet, 5, uuid=key) == came(world, sheet, 20) == first
    assert left(world, sheet, 600) == left(world, sheet, 615) == first
    assert (spans(world), Presence.objects.count()) == ([(0, 600)], 1)


@pytest.mark.parametrize("seconds_late", [30, 45, 600])
def test_a_code_that_was_photographed_is_worth_nothing_half_a_minute_later(world: World, seconds_late: int) -> None:
    sheet = opened(world)

    photographed = shown(sheet, "in", at_s(60))

    assert refusal(lambda: came(world, sheet, 60 + seconds_late, code=photographed)) == "code"


def test_a_code_of_another_sheet_or_direction_is_refused(world: World) -> None:
    sheet, other = opened(world), opened(world)

    assert refusal(lambda: came(world, sheet, 60, code=shown(other, "in", at_s(60)))) == "code"
    assert refusal(lambda: came(world, sheet, 60, code=shown(sheet, "out", at_s(60)))) == "code"
    came(world, sheet, 60)
    assert refusal(lambda: left(world, sheet, 90, code=shown(sheet, "in", at_s(90)))) == "code"


def test_nobody_signs_out_who_did_not_sign_in(world: World) -> None:
    assert refusal(lambda: left(world, opened(world), 60)) == "not_in"


def test_one_learner_is_in_one_place(world: World) -> None:
    sheet, other = opened(world), opened(world)
    came(world, sheet, 60)

    assert refusal(lambda: came(world, other, 120)) == "elsewhere"


def test_a_meeting_that_is_over_keeps_nobody_out_of_the_next(world: World) -> None:
    morning = opened(world, to_at=at_s(1800))
    came(world, morning, 60)
    afternoon = opened(world)

    came(world, afternoon, 1900)
    left(world, afternoon, 2500)

    assert spans(world) == [(1900, 2500)]
    assert Presence.objects.get(sheet=morning).out_at is None


def test_closing_gives_nothing_to_whoever_did_not_sign_out(world: World) -> None:
    sheet = opened(world)
    came(world, sheet, 60)

    close_sheet(by=world.bob, at=at_s(3600), sheet=sheet)

    presence = Presence.objects.get()
    assert (presence.out_at, presence.ended_at, presence.credited_ms) == (None, at_s(3600), 0)
    assert not Entry.objects.exists()
    assert refusal(lambda: left(world, sheet, 3605)) == "closed"
    assert refusal(lambda: came(world, sheet, 3605)) == "closed"


def test_online_study_in_between_counts_once(world: World, video: Client) -> None:
    sheet = opened(world)
    came(world, sheet, 0)
    video.open(600)
    video.study("600@0play 615@15 630@30pause")

    left(world, sheet, 1200)

    assert spans(world) == [(0, 600), (630, 1200)]
    assert workshop_ms(world) == 1_170_000


def test_a_beat_after_signing_out_earns_nothing_of_the_time_before(world: World, video: Client) -> None:
    sheet = opened(world)
    came(world, sheet, 0)
    video.open()
    video.study("600@0play")
    left(world, sheet, 640)

    ack = video.study("660@60")[0]

    assert (ack.credited_ms, dict(ack.refused)) == (20_000, {"overlap": 40_000})


def test_whoever_is_in_no_such_class_cannot_sign(world: World) -> None:
    sheet = opened(world)

    assert refusal(lambda: came(world, sheet, 60, by=world.charlie)) == "not_enrolled"


def test_whoever_left_the_class_gets_nothing_more(world: World) -> None:
    sheet = opened(world)
    came(world, sheet, 60)
    Enrollment.objects.update(state=EnrollmentState.WITHDRAWN)

    assert refusal(lambda: left(world, sheet, 600)) == "not_enrolled"


def test_a_suspended_learner_cannot_sign(world: World) -> None:
    sheet = opened(world)
    world.alice.is_active = False
    world.alice.save()

    assert refusal(lambda: came(world, sheet, 60)) == "not_enrolled"


@pytest.mark.parametrize("ended_at", [None, NOON + timedelta(days=1)])
def test_whoever_works_for_the_institution_cannot_sign_for_themselves(world: World, ended_at: Any) -> None:
    """Else staff could open a sheet and sign it in one person; also the day after they left."""
    RoleGrant.objects.create(person=world.alice, role=Role.INSTITUTION, granted_at=NOON)
    Membership.objects.create(person=world.alice, institution=world.institution, started_at=NOON, ended_at=ended_at)
    sheet = opened(world, by=world.bob)

    assert refusal(lambda: came(world, sheet, 60)) == "own_class"


def test_an_ended_class_takes_no_marks(world: World) -> None:
    sheet = opened(world)
    came(world, sheet, 60)
    TrainingClass.objects.update(state=ClassState.ENDED)

    assert refusal(lambda: left(world, sheet, 600)) == "not_accepted"


@pytest.mark.parametrize("second", [-1801, 7200 + 3600])
def test_marks_far_from_the_planned_time_are_refused(world: World, second: int) -> None:
    assert refusal(lambda: came(world, opened(world), second)) == "not_now"


def test_one_phone_for_two_learners_is_shown(world: World) -> None:
    sheet = opened(world)
    for name, device in (("dan", "phone-a"), ("eve", "phone-e")):
        friend = make_person(name, Role.LEARNER)
        Enrollment.objects.create(learner=friend, training_class=world.training_class, enrolled_at=NOON)
        came(world, sheet, 60, by=friend, device=device)
    came(world, sheet, 62)

    presences = presences_on(sheet)
    shared = shared_devices(presences)

    assert {str(each.learner): [str(one) for one in shared.get(each.pk, [])] for each in presences} == {
        "Dan": ["Alice"],
        "Eve": [],
        "Alice": ["Dan"],
    }


def test_a_phone_that_only_signs_somebody_out_is_shown_too(world: World) -> None:
    sheet = opened(world)
    dan = make_person("dan", Role.LEARNER)
    Enrollment.objects.create(learner=dan, training_class=world.training_class, enrolled_at=NOON)
    came(world, sheet, 60)
    came(world, sheet, 60, by=dan, device="phone-d")
    left(world, sheet, 600, by=dan, device="phone-a")

    assert len(shared_devices(presences_on(sheet))) == 2


# Who opens and closes a sheet, and what a sheet may be.


def test_a_teacher_whom_the_class_names_opens_and_closes(world: World) -> None:
    tom = teacher(world)

    sheet = opened(world, by=tom)

    assert close_sheet(by=tom, at=at_s(60), sheet=sheet).closed_by == tom


def test_the_same_id_opens_one_sheet(world: World) -> None:
    key = uuid.uuid4()

    assert opened(world, uuid=key) == opened(world, uuid=key)
    assert AttendanceSheet.objects.count() == 1


def strangers(world: World, who: str) -> User:
    """Who does not teach the class: nor does its teacher any more, who left the institution or teaches nobody now."""
    if who in ("left", "no teacher"):
        tom = teacher(world)
        if who == "left":
            Membership.objects.filter(person=tom).update(ended_at=NOON)
        else:
            RoleGrant.objects.filter(person=tom).update(ended_at=NOON)
        return tom
    made = {"stranger": lambda: make_person("stranger", Role.TEACHER), "colleague": lambda: colleague(world)}
    return made[who]() if who in made else getattr(world, who)


@pytest.mark.parametrize("who", ["alice", "charlie", "stranger", "colleague", "left", "no teacher"])
def test_nobody_else_opens_or_closes(world: World, who: str) -> None:
    person = strangers(world, who)
    sheet = opened(world)

    with pytest.raises(PermissionDenied):
        opened(world, by=person)
    with pytest.raises(PermissionDenied):
        close_sheet(by=person, at=at_s(60), sheet=sheet)


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("span", {"to_at": NOON}),
        ("span", {"to_at": NOON + timedelta(hours=13)}),
        ("over", {"at": at_s(7200)}),
        ("kind", {"kind": "online"}),
        ("kind", {"kind": "classroom"}),
        ("place", {"place": "  "}),
        ("place", {"place": "楼" * 121}),
    ],
)
def test_it_opens_no_sheet_that_cannot_be(world: World, code: str, changes: dict[str, Any]) -> None:
    assert refusal(lambda: opened(world, **changes)) == code
    assert not AttendanceSheet.objects.exists()


def test_it_opens_no_sheet_outside_the_dates_of_the_class(world: World) -> None:
    move_dates(world.training_class, ends_on=date(2026, 3, 1))

    assert refusal(lambda: opened(world)) == "outside_class"


def test_it_opens_no_sheet_for_a_class_that_was_not_accepted(world: World) -> None:
    TrainingClass.objects.update(state=ClassState.REPORTED)

    assert refusal(lambda: opened(world)) == "not_accepted"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE hours_presence SET in_at = in_at - interval '1 hour'",
        "UPDATE hours_presence SET learner_id = learner_id + 1",
        "DELETE FROM hours_presence",
        "UPDATE hours_presence SET credited_ms = 5",
        "UPDATE hours_attendancesheet SET from_at = from_at - interval '1 hour'",
        "UPDATE hours_attendancesheet SET closed_at = now()",
        "DELETE FROM hours_attendancesheet",
    ],
)
def test_the_database_keeps_marks_and_sheets(world: World, change: str) -> None:
    came(world, opened(world), 60)

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)


def test_the_database_keeps_a_presence_that_ended(world: World) -> None:
    sheet = opened(world)
    came(world, sheet, 60)
    close_sheet(by=world.bob, at=at_s(600), sheet=sheet)

    with pytest.raises(IntegrityError), transaction.atomic():
        Presence.objects.update(out_at=at_s(600))
    with pytest.raises(IntegrityError), transaction.atomic():
        AttendanceSheet.objects.update(closed_at=None, closed_by=None)
