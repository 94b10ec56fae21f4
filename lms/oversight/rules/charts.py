"""The geometry of charts: whole numbers in a box of our own, which a template draws and the page stretches.

A stretched picture would stretch its letters, so words and numbers stand beside it as text of the page: they are
as large on a phone as anywhere. Every part that is not nothing can be seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 1_000
HEIGHT = 100
PITCH, GAP = 10, 3
STEPS = (1, 2, 4, 5, 8)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle; `part` is its place in the stack, counted from 0."""

    x: int
    y: int
    width: int
    height: int
    part: int


@dataclass(frozen=True, slots=True)
class Columns:
    """Stacked columns from left to right, each of the parts given, the first at the bottom."""

    width: int
    height: int
    top: int
    columns: tuple[tuple[Box, ...], ...]


def ceiling(value: int) -> int:
    """The end of an axis for values up to `value`: 1, 2, 4, 5 or 8 with zeros, so that its half is a plain number."""
    unit = 1
    while unit * 10 < value:
        unit *= 10
    return next(step * unit for step in (*STEPS, 10) if step * unit >= value)


def columns(stacks: Sequence[Sequence[int]], top: int) -> Columns:
    """Columns on an axis from 0 to `top`; what would be negative is nothing, what is above the top ends there."""
    drawn = tuple(tuple(_column(place * PITCH + GAP // 2, values, top)) for place, values in enumerate(stacks))
    return Columns(max(1, len(stacks)) * PITCH, HEIGHT, top, drawn)


def row(parts: Sequence[int], whole: int = 0) -> tuple[Box, ...]:
    """The parts side by side in a row as long as `whole`, or as all of them together."""
    boxes, x = [], 0
    for place, width in enumerate(_lengths(parts, whole, WIDTH)):
        if width > 0:
            boxes.append(Box(x, 0, width, HEIGHT, place))
        x += width
    return tuple(boxes)


def percent(part: int, whole: int) -> int:
    """Rounded down, in 0..100; of nothing it is 0."""
    return max(0, min(100, part * 100 // whole)) if whole > 0 else 0


def _column(x: int, values: Sequence[int], top: int) -> list[Box]:
    boxes, y = [], HEIGHT
    for place, height in enumerate(_lengths(values, top, HEIGHT)):
        if height > 0:
            y -= height
            boxes.append(Box(x, y, PITCH - GAP, height, place))
    return boxes


def _lengths(parts: Sequence[int], whole: int, room: int) -> list[int]:
    """Shares of `room`, to the nearest; what is there is at least a hundredth long, the longest gives way for it."""
    values = [max(0, part) for part in parts]
    total = sum(values)
    whole = max(whole, total)
    if total == 0:
        return [0] * len(values)
    lengths = [max((value * room * 2 + whole) // (whole * 2), room // 100) if value else 0 for value in values]
    longest = lengths.index(max(lengths))
    if total == whole or sum(lengths) > room:
        lengths[longest] += room - sum(lengths)
    return lengths
