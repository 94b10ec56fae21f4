"""What one beat comes to for a learner: the counting rule, the refusals gathered so far, and whether a check is asked.

`judge` is the whole decision about an accepted beat, pure and about one learner alone. Who calls it, for one beat in a
transaction of its own or for a thousand learners at once, reads what `Standing` holds and writes what `Judgement` says.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from lms.hours.rules import limits
from lms.hours.rules.checks import held
from lms.hours.rules.counting import count_any
from lms.hours.rules.days import Day
from lms.hours.rules.plain import count_plain
from lms.hours.rules.values import Clock, Code, Lesson, Said, Stretch, Terms

Gathered = Mapping[str, Sequence[int]]
"""Refusals not posted yet: per code [milliseconds, from, to], the last two on the server's clock."""


class Standing(Protocol):
    """What a learner's beat is judged against; what is read for one learner or for many has it."""

    @property
    def clock(self) -> Clock: ...
    @property
    def lesson(self) -> Lesson: ...
    @property
    def terms(self) -> Terms: ...
    @property
    def provisional_ms(self) -> int: ...
    @property
    def gathered(self) -> Gathered: ...


class Judgement(NamedTuple):
    """What a beat changes. `ended` stretches and the `due` refusals are to be posted; `asks`: a check has come due.

    One that `is_plain` came the short way (`count_plain`) and gathered nothing: the stretch went on, and nothing else.
    """

    clock: Clock
    credited_ms: int
    refused: Mapping[Code, int]
    ended: tuple[Stretch, ...]
    provisional_ms: int
    check_in_ms: int
    gathered: Gathered
    due: Gathered
    asks: bool
    is_plain: bool = False


def judge(standing: Standing, beat: Said, *, check_in_ms: int, waits: bool, at_ms: int, day: Day) -> Judgement:
    """Judge a beat that was read at `at_ms` on calendar day `day`. The caller has checked that its number is new.

    `check_in_ms` is the credited time until the next presence check; `waits`: one waited for an answer until this beat.
    At a pause or behind a hidden page nobody would see a check: it then waits for the next beat that plays on.
    """
    clock = standing.clock
    outcome = None if waits else count_plain(clock, beat, at_ms, standing.lesson, standing.terms)
    is_plain = outcome is not None
    if outcome is None:
        rule = held if waits else count_any
        outcome = rule(clock=clock, beat=beat, at_ms=at_ms, day=day, lesson=standing.lesson, terms=standing.terms)
    check_in_ms -= outcome.credited_ms
    is_there = beat.visible and (beat.playing or beat.event == "end")
    asks = check_in_ms <= 0 and is_there and not waits
    gathered: Gathered = standing.gathered
    if outcome.refused:
        gathered = _gathered(gathered, outcome.refused, at_ms if clock.at_ms is None else clock.at_ms, at_ms)
    due: Gathered = {}
    if gathered and (outcome.ended or _is_due(gathered, at_ms)):
        gathered, due, is_plain = due, gathered, False
    provisional_ms = standing.provisional_ms + outcome.credited_ms
    return Judgement(*outcome, provisional_ms, check_in_ms, gathered, due, asks, is_plain)


def _gathered(before: Gathered, refused: Mapping[Code, int], since_ms: int, at_ms: int) -> dict[str, list[int]]:
    """Refusals since the last posting, added to by a beat whose interval began at `since_ms`."""
    gathered: dict[str, list[int]] = {code: list(span) for code, span in before.items()}
    for code, ms in refused.items():
        earlier_ms, from_ms, _to_ms = gathered.get(code, [0, since_ms, at_ms])
        gathered[code] = [earlier_ms + ms, from_ms, at_ms]
    return gathered


def _is_due(gathered: Gathered, at_ms: int) -> bool:
    return any(at_ms - from_ms >= limits.STRETCH_MS_MAX for _ms, from_ms, _to in gathered.values())
