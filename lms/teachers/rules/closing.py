"""What would close a year: how much of what waits could count, and which open courses give what is missing."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from lms.teachers.rules.forty import NOTHING, CategoryAccount

STEPS_MAX = 12
"""Courses that are proposed at once: more is a catalogue, and there is one."""


@dataclass(frozen=True, slots=True)
class OpenLesson:
    """A lesson of the year's class that is not finished; `left` are the class hours that it can still earn."""

    lesson: Hashable
    category: int
    left: Fraction


@dataclass(frozen=True, slots=True)
class Step:
    """A lesson that helps: it can earn `left`, of which `gives` would count."""

    lesson: Hashable
    left: Fraction
    gives: Fraction


def would_count(categories: Iterable[CategoryAccount], more: Mapping[int, Fraction]) -> Fraction:
    """How much of `more`, by category, would count on top of the account: no category counts above its cap."""
    given = ((each, more.get(each.category, NOTHING)) for each in categories)
    return sum((_fitting(hours, room_of(each)) for each, hours in given), NOTHING)


def closing(
    categories: Iterable[CategoryAccount], missing: Fraction, lessons: Iterable[OpenLesson]
) -> tuple[Step, ...]:
    """Lessons in the order given until they close what is missing, or the next one is too many.

    What lies in a category that is full helps nothing and is left out.
    """
    rooms = {each.category: room_of(each) for each in categories}
    steps: list[Step] = []
    for each in lessons:
        if missing <= 0 or len(steps) == STEPS_MAX:
            break
        room = rooms[each.category]
        gives = _fitting(each.left, room)
        if gives <= 0:
            continue
        if room is not None:
            rooms[each.category] = room - gives
        missing -= gives
        steps.append(Step(each.lesson, each.left, gives))
    return tuple(steps)


def room_of(category: CategoryAccount) -> Fraction | None:
    """How much more of a category can count; None is without end."""
    return None if category.cap is None else category.cap - category.counted


def _fitting(hours: Fraction, room: Fraction | None) -> Fraction:
    return max(hours if room is None else min(hours, room), NOTHING)
