"""The bars of a syllabus: for each module how its class hours lie side by side, in parts of the longest module."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from lms.enrollments.rules.syllabus import KINDS, ModulePlan, hours_of

WIDTH = 1000


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a bar: where it begins and how long it is, of `WIDTH`."""

    kind: str
    x: int
    width: int


def bars(modules: Sequence[ModulePlan]) -> list[tuple[Piece, ...]]:
    """One bar a module, in their order; pieces meet, and the longest bar is `WIDTH` long."""
    longest = max((_hours(module) for module in modules), default=Decimal(0))
    return [_bar(module, longest) for module in modules]


def _hours(module: ModulePlan) -> Decimal:
    return sum((each.hours for each in module.asked), Decimal(0))


def _bar(module: ModulePlan, longest: Decimal) -> tuple[Piece, ...]:
    pieces, before = [], Decimal(0)
    for kind in KINDS:
        hours = hours_of([module], kind)
        if hours > 0:
            # Both ends are rounded, never a length: otherwise pieces would overlap or leave a gap.
            x, end = (int(edge * WIDTH / longest) for edge in (before, before + hours))
            pieces.append(Piece(kind, x, end - x))
            before += hours
    return tuple(pieces)
