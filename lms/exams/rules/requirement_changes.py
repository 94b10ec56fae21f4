"""What becomes different when other requirements come into force, one line for each thing that can be asked.

The things are the fields of `Requirements`: a new one needs nothing here, and words in `lms.exams.texts`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date

from lms.exams.rules.requirements import Enacted, Requirements, in_force, speaks_of

THINGS = tuple(each.name for each in fields(Requirements) if each.name != "mark")
"""Everything that can be asked, in the order of `Requirements`."""
FLAGS = tuple(each.name for each in fields(Requirements) if each.type in (bool, "bool"))
"""Those that are asked or not; the others are asked to a degree."""

ADDS, KEEPS, RAISES, LOWERS, DROPS = "adds", "keeps", "raises", "lowers", "drops"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is asked before or after. A flag is 0 or 1; 0 is not asked."""

    name: str
    before: int
    after: int

    @property
    def sort(self) -> str:
        if self.before == self.after:
            return KEEPS
        if not self.before:
            return ADDS
        if not self.after:
            return DROPS
        return RAISES if self.after > self.before else LOWERS


@dataclass(frozen=True, slots=True)
class Coming:
    """What is different for classes reported from `day` on; `asks` is None where nothing will be in force."""

    day: date
    asks: Requirements | None
    changes: tuple[Change, ...]


def changes(before: Requirements | None, after: Requirements | None) -> tuple[Change, ...]:
    """Of everything that is asked before or after. Where nothing is in force nothing is asked, and nobody admitted."""
    compared = (Change(name, _degree(before, name), _degree(after, name)) for name in THINGS)
    return tuple(each for each in compared if each.before or each.after)


def coming(enacted: Iterable[Enacted], syllabus: str, region: str, today: date) -> list[Coming]:
    """Every later day on which something becomes different for these classes, soonest first."""
    own = [each for each in enacted if speaks_of(each, syllabus, region)]
    days = {each.in_force_from for each in own} | {each.in_force_to for each in own if each.in_force_to is not None}
    found = []
    asked = in_force(own, syllabus, region, today)
    for day in sorted(each for each in days if each > today):
        next_asked = in_force(own, syllabus, region, day)
        made = changes(asked, next_asked)
        is_first_or_last = (asked is None) != (next_asked is None)
        if is_first_or_last or any(each.sort != KEEPS for each in made):
            found.append(Coming(day, next_asked, made))
        asked = next_asked
    return found


def _degree(asked: Requirements | None, name: str) -> int:
    return int(getattr(asked, name)) if asked is not None else 0
