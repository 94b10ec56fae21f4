"""Who is done, on the way, behind or idle.

A class is reported with its dates before it begins (培训告知, Yunnan 2016), and whoever has not completed the hours may
not sit the exam; so what can be expected of a learner follows from the dates alone: the hours spread evenly over the
days of the class, or over those that were left when the learner joined it. No regulation says how much lag is too much;
two figures are ours and stand here. Ten points of slack: in a class of ten days, one missed day alarms nobody. Seven
days without credited time: everybody's week has a day for study, whatever their shifts.
"""

from dataclasses import dataclass
from datetime import date
from enum import IntEnum

SLACK_PERCENT = 10
IDLE_DAYS = 7


class Need(IntEnum):
    """Who needs somebody first."""

    BOTH = 0  # behind and idle
    BEHIND = 1
    IDLE = 2
    ON_WAY = 3
    DONE = 4


@dataclass(frozen=True, slots=True)
class Term:
    """The days on which a learner can study: both ends inclusive. `is_over` also when the class was ended early."""

    from_on: date
    ends_on: date
    is_over: bool = False


def expected_percent(term: Term, today: date) -> int:
    """What share of the hours the days before `today` should have brought, rounded down. 100 once the term is over."""
    if term.is_over or today > term.ends_on:
        return 100
    days = (term.ends_on - term.from_on).days + 1
    passed = (today - term.from_on).days
    return max(0, passed) * 100 // days if days > 0 else 0


def idle_days(term: Term, last_on: date | None, today: date) -> int:
    """Days since the last that gave hours, or since the first of the term; none after it: nobody can study then."""
    if term.is_over or today > term.ends_on:
        return 0
    since = term.from_on if last_on is None else max(last_on, term.from_on)
    return max(0, (today - since).days)


def need_of(percent: int, term: Term, last_on: date | None, today: date) -> Need:
    """What a learner with so much of the hours needs. Whoever has all is done, however long ago."""
    if percent >= 100:
        return Need.DONE
    expected = expected_percent(term, today)
    is_behind = expected >= 100 or percent < expected - SLACK_PERCENT
    is_idle = idle_days(term, last_on, today) >= IDLE_DAYS
    if is_behind:
        return Need.BOTH if is_idle else Need.BEHIND
    return Need.IDLE if is_idle else Need.ON_WAY
