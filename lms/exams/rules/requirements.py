"""What registering asks beyond the class hours of the syllabus, as dated data; and which of it is in force.

Sets are enacted for all syllabi or one, for everywhere or a region. Those in force together ask what any of them asks:
a region adds and never takes away. A class is judged by the day on which it was reported.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Requirements:
    """`mark` names the sets that these are from. `classroom_percent` is a share of the theory hours asked
    (online + classroom) that must be confirmed in a classroom; the earlier certificate is asked of refreshers only.
    """

    mark: str
    classroom_percent: int
    reported_class: bool
    certified_teachers: bool
    institution_in_order: bool
    verified_identity: bool
    earlier_certificate: bool


@dataclass(frozen=True, slots=True)
class Enacted:
    """One set and where it is in force: `syllabus` and `region` are codes, "" for all; `in_force_to` is exclusive."""

    syllabus: str
    region: str
    number: int
    in_force_from: date
    in_force_to: date | None
    asks: Requirements


FIRST = Requirements(
    mark="eligibility-1",
    classroom_percent=0,
    reported_class=True,
    certified_teachers=False,
    institution_in_order=True,
    verified_identity=False,
    earlier_certificate=False,
)
"""What the first rule asked, before requirements were data."""


def in_force(enacted: Iterable[Enacted], syllabus: str, region: str, day: date) -> Requirements | None:
    """What a class of `syllabus` that was reported in `region` on `day` is asked; None when nothing was enacted.

    Of each syllabus and region the newest set that was in force counts.
    """
    return _together([each.asks for each in sets_in_force(enacted, syllabus, region, day)])


def sets_in_force(enacted: Iterable[Enacted], syllabus: str, region: str, day: date) -> list[Enacted]:
    """The sets that `in_force` puts together, the widest first. `syllabus` "" is one that no set names, `region` ""
    one below which nothing was enacted."""
    newest: dict[tuple[str, str], Enacted] = {}
    for each in enacted:
        if not speaks_of(each, syllabus, region) or each.in_force_from > day:
            continue
        if each.in_force_to is not None and day >= each.in_force_to:
            continue
        rival = newest.get((each.syllabus, each.region))
        if rival is None or (rival.in_force_from, rival.number) < (each.in_force_from, each.number):
            newest[each.syllabus, each.region] = each
    return [newest[place] for place in sorted(newest)]


def speaks_of(each: Enacted, syllabus: str, region: str) -> bool:
    return each.syllabus in ("", syllabus) and region.startswith(each.region)


def _together(asked: list[Requirements]) -> Requirements | None:
    if not asked:
        return None
    return Requirements(
        mark=" ".join(each.mark for each in asked),
        classroom_percent=max(each.classroom_percent for each in asked),
        reported_class=any(each.reported_class for each in asked),
        certified_teachers=any(each.certified_teachers for each in asked),
        institution_in_order=any(each.institution_in_order for each in asked),
        verified_identity=any(each.verified_identity for each in asked),
        earlier_certificate=any(each.earlier_certificate for each in asked),
    )


def problems_of(classroom_percent: int, in_force_from: date, in_force_to: date | None, today: date) -> list[str]:
    """Codes of what forbids a set: it begins after today, so that no class is judged by what it could not know."""
    found = []
    if not 0 <= classroom_percent <= 100:
        found.append("classroom_percent")
    if in_force_from <= today:
        found.append("in_force_from")
    if in_force_to is not None and in_force_to <= in_force_from:
        found.append("in_force_to")
    return found
