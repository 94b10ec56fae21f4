"""Presence checks: asked on credited time, kept per learner, judged by the server's clock.

Time is studied in beats of a minute; the draw is fixed at the shortest, so that a check is due after five.
"""

import uuid
from collections.abc import Callable
from datetime import timedelta

import orjson
import pytest
from django.db import IntegrityError, transaction
from django.test import Client as Browser
from django.utils import translation

from lms.accounts.models import User
from lms.audit.models import Event
from lms.hours.actions import settling
from lms.hours.actions.checks import answer_check, fail_lapsed_checks, set_extra_time
from lms.hours.actions.sessions import StudyRefused, close_idle_sessions
from lms.hours.actions.settling import Verdict
from lms.hours.forms.conversation import converse
from lms.hours.forms.messages import parse_frame
from lms.hours.models import (
    CheckPolicy,
    Entry,
    LessonCoverage,
    LessonQuestion,
    ModuleHours,
    PresenceCheck,
    Refusal,
    StudyClock,
)
from lms.hours.queries.balances import confirmed_hours
from lms.hours.queries.clocks import clock_of
from tests.integration.hours.client import Client
from tests.world import NOON, World, make_person

FIVE_MINUTES = "0@0play 60@60 120@120 180@180 240@240 300@300"


class FixedChance:
    """The shortest wait, and always the same question."""

    def random(self) -> float:
        return 0.0

    def getrandbits(self, bits: int) -> int:
        return 12_345


@pytest.fixture(autouse=True)
def _shortest_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = FixedChance()
    monkeypatch.setattr(settling, "CHANCE", chance)
    monkeypatch.setattr("lms.hours.actions.checks.CHANCE", chance)


@pytest.fixture
def asked(video: Client) -> PresenceCheck:
    """Alice has earned five minutes and is asked."""
    video.open()
    return waiting(video.study(FIVE_MINUTES)[-1].check)


def waiting(check: PresenceCheck | None) -> PresenceCheck:
    assert check is not None
    return check


def answer(client: Client, check: PresenceCheck, at_s: float, *, wrong: bool = False) -> Verdict:
    return answer_check(
        by=client.learner,
        at=NOON + timedelta(seconds=at_s),
        session=client.session,
        check=check.uuid,
        choice=(check.right + wrong) % len(check.options),
    )


def entries(world: World) -> list[tuple[str, int, int, int]]:
    rows = Entry.objects.filter(learner=world.alice).order_by("number")
    return [(row.sort, row.ms, row.provisional_after_ms, row.confirmed_after_ms) for row in rows]


def coverage(world: World) -> tuple[list[tuple[int, int]], int]:
    row = LessonCoverage.objects.get(learner=world.alice, lesson_version=world.video)
    return row.covered, row.credited_ms


def test_a_check_is_asked_when_its_credited_time_is_reached(world: World, video: Client) -> None:
    video.open()

    acks = video.study(FIVE_MINUTES)

    assert [ack.state for ack in acks] == ["counting"] * 5 + ["check"]
    assert [ack.check is not None for ack in acks] == [False] * 5 + [True]
    check = waiting(acks[-1].check)
    assert (check.within_ms, check.deadline_at) == (120_000, NOON + timedelta(seconds=420))


def test_time_that_is_not_credited_brings_no_check_nearer(world: World, video: Client) -> None:
    video.open()

    acks = video.study("0@0play 60@60pause 1000@60play 1060@120 1061@120>0 1121@60 1181@120")

    assert not any(ack.check for ack in acks)
    assert StudyClock.objects.get(pk=world.alice.pk).check_in_ms == 180_000


def test_nothing_is_credited_until_it_is_answered(world: World, video: Client, asked: PresenceCheck) -> None:
    acks = video.study("315@315 330@330")

    assert [(ack.credited_ms, dict(ack.refused), ack.state, ack.check) for ack in acks] == [
        (0, {"check_unanswered": 15_000}, "check", None)
    ] * 2


def test_the_right_answer_confirms_everything_and_draws_the_next(
    world: World, video: Client, asked: PresenceCheck
) -> None:
    verdict = answer(video, asked, 310)
    acks = video.study("325@300play 340@315")

    assert verdict == Verdict(asked.uuid, passed=True, confirmed_ms=300_000)
    assert entries(world) == [("credit", 300_000, 300_000, 0), ("confirm", 300_000, 0, 300_000)]
    assert [(ack.credited_ms, ack.provisional_ms, ack.state) for ack in acks] == [
        (0, 0, "counting"),
        (15_000, 15_000, "counting"),
    ]
    clock = StudyClock.objects.get(pk=world.alice.pk)
    assert (clock.check_in_ms, clock.unproven_ms) == (285_000, 0)


def test_a_wrong_answer_takes_everything_unconfirmed_back(world: World, video: Client, asked: PresenceCheck) -> None:
    verdict = answer(video, asked, 310, wrong=True)

    assert verdict == Verdict(asked.uuid, passed=False, voided_ms=300_000)
    assert entries(world) == [("credit", 300_000, 300_000, 0), ("void", 300_000, 0, 0)]
    assert Entry.objects.get(sort="void").reason == "check_failed"
    assert coverage(world) == ([], 0)
    assert list(Refusal.objects.values_list("code", "ms")) == [("check_unanswered", 300_000)]
    total = ModuleHours.objects.get(enrollment=world.enrollment, kind="online")
    assert (total.provisional_ms, total.confirmed_ms, total.refused) == (0, 0, {"check_unanswered": 300_000})
    assert Event.objects.get(verb="check.failed").detail == {"reason": "check_failed", "voided_ms": 300_000}


def test_what_was_taken_back_can_be_studied_again(world: World, video: Client, asked: PresenceCheck) -> None:
    answer(video, asked, 310, wrong=True)

    acks = video.study("320@300>0 380@60 440@120 500@180 560@240 620@300")
    answer(video, waiting(acks[-1].check), 625)

    assert [ack.credited_ms for ack in acks] == [0, 60_000, 60_000, 60_000, 60_000, 60_000]
    assert entries(world)[2:] == [("credit", 300_000, 300_000, 0), ("confirm", 300_000, 0, 300_000)]
    assert coverage(world) == ([(0, 300_000)], 300_000)


def test_a_failed_check_goes_back_to_the_last_passed_one_and_no_further(
    world: World, video: Client, asked: PresenceCheck
) -> None:
    answer(video, asked, 301)
    acks = video.study("302@300>270 362@330 422@390 482@450 542@510 602@570 632@600")

    verdict = answer(video, waiting(acks[-1].check), 640, wrong=True)

    assert verdict.voided_ms == 300_000
    assert coverage(world) == ([(0, 300_000)], 300_000)
    assert confirmed_hours(world.enrollment)[(world.theory.pk, "online")] == 300_000


def test_the_time_that_was_taken_back_stays_taken(world: World, video: Client, asked: PresenceCheck) -> None:
    answer(video, asked, 310, wrong=True)

    clock = StudyClock.objects.get(pk=world.alice.pk)

    assert clock.busy_until == NOON + timedelta(seconds=310)
    assert clock.day_ms == 300_000


def test_playing_on_through_a_failed_check_earns_from_the_verdict_on(
    world: World, video: Client, asked: PresenceCheck
) -> None:
    answer(video, asked, 310, wrong=True)

    ack = video.study("315@315")[0]

    assert (ack.credited_ms, dict(ack.refused)) == (5_000, {"overlap": 10_000})


def test_an_answer_after_the_deadline_is_none(world: World, video: Client, asked: PresenceCheck) -> None:
    verdict = answer(video, asked, 420)

    assert (verdict.passed, verdict.voided_ms) == (False, 300_000)
    assert Entry.objects.get(sort="void").reason == "check_unanswered"


def test_an_answer_at_the_last_moment_counts(world: World, video: Client, asked: PresenceCheck) -> None:
    assert answer(video, asked, 419.999).passed


def test_the_next_beat_after_the_deadline_brings_the_verdict(world: World, video: Client, asked: PresenceCheck) -> None:
    late, later = video.study("421@300play 436@315")

    assert late.verdict == Verdict(asked.uuid, passed=False, voided_ms=300_000)
    assert (late.credited_ms, late.lesson_ms, late.provisional_ms, late.state) == (0, 0, 0, "counting")
    assert (later.credited_ms, later.lesson_ms) == (15_000, 15_000)


def test_a_check_that_waits_survives_a_reload_and_a_lost_socket(
    world: World, video: Client, asked: PresenceCheck
) -> None:
    opened = video.open(320)

    assert opened.check == asked
    assert answer(video, asked, 330).passed


def test_opening_again_after_the_deadline_brings_the_verdict(world: World, video: Client, asked: PresenceCheck) -> None:
    opened = video.open(421)

    assert (opened.verdict, opened.check) == (Verdict(asked.uuid, passed=False, voided_ms=300_000), None)
    assert (opened.covered, opened.desk.lesson_ms) == ([], 0)


def test_a_check_that_waits_moves_on_to_another_device_and_lesson(
    world: World, video: Client, asked: PresenceCheck
) -> None:
    phone = Client(world.alice, world.chapter.lesson.uuid, device="phone-77")

    opened = phone.open(320, takeover=True)
    ack = phone.study("321@0play 336@15")[-1]
    with pytest.raises(StudyRefused) as refused:
        answer(video, asked, 337)
    verdict = answer(phone, asked, 338)

    assert opened.check == asked
    assert (ack.credited_ms, ack.state) == (0, "check")
    assert refused.value.code == "not_open"
    assert (verdict.passed, verdict.confirmed_ms) == (True, 300_000)


def test_taking_over_after_the_deadline_voids_once(world: World, video: Client, asked: PresenceCheck) -> None:
    phone = Client(world.alice, world.chapter.lesson.uuid, device="phone-77")

    opened = phone.open(421, takeover=True)

    assert opened.verdict == Verdict(asked.uuid, passed=False, voided_ms=300_000)
    assert entries(world) == [("credit", 300_000, 300_000, 0), ("void", 300_000, 0, 0)]


def test_the_time_until_the_next_check_goes_on_in_the_next_session(world: World, video: Client) -> None:
    video.open()
    video.study("0@0play 60@60 120@120 180@180")
    video.close(181)
    other = Client(world.alice, world.chapter.lesson.uuid, device="phone-77")
    other.open(200)

    acks = other.study("200@0play 260@60 320@120")

    assert [ack.state for ack in acks] == ["counting", "counting", "check"]
    assert answer(other, waiting(acks[-1].check), 330).confirmed_ms == 120_000


def test_closing_while_a_check_waits_confirms_nothing_and_a_failure_voids_it(
    world: World, video: Client, asked: PresenceCheck
) -> None:
    video.close(310)
    before = entries(world)
    again = Client(world.alice, world.video.lesson.uuid)
    opened = again.open(320)
    verdict = answer(again, asked, 330, wrong=True)

    assert before == [("credit", 300_000, 300_000, 0)]
    assert opened.check == asked
    assert verdict.voided_ms == 300_000
    assert entries(world)[1:] == [("void", 300_000, 0, 0)]


def test_closing_after_the_deadline_voids(world: World, video: Client, asked: PresenceCheck) -> None:
    video.close(421)

    assert entries(world) == [("credit", 300_000, 300_000, 0), ("void", 300_000, 0, 0)]


def test_whoever_pauses_when_it_is_due_is_asked_when_they_go_on(world: World, video: Client) -> None:
    video.open()

    acks = video.study("0@0play 60@60 120@120 180@180 240@240 300@300pause 900@300play")

    assert [ack.state for ack in acks[-2:]] == ["paused", "check"]


def test_closing_when_one_is_due_but_not_asked_leaves_the_time_provisional(world: World, video: Client) -> None:
    video.open()
    video.study("0@0play 60@60 120@120 180@180 240@240 300@300pause")
    video.close(310)
    again = Client(world.alice, world.chapter.lesson.uuid)
    again.open(400)

    ack = again.study("400@0play")[0]
    verdict = answer(again, waiting(ack.check), 410)

    assert verdict.confirmed_ms == 300_000


def test_the_end_of_a_lesson_asks_as_well(world: World, video: Client) -> None:
    video.open()

    acks = video.study("0@0play 60@60 120@120 180@180 240@240 300@300end")

    assert acks[-1].state == "check"


def test_one_check_voids_over_sessions_and_lessons(world: World, video: Client, asked: PresenceCheck) -> None:
    video.close(301)
    phone = Client(world.alice, world.chapter.lesson.uuid, device="phone-77")
    phone.open(302)

    verdict = answer(phone, asked, 303, wrong=True)

    assert verdict.voided_ms == 300_000
    assert coverage(world) == ([], 0)


@pytest.mark.parametrize(("unproven_ms", "kept"), [(1_440_000, "confirm"), (1_440_001, "credit")])
def test_always_leaving_before_the_question_confirms_25_minutes_in_all(
    world: World, video: Client, unproven_ms: int, kept: str
) -> None:
    video.open()
    video.study("0@0play 60@60")
    StudyClock.objects.filter(pk=world.alice.pk).update(unproven_ms=unproven_ms)

    video.close(61)

    assert entries(world)[-1][0] == kept


def test_what_stayed_unproven_is_confirmed_by_the_next_passed_check(world: World, video: Client) -> None:
    video.open()
    video.study("0@0play 60@60")
    StudyClock.objects.filter(pk=world.alice.pk).update(unproven_ms=1_500_000)
    video.close(61)
    again = Client(world.alice, world.video.lesson.uuid)
    again.open(100)

    acks = again.study("100@60play 160@120 220@180 280@240 340@300")
    verdict = answer(again, waiting(acks[-1].check), 350)

    assert verdict.confirmed_ms == 300_000
    assert StudyClock.objects.get(pk=world.alice.pk).unproven_ms == 0


def test_one_pass_after_a_failure_gives_no_allowance_back_and_the_second_does(
    world: World, video: Client, asked: PresenceCheck
) -> None:
    StudyClock.objects.filter(pk=world.alice.pk).update(unproven_ms=600_000)
    left = []

    answer(video, asked, 301, wrong=True)
    for start_s, media_s in ((310, 0), (710, 300)):
        told = " ".join(f"{start_s + at_s}@{media_s + at_s}" for at_s in (60, 120, 180, 240, 300))
        acks = video.study(f"{start_s - 1}@{media_s}>{media_s} {start_s}@{media_s} {told}")
        answer(video, waiting(acks[-1].check), start_s + 301)
        left.append(StudyClock.objects.get(pk=world.alice.pk).unproven_ms)

    assert left == [600_000, 0]


def test_what_a_session_confirms_at_its_end_is_counted_as_unproven(world: World, video: Client) -> None:
    video.open()
    video.study("0@0play 60@60")
    video.close(61)

    assert StudyClock.objects.get(pk=world.alice.pk).unproven_ms == 60_000


@pytest.mark.parametrize("choice", [4, 99])
def test_a_choice_that_is_not_offered_changes_nothing(
    world: World, video: Client, asked: PresenceCheck, choice: int
) -> None:
    with pytest.raises(StudyRefused) as refused:
        answer_check(
            by=world.alice,
            at=NOON + timedelta(seconds=310),
            session=video.session,
            check=asked.uuid,
            choice=choice,
        )

    assert refused.value.code == "bad_message"
    assert StudyClock.objects.get(pk=world.alice.pk).pending_check == asked


@pytest.mark.parametrize("wrong", [False, True])
def test_an_answer_counts_once(world: World, video: Client, asked: PresenceCheck, wrong: bool) -> None:
    answer(video, asked, 310, wrong=wrong)
    before = entries(world)

    with pytest.raises(StudyRefused) as refused:
        answer(video, asked, 311)

    assert refused.value.code == "bad_message"
    assert entries(world) == before


def test_a_stranger_cannot_answer_the_check_of_another(world: World, video: Client, asked: PresenceCheck) -> None:
    stranger = Client(world.charlie, world.video.lesson.uuid)
    stranger.session = video.session

    with pytest.raises(StudyRefused) as refused:
        answer(stranger, asked, 310)

    assert refused.value.code == "bad_message"
    assert StudyClock.objects.get(pk=world.alice.pk).pending_check == asked


def test_a_check_that_was_never_asked_cannot_be_answered(world: World, video: Client) -> None:
    video.open()

    with pytest.raises(StudyRefused) as refused:
        answer_check(by=world.alice, at=NOON, session=video.session, check=uuid.uuid4(), choice=0)

    assert refused.value.code == "bad_message"


def test_the_sweeper_fails_the_check_of_a_learner_who_left_with_it(
    world: World, video: Client, asked: PresenceCheck
) -> None:
    video.close(310)

    assert fail_lapsed_checks(at=NOON + timedelta(seconds=540)) == 0
    assert fail_lapsed_checks(at=NOON + timedelta(seconds=541)) == 1
    assert fail_lapsed_checks(at=NOON + timedelta(seconds=542)) == 0

    assert entries(world) == [("credit", 300_000, 300_000, 0), ("void", 300_000, 0, 0)]


def test_the_sweeper_of_idle_sessions_waits_for_the_answer(world: World, video: Client) -> None:
    set_extra_time(by=world.alice, at=NOON, learner=world.alice, extra_time=True)
    video.open()
    check = waiting(video.study(FIVE_MINUTES)[-1].check)

    assert close_idle_sessions(at=NOON + timedelta(seconds=500)) == 0
    assert check.within_ms == 240_000
    assert answer(video, check, 535).passed


def test_a_vanished_learners_session_ends_with_the_time_taken_back(
    world: World, video: Client, asked: PresenceCheck
) -> None:
    assert close_idle_sessions(at=NOON + timedelta(seconds=421)) == 1

    assert entries(world) == [("credit", 300_000, 300_000, 0), ("void", 300_000, 0, 0)]


def test_nobody_chooses_the_time_of_another(world: World) -> None:
    with pytest.raises(PermissionError):
        set_extra_time(by=world.bob, at=NOON, learner=world.alice, extra_time=True)


def test_more_time_is_given_to_the_check_that_waits(world: World, video: Client, asked: PresenceCheck) -> None:
    set_extra_time(by=world.alice, at=NOON + timedelta(seconds=330), learner=world.alice, extra_time=True)

    assert answer(video, asked, 530).passed


def test_more_time_does_not_bring_back_a_check_that_lapsed(world: World, video: Client, asked: PresenceCheck) -> None:
    set_extra_time(by=world.alice, at=NOON + timedelta(seconds=420), learner=world.alice, extra_time=True)

    assert not answer(video, asked, 421).passed


def test_learners_choose_their_time_on_a_page(world: World, client: Browser) -> None:
    client.force_login(world.alice)

    saved = client.post("/my/hours/checks/", {"extra_time": "yes"}, follow=True)

    assert saved.status_code == 200
    assert CheckPolicy.objects.get(learner=world.alice).extra_time
    assert 'value="yes" checked' in saved.content.decode()


def test_a_visitor_is_sent_to_the_door(client: Browser, world: World) -> None:
    assert client.post("/my/hours/checks/", {"extra_time": "yes"}).status_code == 302
    assert not CheckPolicy.objects.exists()


def test_my_hours_says_why_time_was_taken_back(
    world: World, video: Client, asked: PresenceCheck, client: Browser
) -> None:
    answer(video, asked, 310, wrong=True)
    client.force_login(world.alice)

    page = client.get("/my/hours/").content.decode()

    assert "在场问题答错" in page


def lesson_question(world: World, from_ms: int, prompt: str) -> LessonQuestion:
    return LessonQuestion.objects.create(
        lesson_version=world.video, from_ms=from_ms, prompt=prompt, options=["断电", "验电", "放电"], right=1
    )


def test_the_lessons_own_question_about_the_last_minutes_is_asked(world: World, video: Client) -> None:
    lesson_question(world, 600_000, "还没讲到")
    question = lesson_question(world, 120_000, "接地之前先做什么？")
    video.open()

    check = waiting(video.study(FIVE_MINUTES)[-1].check)

    assert (check.method, check.question, check.prompt["zh"]) == ("lesson", question, "接地之前先做什么？")
    assert check.options[check.right]["zh"] == "验电"


def test_a_question_about_what_was_skipped_is_not_asked(world: World, video: Client) -> None:
    lesson_question(world, 30_000, "跳过的部分")
    video.open()

    acks = video.study("0@60play 60@120 120@180 180@240 240@300 300@360")

    assert waiting(acks[-1].check).method == "simple"


def test_a_retired_question_is_not_asked(world: World, video: Client) -> None:
    question = lesson_question(world, 120_000, "接地之前先做什么？")
    LessonQuestion.objects.filter(pk=question.pk).update(retired_at=NOON)
    video.open()

    assert waiting(video.study(FIVE_MINUTES)[-1].check).method == "simple"


def test_a_question_changed_while_it_waits_is_judged_as_it_was_put(world: World, video: Client) -> None:
    question = lesson_question(world, 120_000, "接地之前先做什么？")
    video.open()
    asked = waiting(video.study(FIVE_MINUTES)[-1].check)
    LessonQuestion.objects.filter(pk=question.pk).update(prompt="别的？", options=["甲", "乙"], right=0)

    answer(video, asked, 310)

    kept = PresenceCheck.objects.get(pk=asked.pk)
    assert (kept.outcome, kept.prompt["zh"]) == ("check_passed", "接地之前先做什么？")


def test_learners_see_what_they_were_asked_and_what_became_of_it(
    world: World, video: Client, asked: PresenceCheck, client: Browser
) -> None:
    answer(video, asked, 310, wrong=True)
    client.force_login(world.alice)

    assert 'href="/my/hours/checks/"' in client.get("/my/hours/").content.decode()
    [row] = client.get("/my/hours/checks/").context["checks"]

    assert (row["prompt"], row["passed"], row["ms"]) == (asked.prompt["zh"], False, 300_000)
    assert row["choice"] != asked.options[asked.right]["zh"]
    client.force_login(world.charlie)
    assert client.get("/my/hours/checks/").context["checks"] == []


def test_a_question_without_its_answer_is_refused_by_the_database(world: World) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        LessonQuestion.objects.create(lesson_version=world.video, from_ms=0, prompt="?", options=["a", "b"], right=2)


def test_a_judged_check_is_kept_as_it_was_judged(world: World, video: Client, asked: PresenceCheck) -> None:
    answer(video, asked, 310, wrong=True)

    with pytest.raises(IntegrityError), transaction.atomic():
        PresenceCheck.objects.filter(pk=asked.pk).update(outcome="check_passed")


def test_a_beat_without_a_check_asks_nothing_of_the_database_for_it(
    world: World, video: Client, django_assert_num_queries: Callable
) -> None:
    video.open()
    video.study("0@0play 60@60")

    with django_assert_num_queries(6):  # the lease, savepoint, clock and all around it, coverage, update, release
        video.study("120@120")


def talk(client: Client, message: dict, at_s: float) -> list[dict]:
    at = NOON + timedelta(seconds=at_s)
    return converse(
        by=client.learner, at=at, message=parse_frame(orjson.dumps(message)), session=client.session
    ).answers


def beat(seq: int, at_s: int) -> dict:
    return {"type": "beat", "seq": seq, "event": "tick", "position_ms": at_s * 1000, "playing": True, "visible": True}


def test_the_messages_of_a_check_on_the_wire(world: World, video: Client) -> None:
    video.open()
    video.study("0@0play 60@60 120@120 180@180 240@240")

    ack, asked = talk(video, beat(6, 300), 300)
    (checked,) = talk(video, {"type": "answer", "check": asked["check"], "choice": right_choice()}, 310)

    assert ack["state"] == "check"
    assert (asked["type"], asked["within_ms"], len(asked["options"])) == ("check", 120_000, 4)
    assert set(asked) == {"type", "check", "prompt", "options", "within_ms"}
    assert checked == {
        "type": "checked",
        "check": asked["check"],
        "passed": True,
        "confirmed_ms": 300_000,
        "voided_ms": 0,
    }


def right_choice() -> int:
    return PresenceCheck.objects.get(outcome="").right


def test_opening_asks_again_with_the_time_that_is_left(world: World, video: Client, asked: PresenceCheck) -> None:
    opened, check = talk(
        video,
        {
            "type": "open",
            "session": str(video.session),
            "lesson": str(video.lesson),
            "device": video.device,
            "takeover": False,
        },
        320,
    )

    assert (opened["type"], check["check"], check["within_ms"]) == ("opened", str(asked.uuid), 100_000)


def test_the_verdict_on_a_lapsed_check_comes_before_the_ack(world: World, video: Client, asked: PresenceCheck) -> None:
    checked, ack = talk(video, beat(7, 300), 421)

    assert (checked["type"], checked["passed"], checked["voided_ms"]) == ("checked", False, 300_000)
    assert (ack["type"], ack["lesson_ms"], ack["state"]) == ("ack", 0, "counting")


@pytest.mark.parametrize(
    ("own", "page", "prompt"),
    [("", "zh-hans", "zh"), ("", "en", "en"), ("en", "zh-hans", "en"), ("zh-hans", "en", "zh")],
)
def test_it_is_asked_in_the_learners_language(world: World, video: Client, own: str, page: str, prompt: str) -> None:
    User.objects.filter(pk=world.alice.pk).update(language=own)
    world.alice.refresh_from_db()
    video.open()
    video.study("0@0play 60@60 120@120 180@180 240@240")

    with translation.override(page):
        asked = talk(video, beat(6, 300), 300)[1]

    assert asked["prompt"] == PresenceCheck.objects.get().prompt[prompt]


def test_a_class_mate_is_not_touched(world: World, video: Client, asked: PresenceCheck) -> None:
    dora = make_person("dora", "learner")
    from lms.enrollments.models import Enrollment

    Enrollment.objects.create(learner=dora, training_class=world.training_class, enrolled_at=NOON)
    mate = Client(dora, world.video.lesson.uuid)
    mate.open(10)
    mate.study("10@0play 70@60")

    answer(video, asked, 310, wrong=True)

    assert clock_of(StudyClock.objects.get(pk=dora.pk)).stretch.ms == 60_000
