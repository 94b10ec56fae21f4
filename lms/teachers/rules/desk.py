"""What an authority reads off a year: how its teachers are spread over the hours, and the boxes of its charts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

PARTS = 4
"""Below what the year asks the hours fall into quarters: for forty hours 0 to 10, 10 to 20, 20 to 30, 30 to 40."""


WIDTH, HEIGHT = 1_000, 100
PITCH, GAP = 20, 6


@dataclass(frozen=True, slots=True)
class Band:
    """So many teachers have [lower, upper) class hours; the last band has no end and is who is complete."""

    lower: Fraction
    upper: Fraction | None
    teachers: int


def bands(required: Fraction, counted: Iterable[Fraction]) -> tuple[Band, ...]:
    """The counted hours of each teacher, by quarters of what is asked; every teacher is in one band."""
    step = required / PARTS
    numbers = [0] * (PARTS + 1)
    for hours in counted:
        numbers[min(hours // step, PARTS)] += 1
    edges = [step * place for place in range(PARTS + 1)]
    return tuple(
        Band(lower, upper, each) for lower, upper, each in zip(edges, [*edges[1:], None], numbers, strict=True)
    )


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of a chart, in whole numbers; the page stretches the picture."""

    x: int
    y: int
    width: int
    height: int


def heights(numbers: Sequence[int]) -> tuple[Box, ...]:
    """A column for each number, from left to right: the highest fills the box, and what is not nothing can be seen."""
    most = max(numbers, default=0)
    tall = [max(number * HEIGHT // most, 1) if number else 0 for number in numbers]
    return tuple(Box(place * PITCH + GAP // 2, HEIGHT - each, PITCH - GAP, each) for place, each in enumerate(tall))


def shares(numbers: Sequence[int]) -> tuple[Box, ...]:
    """The numbers side by side in a row, in proportion, without a gap; of nothing at all every share is empty."""
    total, before, found = sum(numbers), 0, []
    for number in numbers:
        left = before * WIDTH // total if total else 0
        before += number
        right = before * WIDTH // total if total else 0
        found.append(Box(left, 0, right - left, HEIGHT))
    return tuple(found)
