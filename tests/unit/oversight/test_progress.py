"""Who is done, on the way, behind or idle: tables of learners, each with what is said of them."""

from datetime import date

import pytest

from lms.oversight.rules.progress import Need, Term, expected_percent, idle_days, need_of

MARCH = Term(date(2026, 3, 1), date(2026, 3, 20))
ENDED_EARLY = Term(date(2026, 3, 1), date(2026, 3, 20), is_over=True)


def march(day: int) -> date:
    return date(2026, 3, day)


@pytest.mark.parametrize(
    ("what", "today", "percent"),
    [
        ("before the class", date(2026, 2, 20), 0),
        ("its first day asks nothing yet", march(1), 0),
        ("one of twenty days is over", march(2), 5),
        ("half of it is over", march(11), 50),
        ("its last day", march(20), 95),
        ("the day after", march(21), 100),
    ],
)
def test_what_can_be_expected_follows_from_the_dates(what: str, today: date, percent: int) -> None:
    assert expected_percent(MARCH, today) == percent


def test_a_class_that_was_ended_early_expects_everything() -> None:
    assert expected_percent(ENDED_EARLY, march(5)) == 100


def test_whoever_joins_on_the_last_day_is_not_behind_on_it() -> None:
    assert expected_percent(Term(march(20), march(20)), march(20)) == 0


@pytest.mark.parametrize(
    ("what", "last_on", "today", "days"),
    [
        ("studied today", march(9), march(9), 0),
        ("studied a week ago", march(2), march(9), 7),
        ("never, on the first day", None, march(1), 0),
        ("never, a week later", None, march(8), 7),
        ("never, before the class", None, date(2026, 2, 1), 0),
        ("in another class before", date(2026, 1, 1), march(4), 3),
        ("the class is over", march(2), march(21), 0),
    ],
)
def test_days_without_study_are_counted_inside_the_class(
    what: str, last_on: date | None, today: date, days: int
) -> None:
    assert idle_days(MARCH, last_on, today) == days


@pytest.mark.parametrize(
    ("what", "percent", "last_on", "today", "need"),
    [
        ("all hours", 100, march(2), march(20), Need.DONE),
        ("all hours, long ago", 100, march(2), date(2027, 1, 1), Need.DONE),
        ("as expected", 50, march(10), march(11), Need.ON_WAY),
        ("ten points late is no alarm", 40, march(10), march(11), Need.ON_WAY),
        ("eleven points late is", 39, march(10), march(11), Need.BEHIND),
        ("six days away", 50, march(5), march(11), Need.ON_WAY),
        ("seven days away", 50, march(4), march(11), Need.IDLE),
        ("late and away", 5, march(4), march(11), Need.BOTH),
        ("never came, first days", 0, None, march(3), Need.ON_WAY),
        ("never came, a week on", 0, None, march(8), Need.BOTH),
        ("one percent short at the end", 99, march(20), march(21), Need.BEHIND),
    ],
)
def test_it_says_what_a_learner_needs(what: str, percent: int, last_on: date | None, today: date, need: Need) -> None:
    assert need_of(percent, MARCH, last_on, today) == need


def test_whoever_needs_somebody_most_sorts_first() -> None:
    assert sorted(Need) == [Need.BOTH, Need.BEHIND, Need.IDLE, Need.ON_WAY, Need.DONE]
