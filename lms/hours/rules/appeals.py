"""Appeals against time that was not counted: the table of their states, and what a correction may be.

A correction obeys what a beat obeys: a second counts once on the learner's clock, once on the lesson, and within the
day's cap. It gives at most what was refused, out of the time in which it was refused. Whether that time is still free
is told here for whoever proposes; the exclusion constraint of the ledger judges when it is decided.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lms.hours.rules.spans import Span, Spans, end_of_first_ms, measure_ms, outside, union

TRANSITIONS: Mapping[tuple[str, str], str] = {
    ("open", "propose"): "proposed",
    ("proposed", "return"): "open",
    ("proposed", "accept"): "accepted",
    ("proposed", "reject"): "rejected",
}
VERDICTS = ("accept", "reject")
"""What an institution may propose."""

TEXT_MAX = 500
REASON_MAX = 200
"""A reason becomes the reason of the ledger's entry."""

OPEN_MAX = 20
"""Undecided appeals of one learner: people read each of them, and a script could write thousands."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why something cannot be done: `field` names what is wrong, `code` why."""

    field: str
    code: str


@dataclass(frozen=True, slots=True)
class Claim:
    """What was refused. `window` is the time of the clock in which it was; None for credit that was voided, whose
    time is taken already and stays so.
    """

    ms: int
    window: Span | None


@dataclass(frozen=True, slots=True)
class Correction:
    """What is to be counted: so many milliseconds, in an interval of the clock where the claim has a window."""

    ms: int
    span: Span | None


@dataclass(frozen=True, slots=True)
class Room:
    """What is left for a correction: time of the clock already `taken`, the day and its cap, media not yet covered."""

    taken: Spans
    day_ends_ms: int
    day_used_ms: int
    day_cap_ms: int
    uncovered_ms: int


def state_after(state: str, verb: str) -> str | None:
    """The state that `verb` leads to, or None where the table has no such way."""
    return TRANSITIONS.get((state, verb))


def text_problems(field: str, text: str, length_max: int) -> list[Problem]:
    """Somebody else has to understand it, so it must say something."""
    if not text.strip():
        return [Problem(field, "text_missing")]
    return [Problem(field, "text_too_long")] if len(text.strip()) > length_max else []


def correction_problems(claim: Claim, correction: Correction, room: Room) -> list[Problem]:
    """Everything that speaks against a correction; empty when it may be posted."""
    found: list[Problem] = []
    if correction.ms <= 0:
        found.append(Problem("ms", "nothing"))
    if correction.ms > claim.ms:
        found.append(Problem("ms", "more_than_refused"))
    if room.day_used_ms + correction.ms > room.day_cap_ms:
        found.append(Problem("ms", "day_cap"))
    if correction.ms > room.uncovered_ms:
        found.append(Problem("ms", "lesson_full"))
    return found + _span_problems(claim.window, correction, room)


def free_stretches(window: Span, taken: Spans, midnights_ms: Iterable[int] = ()) -> list[Span]:
    """The parts of a window that no hour has taken yet, none of them over midnight; longest first."""
    pieces: list[Span] = []
    for lower, upper in outside(window, union(taken)):
        for midnight in sorted(each for each in midnights_ms if lower < each < upper):
            pieces.append((lower, midnight))
            lower = midnight
        pieces.append((lower, upper))
    return sorted(pieces, key=lambda piece: (piece[0] - piece[1], piece[0]))


def media_of(covered: Spans, duration_ms: int, ms: int) -> Span:
    """The stretch of the lesson that a correction covers: the first gap that holds `ms`, or else several gaps at once.

    A refusal does not know which media it was, and no media may earn twice: the stretch holds exactly `ms` of new
    media. Raises ValueError when the lesson has less than `ms` left.
    """
    missing = outside((0, duration_ms), union(covered))
    if measure_ms(missing) < ms:
        raise ValueError("the lesson has less left than was asked for")
    whole = next((gap for gap in missing if gap[1] - gap[0] >= ms), None)
    return (whole[0], whole[0] + ms) if whole else (missing[0][0], end_of_first_ms(missing, ms))


def uncovered_ms(covered: Spans, duration_ms: int) -> int:
    """How much of a lesson has not earned yet."""
    return measure_ms(outside((0, duration_ms), union(covered)))


def _span_problems(window: Span | None, correction: Correction, room: Room) -> list[Problem]:
    if window is None or correction.span is None:
        return [] if window is correction.span else [Problem("span", "outside")]
    lower, upper = correction.span
    found: list[Problem] = []
    if not window[0] <= lower < upper <= window[1]:
        found.append(Problem("span", "outside"))
    if upper - lower < correction.ms:
        found.append(Problem("span", "too_short"))
    if upper > room.day_ends_ms:
        found.append(Problem("span", "midnight"))
    if lower < upper and measure_ms(outside((lower, upper), union(room.taken))) < upper - lower:
        found.append(Problem("span", "overlap"))
    return found
