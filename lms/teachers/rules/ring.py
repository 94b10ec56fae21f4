"""The ring of a teacher's year, as paths for a template or a paper to draw: a full turn is what the year asks.

Each part has an arc in its own tone, clockwise from the top; what waits continues them, and what counts beyond the year
has an arc outside. Every part that is not nothing can be seen, and a ring that is not complete never looks closed.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

TURN = 1_000
GAP = 7
"""Between two arcs, and how far the last one stays away from the top while something is missing."""

LEAST = 9
SIZE = 120
CENTRE = 60.0
RADIUS, RADIUS_BEYOND = 44.0, 55.0
TICK_FROM, TICK_TO, TICK_LONG_TO = 36.0, 34.0, 32.0
TICKS_MAX = 60
TICK_STEPS = (1, 2, 5, 10, 20)
LONG_EACH = 10


@dataclass(frozen=True, slots=True)
class Arc:
    """A part of the turn; `tone` is the place of its part among those given, from 0."""

    tone: int
    start: int
    length: int

    @property
    def path(self) -> str:
        return arc_path(self.start, self.length, RADIUS)


@dataclass(frozen=True, slots=True)
class Ring:
    """`waiting` is None where nothing waits or nothing more fits; `beyond` is a share of the turn."""

    arcs: tuple[Arc, ...]
    waiting: Arc | None
    beyond: int
    is_complete: bool

    @property
    def beyond_path(self) -> str:
        return arc_path(0, self.beyond, RADIUS_BEYOND)


def ring_of(required: Fraction, parts: Sequence[Fraction], waiting: Fraction = Fraction(0)) -> Ring:
    """The ring of a year that asks `required`: `parts` count, `waiting` may count once it is decided.

    More than is asked fills the turn with the parts in their proportion; how much more is the arc beyond.
    """
    counted = sum(parts, Fraction(0))
    is_complete = counted >= required
    lengths = _lengths(parts, max(required, counted), is_complete)
    shown = [place for place, length in enumerate(lengths) if length]
    arcs, start = [], 0
    for place in shown:
        is_closing = is_complete and len(shown) == 1
        arcs.append(Arc(place, start, lengths[place] if is_closing else lengths[place] - GAP))
        start += lengths[place]
    beyond = min(TURN, max(0, _share(counted - required, required)))
    return Ring(tuple(arcs), _waiting(waiting, required, start, len(parts)), beyond, is_complete)


def ticks(required: Fraction) -> tuple[str, str]:
    """Two paths inside the ring: a short tick for every class hour that the year asks, a long one for every tenth.

    A year that asks many has fewer: one for every 2, 5, 10 or 20 class hours.
    """
    step = next((each for each in TICK_STEPS if required <= each * TICKS_MAX), TICK_STEPS[-1])
    short: list[str] = []
    long: list[str] = []
    for hour in range(0, math.ceil(required), step):
        angle = _angle(Fraction(hour) / required * TURN)
        is_long = hour % (LONG_EACH * step) == 0
        path = f"M{_point(angle, TICK_FROM)}L{_point(angle, TICK_LONG_TO if is_long else TICK_TO)}"
        (long if is_long else short).append(path)
    return "".join(short), "".join(long)


def arc_path(start: int, length: int, radius: float) -> str:
    """The `d` of an arc clockwise from the top; both in thousandths of a turn. A whole turn is two halves."""
    if length <= 0:
        return ""
    if length >= TURN:
        half = TURN // 2
        return f"{arc_path(start, half, radius)}{_arc_to(start + TURN, radius, is_large=False)}Z"
    begins = _point(_angle(Fraction(start)), radius)
    return f"M{begins}{_arc_to(start + length, radius, is_large=length > TURN // 2)}"


def _waiting(waiting: Fraction, required: Fraction, start: int, tone: int) -> Arc | None:
    room = TURN - GAP - start
    if waiting <= 0 or room <= 0:
        return None
    return Arc(tone, start, min(room, max(LEAST, _share(waiting, required))))


def _lengths(parts: Sequence[Fraction], whole: Fraction, is_complete: bool) -> list[int]:
    """Each part's share of the turn with its gap, rounded down, never too small to be seen; the longest gives way."""
    lengths = [max(LEAST + GAP, _share(part, whole)) if part > 0 else 0 for part in parts]
    if not any(lengths):
        return lengths
    total, longest = sum(lengths), lengths.index(max(lengths))
    if is_complete or total > TURN - GAP:
        lengths[longest] += (TURN if is_complete else TURN - GAP) - total
    return lengths


def _share(part: Fraction, whole: Fraction) -> int:
    return int(part * TURN / whole)


def _angle(thousandths: Fraction) -> float:
    return 2 * math.pi * float(thousandths) / TURN - math.pi / 2


def _arc_to(end: int, radius: float, *, is_large: bool) -> str:
    return f"A{radius:g} {radius:g} 0 {int(is_large)} 1 {_point(_angle(Fraction(end)), radius)}"


def _point(angle: float, radius: float) -> str:
    # Adding nothing makes -0.00 a plain 0.
    x, y = (round(CENTRE + radius * turned(angle), 2) + 0.0 for turned in (math.cos, math.sin))
    return f"{x:.2f} {y:.2f}"
