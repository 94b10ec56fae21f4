"""From a refusal to a correction, and everybody who may not take a step of that way."""

import uuid
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction

from lms.accounts.actions import suspend
from lms.accounts.models import Role, RoleGrant
from lms.audit.models import Event
from lms.hours.actions import appeals as actions
from lms.hours.actions.appeals import AppealRefused, NotTheirs
from lms.hours.models import Appeal, Entry, EntrySort, LessonCoverage, ModuleHours, Refusal, StudyClock
from lms.hours.queries.balances import confirmed_hours
from lms.hours.rules import appeals as rules
from lms.institutions.models import AuthorityPost, Membership
from tests.integration.hours import classroom
from tests.integration.hours.judges import (
    Court,
    appealed,
    at_s,
    cap,
    decided,
    proposed,
    refused_gap,
    voided_minute,
)
from tests.world import NOON


def online_ms(court: Court) -> int:
    """What the exam gate sees."""
    return confirmed_hours(court.world.enrollment)[court.world.theory.pk, "online"]


def codes(refused: pytest.ExceptionInfo[AppealRefused]) -> list[str]:
    return [each.code for each in refused.value.problems]


def test_an_accepted_appeal_is_a_new_entry_with_both_names(court: Court) -> None:
    appeal = decided(court)

    entry = Entry.objects.get(sort=EntrySort.CORRECTION)
    assert appeal.state == "accepted"
    assert appeal.correction == entry
    assert (entry.proposed_by, entry.posted_by, entry.reason) == (court.world.bob, court.vera, "情况属实")
    assert (entry.ms, entry.confirmed_delta_ms, entry.confirmed_after_ms) == (240_000, 240_000, 300_000)
    assert (entry.from_at, entry.to_at) == (at_s(60), at_s(300))
    assert online_ms(court) == 300_000


def test_totals_and_coverage_agree_with_the_entries(court: Court) -> None:
    decided(court)

    total = ModuleHours.objects.get(enrollment=court.world.enrollment, module=court.world.theory)
    coverage = LessonCoverage.objects.get(learner=court.world.alice)
    assert (total.confirmed_ms, total.provisional_ms) == (300_000, 0)
    assert (coverage.covered, coverage.covered_ms, coverage.credited_ms) == ([(0, 300_000)], 300_000, 300_000)


def test_the_refusal_itself_stays(court: Court) -> None:
    decided(court)

    assert Refusal.objects.values_list("code", "ms").get() == ("gap", 240_000)
    assert ModuleHours.objects.get(enrollment=court.world.enrollment).refused == {"gap": 240_000}


def test_media_given_back_earns_nothing_a_second_time(court: Court) -> None:
    decided(court)

    again = type(court.video)(court.world.alice, court.world.video.lesson.uuid)
    again.open(20_000)
    acks = again.study("20000@60play 20060@120 20120@180")

    assert [(each.credited_ms, dict(each.refused)) for each in acks[1:]] == [(0, {"already_covered": 60_000})] * 2


def test_every_step_is_in_the_log_with_who_and_how_much(court: Court) -> None:
    appeal = decided(court)

    events = Event.objects.filter(subject_type="hours.appeal", subject_id=str(appeal.uuid)).order_by("pk")
    assert [(each.verb, each.by, each.detail["ms"]) for each in events] == [
        ("appeal.made", court.world.alice, 240_000),
        ("appeal.proposed", court.world.bob, 240_000),
        ("appeal.accepted", court.vera, 240_000),
    ]


def test_a_rejected_appeal_gives_nothing_and_is_over(court: Court) -> None:
    appeal = decided(court, verb="reject")

    assert (appeal.state, appeal.correction, online_ms(court)) == ("rejected", None, 60_000)
    with pytest.raises(AppealRefused) as refused:
        appealed(court, refusal=appeal.refusal)
    assert codes(refused) == ["already_appealed"]


def test_the_authority_above_the_region_decides_too(court: Court) -> None:
    assert decided(court, by=court.wen).state == "accepted"


def test_the_same_appeal_twice_is_one(court: Court) -> None:
    key, refusal = uuid.uuid4(), refused_gap(court)

    assert appealed(court, uuid=key, refusal=refusal) == appealed(court, uuid=key, refusal=refusal)
    assert Appeal.objects.count() == 1
    assert Event.objects.filter(verb="appeal.made").count() == 1


def test_an_id_belongs_to_one_appeal(court: Court) -> None:
    appeal = appealed(court)
    other = Refusal.objects.get()
    other.pk = None
    other.save()

    with pytest.raises(AppealRefused) as refused:
        appealed(court, uuid=appeal.uuid, refusal=other)

    assert codes(refused) == ["uuid"]


@pytest.mark.parametrize("who", ["bob", "charlie"])
def test_nobody_appeals_for_somebody_else(court: Court, who: str) -> None:
    with pytest.raises(NotTheirs):
        appealed(court, by=getattr(court.world, who))


def test_a_suspended_learner_appeals_nothing(court: Court) -> None:
    suspend(by=None, at=NOON, person=court.world.alice, reason="test")

    with pytest.raises(PermissionDenied):
        appealed(court, refusal=Refusal(learner=court.world.alice))


@pytest.mark.parametrize(("text", "code"), [("  ", "text_missing"), ("长" * 501, "text_too_long")])
def test_an_appeal_says_why(court: Court, text: str, code: str) -> None:
    with pytest.raises(AppealRefused) as refused:
        appealed(court, text=text)

    assert codes(refused) == [code]


def test_only_entries_that_took_study_away_can_be_appealed_against(court: Court) -> None:
    refused_gap(court)

    with pytest.raises(AppealRefused) as refused:
        appealed(court, entry=Entry.objects.filter(sort=EntrySort.CREDIT).first())

    assert codes(refused) == ["nothing_taken"]


def test_a_script_cannot_flood_the_judges(court: Court, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "OPEN_MAX", 1)
    first = appealed(court)
    other = Refusal.objects.get(pk=first.refusal_id)
    other.pk = None
    other.save()

    with pytest.raises(AppealRefused) as refused:
        appealed(court, refusal=other)

    assert codes(refused) == ["too_many_open"]


@pytest.mark.parametrize("who", ["alice", "charlie", "vera", "olga", "dora"])
def test_a_stranger_proposes_nothing(court: Court, who: str) -> None:
    appeal = appealed(court)

    with pytest.raises(NotTheirs):
        proposed(court, appeal, by=getattr(court, who, None) or getattr(court.world, who))

    appeal.refresh_from_db()
    assert (appeal.state, appeal.proposed_by) == ("open", None)


def test_staff_who_learn_in_their_own_class_do_not_propose_for_themselves(court: Court) -> None:
    RoleGrant.objects.create(person=court.world.alice, role=Role.INSTITUTION, granted_at=NOON)
    Membership.objects.create(person=court.world.alice, institution=court.world.institution, started_at=NOON)

    with pytest.raises(NotTheirs):
        proposed(court, by=court.world.alice)


@pytest.mark.parametrize("who", ["alice", "bob", "charlie", "dora", "olga", "ming"])
@pytest.mark.parametrize("verb", ["accept", "reject", "return"])
def test_a_stranger_decides_nothing(court: Court, who: str, verb: str) -> None:
    """The learner, the proposer, a stranger, other staff, another region, and one who once worked there."""
    appeal = proposed(court)

    with pytest.raises(NotTheirs):
        decided(court, appeal, by=getattr(court, who, None) or getattr(court.world, who), verb=verb)

    appeal.refresh_from_db()
    assert (appeal.state, online_ms(court)) == ("proposed", 60_000)


def test_the_proposer_does_not_decide_whatever_else_they_become(court: Court) -> None:
    appeal = proposed(court)
    Membership.objects.filter(person=court.world.bob).delete()
    RoleGrant.objects.create(person=court.world.bob, role=Role.AUTHORITY, granted_at=NOON)
    AuthorityPost.objects.create(person=court.world.bob, region=court.world.institution.region, started_at=NOON)

    with pytest.raises(NotTheirs):
        decided(court, appeal, by=court.world.bob)


def test_an_authority_that_works_for_the_institution_does_not_decide(court: Court) -> None:
    appeal = proposed(court)
    Membership.objects.create(person=court.vera, institution=court.world.institution, started_at=NOON)

    with pytest.raises(NotTheirs):
        decided(court, appeal)


def test_an_authority_does_not_decide_on_its_own_hours(court: Court) -> None:
    appeal = proposed(court)
    RoleGrant.objects.create(person=court.world.alice, role=Role.AUTHORITY, granted_at=NOON)
    AuthorityPost.objects.create(person=court.world.alice, region=court.world.institution.region, started_at=NOON)

    with pytest.raises(NotTheirs):
        decided(court, appeal, by=court.world.alice)


def test_an_administrator_without_a_post_does_not_decide(court: Court) -> None:
    appeal = proposed(court)
    RoleGrant.objects.create(person=court.olga, role=Role.ADMINISTRATOR, granted_at=NOON)

    with pytest.raises(NotTheirs):
        decided(court, appeal, by=court.olga)


def test_a_suspended_authority_decides_nothing(court: Court) -> None:
    appeal = proposed(court)
    suspend(by=None, at=NOON, person=court.vera, reason="test")

    with pytest.raises(NotTheirs):
        decided(court, appeal)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"ms": 240_001}, "more_than_refused"),
        ({"ms": 0}, "nothing"),
        ({"from_at": at_s(59)}, "outside"),
        ({"to_at": at_s(301)}, "outside"),
        ({"to_at": at_s(299)}, "too_short"),
        ({"from_at": None, "to_at": None}, "outside"),
        ({"reason": " "}, "text_missing"),
        ({"reason": "x" * 201}, "text_too_long"),
        ({"verdict": "perhaps"}, "verdict"),
    ],
)
def test_a_proposal_stays_within_what_was_refused(court: Court, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(AppealRefused) as refused:
        proposed(court, **changes)

    assert code in codes(refused)
    assert Appeal.objects.get().state == "open"


def test_a_proposal_into_taken_time_is_told_so_at_once(court: Court) -> None:
    appeal = appealed(court)
    attend(court, 200, 280)

    with pytest.raises(AppealRefused) as refused:
        proposed(court, appeal)

    assert codes(refused) == ["overlap"]


def test_the_same_proposal_twice_is_one(court: Court) -> None:
    key, appeal = uuid.uuid4(), appealed(court)
    proposed(court, appeal, uuid=key)

    assert proposed(court, appeal, uuid=key).state == "proposed"
    assert Event.objects.filter(verb="appeal.proposed").count() == 1


def test_a_second_proposal_waits_for_the_first_to_be_decided(court: Court) -> None:
    appeal = proposed(court)

    with pytest.raises(AppealRefused) as refused:
        proposed(court, appeal, ms=1_000)

    assert codes(refused) == ["state"]


def test_the_same_decision_twice_posts_one_entry(court: Court) -> None:
    appeal = proposed(court)

    assert decided(court, appeal) == decided(court, appeal)
    assert Entry.objects.filter(sort=EntrySort.CORRECTION).count() == 1
    assert Event.objects.filter(verb="appeal.accepted").count() == 1


@pytest.mark.parametrize(("first", "second"), [("accept", "reject"), ("reject", "accept"), ("accept", "return")])
def test_a_decision_is_final(court: Court, first: str, second: str) -> None:
    appeal = proposed(court)
    decided(court, appeal, verb=first)
    before = online_ms(court)

    with pytest.raises(AppealRefused) as refused:
        decided(court, appeal, verb=second)

    assert codes(refused) == ["state"]
    assert online_ms(court) == before


def test_another_judge_does_not_decide_again(court: Court) -> None:
    appeal = proposed(court)
    decided(court, appeal)

    with pytest.raises(AppealRefused) as refused:
        decided(court, appeal, by=court.wen)

    assert codes(refused) == ["state"]
    assert Entry.objects.filter(sort=EntrySort.CORRECTION).count() == 1


def test_nothing_is_decided_before_it_was_proposed(court: Court) -> None:
    with pytest.raises(AppealRefused) as refused:
        decided(court, appealed(court))

    assert codes(refused) == ["state"]


@pytest.mark.parametrize("verb", ["propose", "appeal", ""])
def test_there_are_three_decisions(court: Court, verb: str) -> None:
    with pytest.raises(AppealRefused) as refused:
        decided(court, verb=verb)

    assert codes(refused) == ["state"]


def test_hours_are_given_only_where_the_institution_proposed_them(court: Court) -> None:
    appeal = proposed(court, verdict="reject")

    with pytest.raises(AppealRefused) as refused:
        decided(court, appeal)

    assert codes(refused) == ["nothing_proposed"]
    assert (appeal.proposed_ms, appeal.from_at, online_ms(court)) == (0, None, 60_000)


def test_a_returned_appeal_is_proposed_anew(court: Court) -> None:
    appeal = proposed(court, verdict="reject")

    returned = decided(court, appeal, verb="return", reason="请再查信号记录")
    again = decided(court, appeal, verb="return", reason="请再查信号记录")
    anew = proposed(court, appeal)

    assert (returned.state, again.state, anew.state) == ("open", "open", "proposed")
    assert (returned.returned_reason, anew.returned_reason) == ("请再查信号记录", "")
    assert Event.objects.filter(verb="appeal.returned").count() == 1
    assert decided(court, anew).state == "accepted"


def test_nobody_accepts_a_proposal_that_they_have_not_read(court: Court) -> None:
    first = proposed(court, ms=1_000).proposal
    appeal = Appeal.objects.get()
    decided(court, appeal, verb="return", by=court.wen)
    proposed(court, appeal)

    with pytest.raises(AppealRefused) as refused:
        decided(court, appeal, proposal=first)

    assert codes(refused) == ["changed"]
    assert online_ms(court) == 60_000


def test_time_taken_since_the_proposal_is_refused_by_the_database(court: Court) -> None:
    appeal = proposed(court)
    attend(court, 200, 280)

    with pytest.raises(AppealRefused) as refused:
        decided(court, appeal)

    appeal.refresh_from_db()
    assert codes(refused) == ["overlap"]
    assert (appeal.state, online_ms(court)) == ("proposed", 60_000)
    assert LessonCoverage.objects.get(learner=court.world.alice).covered_ms == 60_000


def test_time_of_a_running_session_is_posted_first_and_judged(court: Court, monkeypatch: pytest.MonkeyPatch) -> None:
    """The open stretch is no entry yet; without posting it the constraint could not see it."""
    court.video.open()
    court.video.study("0@0play 60@60 300@300 360@360 420@420")
    court.video.study("440@440pause")
    refusal = Refusal.objects.create(
        learner=court.world.alice,
        session_id=StudyClock.objects.values_list("session_id", flat=True).get(),
        enrollment=court.world.enrollment,
        module=court.world.theory,
        lesson_version=court.world.video,
        code="gap",
        ms=100_000,
        from_at=at_s(400),
        to_at=at_s(500),
    )
    court.video.study("445@440play 505@500")
    # The proposal's own look at the clock is off: the database has to find it.
    monkeypatch.setattr("lms.hours.queries.appeals.taken_within", lambda learner, window: [])
    appeal = proposed(court, appealed(court, refusal=refusal), ms=50_000, from_at=at_s(450), to_at=at_s(500))

    with pytest.raises(AppealRefused) as refused:
        decided(court, appeal)

    assert codes(refused) == ["overlap"]


def test_a_correction_beside_a_running_session_costs_it_nothing(court: Court) -> None:
    court.video.open()
    court.video.study("0@0play 60@60 300@300 360@360pause")
    refusal = Refusal.objects.get()
    court.video.study("400@360play 415@375")

    decided(court, proposed(court, appealed(court, refusal=refusal)))
    ack = court.video.study("430@390")[0]

    assert ack.credited_ms == 15_000
    assert StudyClock.objects.get().day_ms == 60_000 + 240_000 + 60_000 + 30_000


def test_two_refusals_of_the_same_time_give_it_once(court: Court) -> None:
    first = proposed(court)
    twin = Refusal.objects.get()
    twin.pk, twin.code = None, "too_fast"
    twin.save()
    second = proposed(court, appealed(court, refusal=twin))

    decided(court, first)
    with pytest.raises(AppealRefused) as refused:
        decided(court, second)

    assert codes(refused) == ["overlap"]
    assert online_ms(court) == 300_000


def test_the_cap_of_that_day_bounds_a_correction(court: Court) -> None:
    appeal = appealed(court)
    cap(court, 120)

    with pytest.raises(AppealRefused) as refused:
        proposed(court, appeal, ms=60_001, to_at=at_s(121))
    assert codes(refused) == ["day_cap"]

    decided(court, proposed(court, appeal, ms=60_000, to_at=at_s(120)))
    assert online_ms(court) == 120_000
    assert StudyClock.objects.get().day_ms == 120_000


def test_the_cap_is_judged_again_when_it_is_decided(court: Court) -> None:
    appeal = proposed(court)
    cap(court, 120)

    with pytest.raises(AppealRefused) as refused:
        decided(court, appeal)

    assert codes(refused) == ["day_cap"]


def test_what_was_given_back_today_is_not_earned_again_today(court: Court) -> None:
    cap(court, 360)
    decided(court, proposed(court))

    again = type(court.video)(court.world.alice, court.world.video.lesson.uuid)
    opened = again.open(20_000)
    acks = again.study("20000@600play 20060@660 20120@720")

    assert opened.day_left_ms == 60_000
    assert [each.credited_ms for each in acks] == [0, 60_000, 0]


def test_a_lesson_that_is_all_counted_has_nothing_to_give(court: Court) -> None:
    appeal = proposed(court)
    LessonCoverage.objects.update(covered=[(0, 1_200_000)], covered_ms=1_200_000)

    with pytest.raises(AppealRefused) as refused:
        decided(court, appeal)

    assert codes(refused) == ["lesson_full"]


def test_voided_credit_comes_back_without_new_time_of_the_clock(court: Court) -> None:
    appeal = decided(court, proposed(court, appealed(court, entry=voided_minute(court))))

    entry = Entry.objects.get(sort=EntrySort.CORRECTION)
    assert (appeal.state, entry.from_at, entry.ms, entry.confirmed_after_ms) == ("accepted", None, 60_000, 60_000)
    assert (appeal.day, StudyClock.objects.get().day_ms) == (NOON.date(), 60_000)
    assert LessonCoverage.objects.get().credited_ms == 60_000


def test_time_taken_back_is_appealed_against_once_by_its_entry(court: Court) -> None:
    voided_minute(court)

    with pytest.raises(AppealRefused) as refused:
        appealed(court, refusal=Refusal.objects.get(code="check_unanswered"))

    assert codes(refused) == ["voided"]


def test_voided_credit_takes_no_time_that_was_not_its_own(court: Court) -> None:
    appeal = appealed(court, entry=voided_minute(court))

    with pytest.raises(AppealRefused) as refused:
        proposed(court, appeal, from_at=at_s(60), to_at=at_s(120))

    assert codes(refused) == ["outside"]


def test_voided_credit_that_was_studied_again_is_not_given_twice(court: Court) -> None:
    cap(court, 60)
    appeal = appealed(court, entry=voided_minute(court))
    StudyClock.objects.update(day_ms=0)
    again = type(court.video)(court.world.alice, court.world.video.lesson.uuid)
    again.open(1_000)
    again.study("1000@0play 1060@60")
    again.close(1_060)

    with pytest.raises(AppealRefused) as refused:
        proposed(court, appeal)

    assert codes(refused) == ["day_cap"]


def test_hours_can_be_given_after_the_class_has_ended(court: Court) -> None:
    appeal = appealed(court)
    type(court.world.training_class).objects.update(state="ended")

    assert decided(court, proposed(court, appeal)).state == "accepted"


@pytest.mark.parametrize(
    "columns",
    [
        {"posted_by": None},
        {"proposed_by": None},
        {"posted_by": "bob"},
        {"posted_by": "alice"},
        {"proposed_by": "alice"},
    ],
)
def test_the_database_refuses_hours_with_one_name(court: Court, columns: dict[str, str | None]) -> None:
    names = {"posted_by": court.vera, "proposed_by": court.world.bob}
    names |= {key: getattr(court.world, name) if name else None for key, name in columns.items()}

    with pytest.raises(IntegrityError, match="more_hours_need_two_names"), transaction.atomic():
        Entry.objects.create(
            learner=court.world.alice,
            number=1,
            sort=EntrySort.CORRECTION,
            enrollment=court.world.enrollment,
            module=court.world.theory,
            kind="online",
            ms=1_000,
            confirmed_delta_ms=1_000,
            provisional_after_ms=0,
            confirmed_after_ms=1_000,
            posted_at=NOON,
            **names,
        )


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE hours_appeal SET text = 'something else'",
        "UPDATE hours_appeal SET appealed_at = now()",
        "DELETE FROM hours_appeal",
        "UPDATE hours_appeal SET state = 'accepted'",
        "UPDATE hours_appeal SET decided_by_id = learner_id, decided_at = now(), state = 'rejected'",
        "UPDATE hours_appeal SET decided_by_id = proposed_by_id, decided_at = now(), state = 'rejected'",
    ],
)
def test_the_database_keeps_what_was_appealed_and_by_whom(court: Court, change: str) -> None:
    proposed(court)

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)


def test_the_database_keeps_a_decision(court: Court) -> None:
    decided(court, verb="reject")

    with pytest.raises(IntegrityError), transaction.atomic():
        Appeal.objects.update(decided_reason="another")


def test_one_person_with_two_hats_gives_no_hours(court: Court, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the question of who may off, the database still asks for a second name."""
    appeal = proposed(court)
    monkeypatch.setattr(actions, "may_decide", lambda person, appeal: True)

    with pytest.raises(IntegrityError), transaction.atomic():
        decided(court, appeal, by=court.world.bob)

    assert online_ms(court) == 60_000


def attend(court: Court, from_s: int, to_s: int) -> Entry:
    return classroom.attend(court.world, from_s, to_s)
