"""Attended hours that count and should not: proposed inside the institution, taken back by somebody outside it."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from lms.accounts.models import Role
from lms.audit.models import Event
from lms.enrollments.models import ClassState, Enrollment, EnrollmentState, TrainingClass
from lms.hours.actions import attendance_proposals as actions
from lms.hours.actions.appeals import AppealRefused, NotTheirs, decide, make_appeal, propose
from lms.hours.actions.attendance import AttendanceRefused
from lms.hours.models import Appeal, AttendanceProposal, AttendanceSheet, Entry, EntrySort
from lms.hours.queries.balances import confirmed_hours
from lms.hours.queries.verification import differences
from lms.institutions.models import AuthorityPost
from tests.integration.hours.classroom import (
    at_s,
    attend,
    came,
    colleague,
    decided,
    left,
    opened,
    outsider,
    proposed,
    teacher,
    unproposed,
)
from tests.world import NOON, World, make_person


@pytest.fixture
def signed(world: World) -> Entry:
    """Alice signed in at noon and out at two."""
    sheet = opened(world)
    came(world, sheet, 0)
    left(world, sheet, 7200)
    return Entry.objects.get()


def workshop_ms(world: World) -> int:
    return confirmed_hours(world.enrollment).get((world.practice.pk, "workshop"), 0)


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(AttendanceRefused) as refused:
        act()
    return refused.value.code


def test_a_proposal_alone_takes_nothing(world: World, signed: Entry) -> None:
    proposal = unproposed(world, 3600, 7200)

    assert (proposal.effect, proposal.state, workshop_ms(world)) == ("take", "proposed", 7_200_000)
    assert Event.objects.get(verb="attendance.proposed").detail["effect"] == "take"


def test_accepted_it_is_a_void_with_both_names_and_the_signed_entry_stays(world: World, signed: Entry) -> None:
    proposal = decided(unproposed(world, 3600, 7200), at=at_s(50_000))

    void = Entry.objects.get(sort=EntrySort.VOID)
    assert (void.ms, void.confirmed_delta_ms, void.confirmed_after_ms) == (3_600_000, -3_600_000, 3_600_000)
    assert (void.proposed_by, void.posted_by, void.reason) == (world.bob, outsider(world.training_class), "情况属实")
    assert (void.from_at, proposal.learners.get().entry, workshop_ms(world)) == (None, void, 3_600_000)
    assert Entry.objects.get(pk=signed.pk).confirmed_delta_ms == 7_200_000
    told = Event.objects.get(verb="attendance.accepted")
    assert (told.by, told.detail["effect"], told.detail["entries"]) == (outsider(world.training_class), "take", 1)
    assert differences(world.alice.pk) == []


def test_rejected_the_hours_stand(world: World, signed: Entry) -> None:
    decided(unproposed(world, 0, 7200), verb="reject", reason="监控显示在场")

    assert workshop_ms(world) == 7_200_000


def test_only_what_was_attended_then_is_taken(world: World, signed: Entry) -> None:
    """The proposal says from an hour before noon to one o'clock; she signed in at noon."""
    decided(unproposed(world, -3600, 3600))

    assert workshop_ms(world) == 3_600_000


def test_the_same_time_is_taken_once_however_often_it_is_proposed(world: World, signed: Entry) -> None:
    first, second = unproposed(world, 0, 3600), unproposed(world, 1800, 5400)

    decided(first)
    decided(second)
    third = unproposed(world, 5400, 7200)
    decided(third)

    assert [each.ms for each in Entry.objects.filter(sort="void").order_by("number")] == [
        3_600_000,
        1_800_000,
        1_800_000,
    ]
    assert workshop_ms(world) == 0
    assert refusal(lambda: unproposed(world, 0, 7200)) == "nothing"


def test_a_second_proposal_that_finds_nothing_left_says_so_by_name(world: World, signed: Entry) -> None:
    first, second = unproposed(world, 0, 3600), unproposed(world, 0, 3600)
    decided(first)

    assert decided(second).learners.get().refused == "nothing"
    assert workshop_ms(world) == 3_600_000


def test_hours_given_later_in_a_time_that_was_taken_can_be_taken_as_well(world: World) -> None:
    attend(world, 0, 1800)
    decided(unproposed(world, 0, 3600))
    attend(world, 1800, 3600)

    decided(unproposed(world, 0, 3600))

    assert workshop_ms(world) == 0


def test_the_same_id_proposes_once_and_the_same_decision_takes_once(world: World, signed: Entry) -> None:
    key = uuid.uuid4()
    proposal = unproposed(world, 0, 3600, uuid=key)

    assert unproposed(world, 0, 3600, uuid=key) == proposal
    assert decided(proposal) == decided(proposal)
    assert workshop_ms(world) == 3_600_000
    assert refusal(lambda: proposed(world, 0, 3600, uuid=key)) == "uuid"


def test_it_reaches_who_has_left_the_class_and_a_class_that_has_ended(world: World, signed: Entry) -> None:
    Enrollment.objects.update(state=EnrollmentState.WITHDRAWN)
    TrainingClass.objects.filter(pk=world.training_class.pk).update(state=ClassState.ENDED)

    decided(unproposed(world, 0, 7200))

    assert workshop_ms(world) == 0


def test_a_teacher_of_the_class_proposes_on_a_sheet_and_nowhere_else(world: World, signed: Entry) -> None:
    tom, sheet = teacher(world), AttendanceSheet.objects.get()

    assert unproposed(world, 0, 3600, by=tom, sheet=sheet).proposed_by == tom
    for person, place in ((tom, None), (colleague(world), sheet), (world.alice, sheet), (world.charlie, None)):
        with pytest.raises(PermissionDenied):
            unproposed(world, 0, 3600, by=person, sheet=place)


def test_nobody_inside_takes_hours_away(world: World, signed: Entry) -> None:
    proposal = unproposed(world, 0, 3600)

    for person in (world.bob, teacher(world), colleague(world), world.alice, world.charlie):
        with pytest.raises(PermissionDenied):
            decided(proposal, by=person)
    assert workshop_ms(world) == 7_200_000


def test_one_person_with_two_hats_takes_no_hours(world: World, signed: Entry, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the question of who may off, the database still asks for a second name."""
    proposal = unproposed(world, 0, 3600)
    monkeypatch.setattr(actions, "may_decide_attendance", lambda person, proposal: True)

    with pytest.raises(IntegrityError), transaction.atomic():
        decided(proposal, by=world.bob)

    assert workshop_ms(world) == 7_200_000


@pytest.mark.parametrize(
    ("code", "span", "changes"),
    [
        ("span", (3600, 3600), {}),
        ("span", (0, 50_000), {}),
        ("nothing", (7200, 9000), {}),
        ("nothing", (0, 3600), {"kind": "classroom"}),
        ("reason", (0, 3600), {"reason": " "}),
        ("learners", (0, 3600), {"enrollments": []}),
    ],
)
def test_it_proposes_nothing_that_cannot_be_taken(
    world: World, signed: Entry, code: str, span: tuple[int, int], changes: dict[str, Any]
) -> None:
    assert refusal(lambda: unproposed(world, *span, **changes)) == code
    assert not AttendanceProposal.objects.exists()


def test_everybody_named_must_have_something_to_take(world: World, signed: Entry) -> None:
    dan = make_person("dan", Role.LEARNER)
    absent = Enrollment.objects.create(learner=dan, training_class=world.training_class, enrolled_at=NOON)

    with pytest.raises(AttendanceRefused) as refused:
        unproposed(world, 0, 3600, enrollments=[world.enrollment, absent])

    assert (refused.value.code, refused.value.learner) == ("nothing", dan)


# The learner appeals, and the way is that of every appeal.


def appealed(world: World) -> Appeal:
    void = Entry.objects.get(sort=EntrySort.VOID)
    return make_appeal(by=world.alice, at=at_s(60_000), uuid=uuid.uuid4(), entry=void, text="我一直在场")


def restored(world: World, appeal: Appeal, ms: int, **changes: Any) -> Appeal:
    """Bob proposes to give it back, and Wanda, who is of the same authority as Ruth, accepts, or what `changes` say."""
    wanda = changes.get("by") or make_person("wanda", Role.AUTHORITY)
    AuthorityPost.objects.get_or_create(person=wanda, region=world.institution.region, defaults={"started_at": NOON})
    key = uuid.uuid4()
    propose(by=world.bob, at=at_s(61_000), appeal=appeal, uuid=key, verdict="accept", reason="另有照片", ms=ms)
    appeal.refresh_from_db()
    return decide(by=wanda, at=at_s(62_000), appeal=appeal, proposal=key, verb="accept", reason="照片属实")


def test_an_accepted_appeal_gives_the_hours_back_without_touching_a_lesson_or_the_day(
    world: World, signed: Entry
) -> None:
    decided(unproposed(world, 3600, 7200))

    appeal = restored(world, appealed(world), 3_600_000)

    back = appeal.correction
    assert back is not None
    assert (back.kind, back.ms, back.lesson_version, back.from_at) == ("workshop", 3_600_000, None, None)
    assert (back.proposed_by, str(back.posted_by), workshop_ms(world)) == (world.bob, "Wanda", 7_200_000)
    assert differences(world.alice.pk) == []


def test_no_more_comes_back_than_was_taken(world: World, signed: Entry) -> None:
    decided(unproposed(world, 3600, 7200))

    with pytest.raises(AppealRefused) as refused:
        restored(world, appealed(world), 3_600_001)

    assert "more_than_refused" in [each.code for each in refused.value.problems]


def test_whoever_took_the_hours_does_not_decide_on_the_appeal(world: World, signed: Entry) -> None:
    decided(unproposed(world, 3600, 7200))

    with pytest.raises(NotTheirs):
        restored(world, appealed(world), 3_600_000, by=outsider(world.training_class))
