"""The figures that the worker keeps: what they come to, that they equal the ledger, and what keeping them touches."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib import import_module
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from lms.enrollments.actions import end_class, enroll, withdraw_enrollment
from lms.enrollments.models import Enrollment, TrainingClass
from lms.hours.models import ModuleHours
from lms.institutions.models import Institution
from lms.oversight.actions.standings import refresh_class, refresh_standings
from lms.oversight.models import (
    ClassDay,
    ClassStanding,
    InstitutionDay,
    InstitutionStanding,
    LastRefresh,
    LearnerStanding,
)
from lms.oversight.queries.stale import stale_classes
from lms.oversight.rules.progress import Need
from lms.oversight.tasks import refresh_all, refresh_running
from tests.integration.hours.client import Client
from tests.integration.hours.judges import LATER, Court, at_s, decided, proposed, refused_gap, voided_minute
from tests.integration.oversight.builders import (
    add_class,
    add_learners,
    attend,
    give_hours,
    kept_days,
    replayed_days,
)
from tests.world import NOON, move_dates

TODAY = date(2026, 3, 2)


def standing(court: Court) -> ClassStanding:
    return ClassStanding.objects.get(training_class=court.world.training_class)


def test_the_figures_of_a_class_that_was_worked_out_by_hand(court: Court) -> None:
    """A class hour online is 30 min, in the workshop 45; one and two of them are asked, so three of each learner."""
    refused_gap(court)  # Alice: 60 s confirmed, 240 s refused
    attend(court, court.world.enrollment, 90)  # two class hours of the two
    done, _new = add_learners(court.world.training_class, ["Done", "New"])
    give_hours(done, court.world, online_ms=1_800_000, workshop_ms=9_000_000)  # more workshop than asked fills nothing

    assert refresh_standings(at=LATER) == 1

    found = standing(court)
    assert (found.learners, found.done, found.behind, found.idle, found.both, found.on_way) == (3, 1, 0, 0, 0, 2)
    assert (found.required_hours, found.confirmed_hours) == (9, Decimal("5.03"))
    assert found.percent == 55
    assert found.spread == [1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1]
    assert found.confirmed_ms == 60_000 + 5_400_000 + 1_800_000 + 9_000_000
    assert (found.online_ms, found.refused_ms, found.refused) == (1_860_000, 240_000, {"gap": 240_000})
    assert found.earned == [
        [court.world.theory.pk, "online", 1_860_000],
        [court.world.practice.pk, "workshop", 10_800_000],
    ]
    assert kept_days(court.world.training_class) == {
        (TODAY, "online"): (60_000, 240_000),
        (TODAY, "workshop"): (5_400_000, 0),
    }
    alice = LearnerStanding.objects.get(enrollment=court.world.enrollment)
    assert (alice.percent, alice.need, alice.last_on, alice.refused_ms) == (67, Need.ON_WAY, TODAY, 240_000)
    assert LastRefresh.objects.get().as_of == LATER


def test_totals_equal_a_replay_however_often_they_were_refreshed(court: Court) -> None:
    """Everything that can happen to hours, with a refresh after each step: nothing is counted twice or forgotten."""
    group, world = court.world.training_class, court.world
    other = add_class(world, "第二期")
    second = Enrollment.objects.create(learner=world.alice, training_class=other, enrolled_at=NOON)
    again = Client(world.alice, world.chapter.lesson.uuid)
    steps = [
        lambda: voided_minute(court),
        lambda: refresh_standings(at=at_s(90)),
        lambda: again.open(400),
        lambda: again.study("400@0play 415@15 430@30 445@300"),
        lambda: attend(court, second, 45),
        lambda: refresh_standings(at=at_s(500)),
        lambda: refresh_standings(at=at_s(501)),
        lambda: again.close(510),
        lambda: attend(court, world.enrollment, 30, LATER + timedelta(days=1)),
        lambda: withdraw_enrollment(by=world.bob, at=LATER, enrollment=world.enrollment),
    ]

    for step in steps:
        step()
    refresh_standings(at=LATER + timedelta(days=1))

    for each in (group, other):
        assert kept_days(each) == replayed_days(each) != {}
        kept_ms = sum(ms for ms, _refused in kept_days(each).values())
        totals = ModuleHours.objects.filter(enrollment__training_class=each)
        assert kept_ms == sum(row.confirmed_ms for row in totals)
    assert stale_classes(TODAY + timedelta(days=1), with_ended=True) == []
    together = Counter[tuple[date, str, int]]()
    for each in (group, other):
        for (day, kind), figures in replayed_days(each).items():
            together.update({(day, kind, place): ms for place, ms in enumerate(figures)})
    kept = kept_days(world.institution).items()
    assert {(day, kind, place): ms for (day, kind), figures in kept for place, ms in enumerate(figures)} == together


def test_an_institution_is_the_sum_of_its_classes(court: Court) -> None:
    refused_gap(court)
    second = add_class(court.world, "第二期")
    (done, _new) = add_learners(second, ["Done", "New"])
    give_hours(
        done, court.world, online_ms=1_800_000, workshop_ms=5_400_000, refused={"gap": 60_000, "hidden": 120_000}
    )
    add_class(court.world, "别家的班", Institution.objects.get(name_zh="别家"))

    refresh_standings(at=LATER)

    found = InstitutionStanding.objects.get(institution=court.world.institution)
    assert (found.year, found.classes, found.learners, found.done, found.behind) == (2026, 2, 3, 1, 0)
    assert (found.required_hours, found.confirmed_hours) == (9, Decimal("3.03"))
    assert (found.online_ms, found.refused_ms) == (1_860_000, 420_000)
    assert found.refused == {"gap": 300_000, "hidden": 120_000}
    assert InstitutionStanding.objects.get(institution__name_zh="别家").classes == 1


def test_a_class_that_changes_marks_its_institution_and_no_other(court: Court) -> None:
    other = add_class(court.world, "别家的班", Institution.objects.get(name_zh="别家"))
    refresh_standings(at=LATER)
    add_learners(other, ["Zoe"])

    refresh_class(at=LATER, pk=other.pk)

    marked = InstitutionStanding.objects.order_by("institution__name_zh").values_list("institution__name_zh", "year")
    assert dict(marked) == {"别家": 0, "安技校": 2026}
    refresh_standings(at=LATER)
    assert InstitutionStanding.objects.get(institution__name_zh="别家").learners == 1


def test_a_class_that_ended_counts_until_the_year_is_over(court: Court) -> None:
    group = court.world.training_class
    add_class(court.world, "短班", starts_on=group.starts_on, ends_on=date(2026, 2, 1), state="ended")
    seen = []
    for year, month in ((2026, 12), (2027, 1)):
        refresh_standings(at=datetime(year, month, 20, tzinfo=UTC), with_ended=True)
        seen.append(InstitutionStanding.objects.get(institution=court.world.institution).classes)

    assert seen == [2, 1]


def test_what_was_kept_before_institutions_were_added_up_is_taken_over(court: Court) -> None:
    refused_gap(court)
    attend(court, court.world.enrollment, 45)
    refresh_standings(at=LATER)
    days = kept_days(court.world.institution)
    InstitutionDay.objects.all().delete()
    InstitutionStanding.objects.all().delete()

    with connection.cursor() as cursor:
        cursor.execute(import_module("lms.oversight.migrations.0003_institution_standings").FILL)
    refresh_standings(at=LATER)

    assert kept_days(court.world.institution) == days == replayed_days(court.world.training_class) != {}
    assert InstitutionStanding.objects.get().learners == 1


def test_hours_that_came_back_by_an_appeal_stand_on_their_day(court: Court) -> None:
    appeal = proposed(court)
    refresh_standings(at=LATER)

    decided(court, appeal)
    refresh_standings(at=LATER)

    assert kept_days(court.world.training_class) == {(TODAY, "online"): (300_000, 240_000)}
    assert kept_days(court.world.training_class) == replayed_days(court.world.training_class)


def test_nothing_new_means_nothing_to_do(court: Court) -> None:
    refused_gap(court)
    refresh_standings(at=LATER)

    assert refresh_standings(at=LATER) == 0


@pytest.mark.parametrize("change", ["an entry", "a refusal", "a learner more", "a learner less", "a new day", "an end"])
def test_a_class_is_reckoned_anew_after(court: Court, change: str) -> None:
    world, group = court.world, court.world.training_class
    (zoe,) = add_learners(group, ["Zoe"])
    refresh_standings(at=NOON)
    assert stale_classes(TODAY, with_ended=True) == []

    today = TODAY
    if change == "an entry":
        attend(court, zoe, 45)
    elif change == "a refusal":
        court.video.open()
        court.video.study("0@0play 15@300")
        court.video.close(16)
    elif change == "a learner more":
        enroll(by=world.bob, at=NOON, uuid=uuid4(), learner=world.charlie, training_class=group)
    elif change == "a learner less":
        withdraw_enrollment(by=world.bob, at=NOON, enrollment=zoe)
    elif change == "a new day":
        today += timedelta(days=1)
    else:
        end_class(by=world.bob, at=NOON, training_class=group)

    assert stale_classes(today, with_ended=True) == [group.pk]


def test_an_ended_class_has_no_new_days_and_waits_for_the_night(court: Court) -> None:
    end_class(by=court.world.bob, at=NOON, training_class=court.world.training_class)
    refresh_standings(at=NOON, with_ended=True)
    TrainingClass.objects.filter(pk=court.world.training_class.pk).update(state="accepted")
    attend(court, court.world.enrollment, 45)
    TrainingClass.objects.filter(pk=court.world.training_class.pk).update(state="ended")
    later = TODAY + timedelta(days=30)

    assert stale_classes(later, with_ended=False) == []
    assert stale_classes(later, with_ended=True) == [court.world.training_class.pk]


def test_a_class_that_was_not_accepted_has_no_figures(court: Court) -> None:
    add_class(court.world, "待受理", state="reported")

    refresh_standings(at=NOON, with_ended=True)

    assert ClassStanding.objects.count() == 1


def test_a_learner_becomes_idle_and_behind_without_anything_being_written(court: Court) -> None:
    move_dates(court.world.training_class, ends_on=date(2026, 3, 31))
    attend(court, court.world.enrollment, 45)
    seen = []
    for days in (0, 6, 7, 15, 30):
        refresh_standings(at=LATER + timedelta(days=days))
        found = standing(court)
        seen.append((days, found.on_way, found.idle, found.behind, found.both))

    # A third of the hours is done: expected are 20 % after six days, 23 after seven, 50 after fifteen.
    assert seen == [(0, 1, 0, 0, 0), (6, 1, 0, 0, 0), (7, 0, 1, 0, 0), (15, 0, 1, 1, 1), (30, 0, 0, 1, 0)]


def test_keeping_figures_writes_to_no_table_of_hours(court: Court) -> None:
    refused_gap(court)

    with CaptureQueriesContext(connection) as captured:
        refresh_standings(at=LATER)

    written = [each["sql"] for each in captured.captured_queries if not each["sql"].lstrip().startswith("SELECT")]
    tables = {word.split('"')[1] for sql in written for word in sql.split("INTO ")[1:] if word.startswith('"')}
    kept = ("classstanding", "institutionstanding", "learnerstanding", "lastrefresh")
    assert tables == {f"oversight_{name}" for name in kept}
    assert [sql for sql in written if "hours_" in sql and "JOIN hours_" not in sql] == []
    assert [sql for sql in written if "LOCK" in sql or "FOR UPDATE" in sql] == []


def test_a_class_costs_the_same_number_of_statements_whatever_its_size(court: Court) -> None:
    refresh_standings(at=NOON)
    costs = []
    for names in (range(2), range(57)):
        add_learners(court.world.training_class, [f"学员{each}" for each in names])
        with CaptureQueriesContext(connection) as captured:
            refresh_standings(at=NOON)
        costs.append(len(captured))

    assert costs[0] == costs[1]


def test_the_database_refuses_a_class_that_counts_a_learner_twice(court: Court) -> None:
    refresh_standings(at=NOON)

    with pytest.raises(IntegrityError, match="every_learner_is_counted_once"), transaction.atomic():
        ClassStanding.objects.update(done=1, behind=1)


def test_a_day_stands_once_for_each_kind(court: Court) -> None:
    ClassDay.objects.create(training_class=court.world.training_class, day=TODAY, kind="online")

    with pytest.raises(IntegrityError, match="one_row_per_class_day_and_kind"), transaction.atomic():
        ClassDay.objects.create(training_class=court.world.training_class, day=TODAY, kind="online")


def test_the_periodic_tasks_keep_figures_true(court: Court) -> None:
    refused_gap(court)

    assert refresh_running() == 1
    assert (refresh_running(), refresh_all()) == (0, 0)


def test_a_class_that_fails_holds_up_no_other(court: Court, caplog: pytest.LogCaptureFixture) -> None:
    """A day that is full to the last bit: the database refuses to add to it."""
    other = add_class(court.world, "第二期")
    refresh_standings(at=NOON)
    attend(court, court.world.enrollment, 45)
    add_learners(other, ["Zoe"])
    ClassDay.objects.create(
        training_class=court.world.training_class, day=TODAY, kind="workshop", confirmed_ms=2**63 - 1
    )

    assert refresh_standings(at=LATER) == 1

    assert ClassStanding.objects.get(training_class=other).learners == 1
    assert LastRefresh.objects.get().as_of == NOON
    assert f"class {court.world.training_class.pk} could not be reckoned" in caplog.text
