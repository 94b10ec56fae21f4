"""Hours that nobody signed for: proposed inside the institution, decided outside it."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction

from lms.accounts.models import Role, RoleGrant, User
from lms.audit.models import Event
from lms.enrollments.models import ClassState, Enrollment, EnrollmentState, TrainingClass
from lms.hours.actions import attendance_proposals as actions
from lms.hours.actions.attendance import AttendanceRefused
from lms.hours.models import AttendanceProposal, Entry
from lms.hours.queries.balances import confirmed_hours
from lms.institutions.models import AuthorityPost, Membership, Region
from tests.integration.hours.classroom import at_s, attend, came, decided, left, opened, outsider, proposed, teacher
from tests.integration.hours.client import Client
from tests.world import NOON, World, make_person


def workshop_ms(world: World) -> int:
    return confirmed_hours(world.enrollment).get((world.practice.pk, "workshop"), 0)


def enrolled(world: World, name: str) -> Enrollment:
    learner = make_person(name, Role.LEARNER)
    return Enrollment.objects.create(learner=learner, training_class=world.training_class, enrolled_at=NOON)


def test_a_proposal_alone_gives_nothing(world: World) -> None:
    proposal = proposed(world, 0, 5400)

    assert (proposal.state, workshop_ms(world), Entry.objects.count()) == ("proposed", 0, 0)
    assert Event.objects.get(verb="attendance.proposed").by == world.bob


def test_accepted_it_becomes_an_entry_of_the_same_ledger_with_both_names(world: World) -> None:
    proposal = decided(proposed(world, 0, 5400))

    entry = Entry.objects.get()
    assert (entry.sort, entry.ms, entry.confirmed_after_ms) == ("attendance", 5_400_000, 5_400_000)
    assert (entry.proposed_by, entry.posted_by, entry.reason) == (world.bob, outsider(world.training_class), "情况属实")
    assert (proposal.state, proposal.learners.get().entry) == ("accepted", entry)
    assert Event.objects.get(verb="attendance.accepted").detail["entries"] == 1


def test_rejected_it_gives_nothing_and_says_why(world: World) -> None:
    proposal = decided(proposed(world, 0, 5400), verb="reject", reason="没有签到表")

    assert (proposal.state, proposal.decided_reason, workshop_ms(world)) == ("rejected", "没有签到表", 0)


def test_the_same_id_proposes_once_and_the_same_decision_decides_once(world: World) -> None:
    key = uuid.uuid4()
    proposal = proposed(world, 0, 5400, uuid=key)

    assert proposed(world, 0, 5400, uuid=key) == proposal
    assert decided(proposal) == decided(proposal)
    assert Entry.objects.count() == 1


def test_whose_time_is_taken_is_refused_by_name_and_the_others_get_theirs(world: World) -> None:
    dan = enrolled(world, "dan")
    sheet = opened(world)
    came(world, sheet, 0)
    left(world, sheet, 600)

    proposal = decided(proposed(world, 300, 3600, enrollments=[world.enrollment, dan]))

    told = {str(each.learner): (each.refused, each.entry is not None) for each in proposal.learners.all()}
    assert told == {"Alice": ("overlap", False), "Dan": ("", True)}
    assert (workshop_ms(world), Entry.objects.get(learner=dan.learner).ms) == (600_000, 3_300_000)


def test_time_already_studied_online_is_refused(world: World, video: Client) -> None:
    video.open()
    video.study("0@0play 30@30 60@60")

    with pytest.raises(AttendanceRefused) as refused:
        attend(world, 30, 3600)

    assert refused.value.code == "overlap"


def test_a_session_that_runs_into_attendance_earns_only_the_rest(world: World, video: Client) -> None:
    video.open()
    video.study("0@0play 30@30")
    attend(world, 30, 50, at=NOON + timedelta(seconds=55))

    ack = video.study("60@60")[0]

    assert (ack.credited_ms, dict(ack.refused)) == (10_000, {"overlap": 20_000})


def test_who_left_the_class_meanwhile_gets_nothing(world: World) -> None:
    proposal = proposed(world, 0, 5400)
    Enrollment.objects.update(state=EnrollmentState.WITHDRAWN)

    assert decided(proposal).learners.get().refused == "withdrawn"
    assert workshop_ms(world) == 0


def test_nobody_gets_hours_of_a_time_before_they_were_in_the_class(world: World) -> None:
    proposal = proposed(world, -1, 5400)

    assert decided(proposal).learners.get().refused == "before_enrolled"
    assert workshop_ms(world) == 0


def test_a_teacher_marks_by_hand_on_a_sheet_and_it_waits_for_the_authority(world: World) -> None:
    sheet = opened(world)

    proposal = proposed(world, 0, 3600, by=teacher(world), sheet=sheet, at=at_s(3600))

    assert (proposal.state, proposal.sheet, workshop_ms(world)) == ("proposed", sheet, 0)


def people(world: World) -> dict[str, User]:
    """Everybody who might try, by what they are."""
    county = Region.objects.create(code="5301", name_zh="安平市", name_en="Anping", parent=world.institution.region)
    posts = {"below": county, "former": world.institution.region, "judge_who_learns": world.institution.region}
    found = {name: make_person(name, Role.AUTHORITY) for name in posts}
    for name, region in posts.items():
        AuthorityPost.objects.create(person=found[name], region=region, started_at=NOON)
    Membership.objects.create(person=found["former"], institution=world.institution, started_at=NOON, ended_at=at_s(60))
    RoleGrant.objects.create(person=world.bob, role=Role.AUTHORITY, granted_at=NOON)
    AuthorityPost.objects.create(person=world.bob, region=world.institution.region, started_at=NOON)
    colleague = make_person("colleague", Role.INSTITUTION)
    Membership.objects.create(person=colleague, institution=world.institution, started_at=NOON)
    return {
        **found,
        "proposer with a post": world.bob,
        "colleague": colleague,
        "teacher": teacher(world),
        "learner": world.alice,
        "stranger": world.charlie,
        "administrator": make_person("ada", Role.ADMINISTRATOR),
    }


@pytest.mark.parametrize(
    "who",
    [
        "below",
        "former",
        "judge_who_learns",
        "proposer with a post",
        "colleague",
        "teacher",
        "learner",
        "stranger",
        "administrator",
    ],
)
@pytest.mark.parametrize("verb", ["accept", "reject"])
def test_nobody_but_a_person_from_outside_decides(world: World, who: str, verb: str) -> None:
    person = people(world)[who]
    learns = Enrollment.objects.create(
        learner=User.objects.get(email="judge_who_learns@example.test"),
        training_class=world.training_class,
        enrolled_at=NOON,
    )
    proposal = proposed(world, 0, 5400, enrollments=[world.enrollment, learns])

    with pytest.raises(PermissionDenied):
        decided(proposal, by=person, verb=verb)

    assert not Entry.objects.exists()


@pytest.mark.parametrize("who", ["below", "teacher", "learner", "stranger", "administrator"])
def test_nobody_but_staff_proposes_without_a_sheet(world: World, who: str) -> None:
    with pytest.raises(PermissionDenied):
        proposed(world, 0, 5400, by=people(world)[who])


def test_a_sheet_of_another_class_makes_nobody_a_teacher_of_this_one(world: World) -> None:
    tom, sheet = teacher(world), opened(world)
    other = TrainingClass.objects.create(
        institution=world.institution,
        syllabus_version=world.training_class.syllabus_version,
        title="第二期",
        starts_on=world.training_class.starts_on,
        ends_on=world.training_class.ends_on,
    )

    with pytest.raises(PermissionDenied):
        proposed(world, 0, 5400, by=tom, sheet=sheet, training_class=other)


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("span", {"to_at": NOON}),
        ("span", {"to_at": NOON + timedelta(hours=13)}),
        ("future", {"at": NOON + timedelta(minutes=1)}),
        (
            "outside_class",
            {"from_at": NOON - timedelta(days=90), "to_at": NOON - timedelta(days=90) + timedelta(hours=1)},
        ),
        ("kind", {"kind": "online"}),
        ("kind", {"kind": "classroom"}),
        ("reason", {"reason": " "}),
        ("reason", {"reason": "因" * 201}),
        ("evidence", {"evidence": "证" * 1001}),
        ("learners", {"enrollments": []}),
    ],
)
def test_it_proposes_nothing_that_cannot_be(world: World, code: str, changes: dict[str, Any]) -> None:
    with pytest.raises(AttendanceRefused) as refused:
        proposed(world, 0, 3600, **changes)

    assert refused.value.code == code
    assert not AttendanceProposal.objects.exists()


def test_a_class_that_was_not_accepted_holds_no_hours(world: World) -> None:
    TrainingClass.objects.update(state=ClassState.REPORTED)

    with pytest.raises(AttendanceRefused) as refused:
        proposed(world, 0, 3600)

    assert refused.value.code == "not_accepted"


def test_nobody_proposes_hours_of_their_own(world: World) -> None:
    own = Enrollment.objects.create(learner=world.bob, training_class=world.training_class, enrolled_at=NOON)

    with pytest.raises(AttendanceRefused) as refused:
        proposed(world, 0, 3600, enrollments=[world.enrollment, own])

    assert refused.value.code == "own"


def test_a_decided_proposal_is_over(world: World) -> None:
    proposal = decided(proposed(world, 0, 5400), verb="reject")

    with pytest.raises(AttendanceRefused) as refused:
        decided(proposal, verb="accept")

    assert refused.value.code == "state"


@pytest.mark.parametrize(("verb", "reason", "code"), [("accept", " ", "reason"), ("return", "好", "verb")])
def test_a_decision_is_one_of_two_and_has_a_reason(world: World, verb: str, reason: str, code: str) -> None:
    with pytest.raises(AttendanceRefused) as refused:
        decided(proposed(world, 0, 5400), verb=verb, reason=reason)

    assert refused.value.code == code


def test_one_person_with_two_hats_gives_no_hours(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the question of who may off, the database still asks for a second name."""
    proposal = proposed(world, 0, 5400)
    monkeypatch.setattr(actions, "may_decide_attendance", lambda person, proposal: True)

    with pytest.raises(IntegrityError), transaction.atomic():
        decided(proposal, by=world.bob)

    assert workshop_ms(world) == 0


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE hours_attendanceproposal SET to_at = to_at + interval '1 hour'",
        "UPDATE hours_attendanceproposal SET proposed_by_id = proposed_by_id + 1",
        "UPDATE hours_attendanceproposal SET state = 'accepted'",
        "UPDATE hours_attendanceproposal SET state = 'accepted', decided_at = now(), decided_reason = 'x', "
        "decided_by_id = proposed_by_id",
        "DELETE FROM hours_proposedlearner",
        "UPDATE hours_proposedlearner SET learner_id = learner_id + 1",
    ],
)
def test_the_database_keeps_what_was_proposed_and_by_whom(world: World, change: str) -> None:
    proposed(world, 0, 5400)

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)


def test_the_database_keeps_a_decision(world: World) -> None:
    proposal = decided(proposed(world, 0, 5400))

    with pytest.raises(IntegrityError), transaction.atomic():
        AttendanceProposal.objects.update(decided_reason="another")
    with pytest.raises(IntegrityError), transaction.atomic():
        proposal.learners.update(entry=None)
