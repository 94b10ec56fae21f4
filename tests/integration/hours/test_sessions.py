import uuid
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms.enrollments.models import ClassState, TrainingClass
from lms.hours.actions.beats import record_beat
from lms.hours.actions.sessions import StudyRefused, close_idle_sessions
from lms.hours.models import Entry, LessonCoverage, ModuleHours, Refusal, StudyClock
from lms.hours.queries.balances import confirmed_hours
from lms.hours.rules.values import Beat
from tests.integration.hours.client import Client
from tests.world import NOON, World

TICK = Beat(seq=1, event="tick", position_ms=0, playing=True, visible=True)


def entries(world: World) -> list[tuple[str, int, int, int]]:
    rows = Entry.objects.filter(learner=world.alice).order_by("number")
    return [(row.sort, row.ms, row.provisional_after_ms, row.confirmed_after_ms) for row in rows]


def test_a_session_earns_provisional_time_and_closing_confirms_it(world: World, video: Client) -> None:
    video.open()

    acks = video.study("0@0play 15@15 30@30 45@45")
    video.close(50)

    assert [ack.credited_ms for ack in acks] == [0, 15_000, 15_000, 15_000]
    assert (acks[-1].lesson_ms, acks[-1].provisional_ms, acks[-1].day_left_ms) == (45_000, 45_000, 14_355_000)
    assert entries(world) == [("credit", 45_000, 45_000, 0), ("confirm", 45_000, 0, 45_000)]
    assert confirmed_hours(world.enrollment) == {
        (world.theory.pk, "online"): 45_000,
        (world.practice.pk, "workshop"): 0,
    }
    coverage = LessonCoverage.objects.get(learner=world.alice)
    assert (coverage.covered, coverage.credited_ms) == ([(0, 45_000)], 45_000)


def test_opening_tells_where_to_go_on(world: World, video: Client) -> None:
    video.open()
    video.study("0@0play 15@15 30@30 30.5@30>10 45@20")

    resumed = video.open(46)

    assert resumed.covered == [(0, 30_000)]
    assert (resumed.desk.clock.position_ms, resumed.desk.clock.seq, resumed.desk.lesson_ms) == (20_000, 5, 30_000)


def test_a_new_session_goes_on_at_the_first_place_not_covered(world: World, video: Client) -> None:
    video.open()
    video.study("0@0play 30@30")
    video.close(31)

    assert Client(world.alice, world.video.lesson.uuid).open(60).resume_ms == 30_000


def test_it_resumes_after_a_lost_socket_without_losing_the_time_between(world: World, video: Client) -> None:
    video.open()
    video.study("0@0play 15@15")

    video.open(40)
    acks = video.study("45@45 60@60")

    assert [ack.credited_ms for ack in acks] == [30_000, 15_000]


def test_another_device_is_told_elsewhere_until_it_takes_over(world: World, video: Client) -> None:
    phone = Client(world.alice, world.chapter.lesson.uuid, device="phone-77")
    video.open()
    video.study("0@0play 15@15")

    with pytest.raises(StudyRefused) as refused:
        phone.open(16)
    opened = phone.open(17, takeover=True)

    assert refused.value.code == "elsewhere"
    assert opened.took_over
    assert entries(world) == [("credit", 15_000, 15_000, 0), ("confirm", 15_000, 0, 15_000)]


def test_the_superseded_session_earns_nothing_and_is_told_so(world: World, video: Client) -> None:
    phone = Client(world.alice, world.chapter.lesson.uuid, device="phone-77")
    video.open()
    video.study("0@0play 15@15")
    phone.open(17, takeover=True)

    late = video.study("30@30")[0]
    acks = phone.study("30@0play 45@15")

    assert (late.credited_ms, dict(late.refused)) == (0, {"superseded": 15_000})
    assert [ack.credited_ms for ack in acks] == [0, 15_000]


def test_the_same_device_takes_over_by_itself(world: World, video: Client) -> None:
    other_tab = Client(world.alice, world.chapter.lesson.uuid)
    video.open()
    video.study("0@0play 15@15")

    assert other_tab.open(16).took_over


def test_a_silent_lease_is_free_for_anybody(world: World, video: Client) -> None:
    phone = Client(world.alice, world.chapter.lesson.uuid, device="phone-77")
    video.open()
    video.study("0@0play 15@15")

    assert phone.open(140).took_over


def test_a_stranger_cannot_study(world: World) -> None:
    with pytest.raises(StudyRefused) as refused:
        Client(world.charlie, world.video.lesson.uuid).open()

    assert refused.value.code == "not_enrolled"


def test_a_stranger_cannot_beat_or_close_or_open_the_session_of_another(world: World, video: Client) -> None:
    video.open()
    stranger = Client(world.charlie, world.video.lesson.uuid)
    stranger.session = video.session

    for attempt in (lambda: stranger.study("5@5"), lambda: stranger.close(6), stranger.open):
        with pytest.raises(StudyRefused):
            attempt()

    assert StudyClock.objects.get(pk=world.alice.pk).session.uuid == video.session


def test_a_session_id_stays_with_its_lesson(world: World, video: Client) -> None:
    video.open()
    video.lesson = world.chapter.lesson.uuid

    with pytest.raises(StudyRefused) as refused:
        video.open(1)

    assert refused.value.code == "bad_message"


@pytest.mark.parametrize("state", [ClassState.REPORTED, ClassState.RETURNED, ClassState.ENDED])
def test_nothing_is_opened_for_a_class_that_is_not_running(world: World, video: Client, state: ClassState) -> None:
    TrainingClass.objects.filter(pk=world.training_class.pk).update(state=state)

    with pytest.raises(StudyRefused) as refused:
        video.open()

    assert refused.value.code == "locked"


def test_the_end_of_the_class_ends_the_session_and_keeps_what_was_earned(world: World, video: Client) -> None:
    video.open()
    video.study("0@0play 15@15")
    TrainingClass.objects.filter(pk=world.training_class.pk).update(state=ClassState.ENDED)

    with pytest.raises(StudyRefused) as refused:
        video.study("30@30")

    assert refused.value.code == "locked"
    assert entries(world) == [("credit", 15_000, 15_000, 0), ("confirm", 15_000, 0, 15_000)]


def test_a_withdrawn_lesson_stops_earning(world: World, video: Client) -> None:
    video.open()
    video.study("0@0play 15@15")
    lesson = world.video.lesson
    lesson.withdrawn_at = NOON
    lesson.save()

    with pytest.raises(StudyRefused) as refused:
        video.study("30@30")

    assert refused.value.code == "withdrawn"


def test_the_sweeper_ends_what_was_left_open_at_its_last_beat(world: World, video: Client) -> None:
    video.open()
    video.study("0@0play 15@15 30@30")

    assert close_idle_sessions(at=NOON + timedelta(seconds=140)) == 0
    assert close_idle_sessions(at=NOON + timedelta(seconds=151)) == 1

    assert entries(world) == [("credit", 30_000, 30_000, 0), ("confirm", 30_000, 0, 30_000)]
    assert Entry.objects.get(sort="credit").to_at == NOON + timedelta(seconds=30)


def test_the_sweeper_gives_a_resumed_session_two_minutes_for_its_first_beat(world: World, video: Client) -> None:
    video.open()
    video.study("0@0play 15@15")
    video.close(16)
    video.open(600)

    assert close_idle_sessions(at=NOON + timedelta(seconds=720)) == 0
    assert close_idle_sessions(at=NOON + timedelta(seconds=721)) == 1


def test_a_resumed_session_is_not_free_for_another_device_at_once(world: World, video: Client) -> None:
    phone = Client(world.alice, world.chapter.lesson.uuid, device="phone-77")
    video.open()
    video.close(16)
    video.open(600)

    with pytest.raises(StudyRefused) as refused:
        phone.open(601)

    assert refused.value.code == "elsewhere"


def test_time_carried_over_midnight_is_not_counted_on_the_new_day(world: World, video: Client) -> None:
    video.open(43_180)
    video.study("43180@0play 43190@10pause 43202@10play 43202@12pause")
    video.close(43_203)

    ends = Entry.objects.filter(sort="credit").order_by("number").values_list("from_at", "to_at")
    assert list(ends) == [
        (NOON + timedelta(seconds=43_180), NOON + timedelta(seconds=43_190)),
        (NOON + timedelta(seconds=43_200), NOON + timedelta(seconds=43_202)),
    ]


def test_refused_time_is_kept_with_its_reason(world: World, video: Client) -> None:
    video.open()

    video.study("0@0play 15@15 30@300 45@315")
    video.close(60)

    rows = list(Refusal.objects.values_list("code", "ms"))
    assert rows == [("too_fast", 285_000)]
    assert ModuleHours.objects.get(kind="online").refused == {"too_fast": 285_000}


def test_the_lesson_credits_each_second_once_over_sessions(world: World, video: Client) -> None:
    video.open()
    video.study("0@0play 30@30")
    video.close(31)
    again = Client(world.alice, world.video.lesson.uuid)
    again.open(100)

    acks = again.study("100@0play 130@30 145@45")

    assert [(ack.credited_ms, dict(ack.refused)) for ack in acks] == [
        (0, {}),
        (0, {"already_covered": 30_000}),
        (15_000, {}),
    ]


def test_closing_twice_changes_nothing(world: World, video: Client) -> None:
    video.open()
    video.study("0@0play 15@15")
    video.close(20)
    video.close(21)

    assert len(entries(world)) == 2


def test_a_beat_before_opening_is_refused(world: World, video: Client) -> None:
    with pytest.raises(StudyRefused) as refused:
        record_beat(by=world.alice, at=NOON, session=uuid.uuid4(), beat=TICK)

    assert refused.value.code == "not_open"


def test_a_beat_costs_the_same_number_of_queries_whatever_was_studied(
    world: World, video: Client, django_assert_num_queries
) -> None:
    video.open()
    video.study("0@0play 15@15 16@15pause 20@15play 35@30 36@30pause 40@30play")

    with django_assert_num_queries(6):  # the lease, savepoint, clock and all around it, coverage, update, release
        video.study("55@45")


@given(st.lists(st.integers(1, 5), min_size=1, max_size=12))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_input_that_was_seen_before_changes_nothing_in_whatever_order(
    world: World, video: Client, numbers: list[int]
) -> None:
    """I6: replayed, duplicated and permuted beats."""
    if video.seq == 0:
        video.open()
        video.study("0@0play 15@15 30@30>10 45@25 60@40")
    before = (StudyClock.objects.values().get(pk=world.alice.pk), Entry.objects.count(), Refusal.objects.count())

    for number in numbers:
        with pytest.raises(StudyRefused) as refused:
            video.send(70, TICK._replace(seq=number, position_ms=number * 15_000))
        assert refused.value.code == "bad_seq"

    after = (StudyClock.objects.values().get(pk=world.alice.pk), Entry.objects.count(), Refusal.objects.count())
    assert after == before
