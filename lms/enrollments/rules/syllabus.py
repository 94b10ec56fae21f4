"""What makes a syllabus version lawful, and which version is in force for a region on a day.

The figures are data; these rules only hold them against each other: theory hours earned online may not exceed the
share that the version itself names (AQ 8011-2023: 70 %), and a workshop hour is never theory.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

ONLINE, CLASSROOM, WORKSHOP = "online", "classroom", "workshop"
KINDS = (ONLINE, CLASSROOM, WORKSHOP)
MODULES_MAX = 60
HOURS_MAX = Decimal("2000")
PLACES_MAX = 3
NAME_MAX = 120
SOURCE_MAX = 200
MINUTES_MAX = 240


@dataclass(frozen=True, slots=True)
class Asked:
    """So many class hours of one kind."""

    kind: str
    hours: Decimal


@dataclass(frozen=True, slots=True)
class ModulePlan:
    name_zh: str
    name_en: str
    asked: tuple[Asked, ...]


@dataclass(frozen=True, slots=True)
class VersionPlan:
    """A syllabus version before it is written. `in_force_to` is exclusive; None means until replaced."""

    in_force_from: date
    in_force_to: date | None
    online_minutes: int
    classroom_minutes: int
    workshop_minutes: int
    online_share_percent: int
    daily_cap_hours: Decimal
    source: str
    modules: tuple[ModulePlan, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: which field, which value, and what would be allowed."""

    field: str
    value: str
    allowed: str


@dataclass(frozen=True, slots=True)
class Dated:
    """A version as far as its being in force goes. `region` is an administrative code, "" for everywhere."""

    number: int
    region: str
    in_force_from: date
    in_force_to: date | None


def problems_of(plan: VersionPlan) -> list[Problem]:
    """Everything that forbids this version, so that an editor mends it all at once; empty when it may be written."""
    found = [*_bad_frame(plan)]
    names: set[str] = set()
    for index, module in enumerate(plan.modules):
        found += _bad_module(f"modules[{index}]", module)
        if (name := module.name_zh.strip()) and name in names:
            found.append(Problem(f"modules[{index}].name_zh", name, "a name that no other module has"))
        names.add(name)
    if not found:
        found += _bad_share(plan)
    return found


def theory_hours(modules: Iterable[ModulePlan]) -> tuple[Decimal, Decimal]:
    """Class hours asked online and in a classroom, over all modules."""
    known = tuple(modules)
    return hours_of(known, ONLINE), hours_of(known, CLASSROOM)


def hours_of(modules: Iterable[ModulePlan], kind: str) -> Decimal:
    """Class hours of one kind, over all modules."""
    return sum((each.hours for module in modules for each in module.asked if each.kind == kind), Decimal(0))


def in_force(versions: Iterable[Dated], region: str, day: date) -> Dated | None:
    """The version for a class that begins on `day` in `region`: the nearest region's, then the newest."""
    fitting = [
        each
        for each in versions
        if region.startswith(each.region)
        and each.in_force_from <= day
        and (each.in_force_to is None or day < each.in_force_to)
    ]
    return max(fitting, key=lambda each: (len(each.region), each.in_force_from, each.number), default=None)


def _bad_frame(plan: VersionPlan) -> Iterable[Problem]:
    if plan.in_force_to is not None and plan.in_force_to <= plan.in_force_from:
        yield Problem("in_force_to", plan.in_force_to.isoformat(), f"a day after {plan.in_force_from.isoformat()}")
    for kind in KINDS:
        minutes = getattr(plan, f"{kind}_minutes")
        if not 1 <= minutes <= MINUTES_MAX:
            yield Problem(f"{kind}_minutes", str(minutes), f"1 to {MINUTES_MAX}")
    if not 0 <= plan.online_share_percent <= 100:
        yield Problem("online_share_percent", str(plan.online_share_percent), "0 to 100")
    if not _is_hours(plan.daily_cap_hours):
        yield Problem("daily_cap_hours", str(plan.daily_cap_hours), f"more than 0, at most {HOURS_MAX}")
    if len(plan.source) > SOURCE_MAX:
        yield Problem("source", plan.source, f"at most {SOURCE_MAX} characters")
    if not 1 <= len(plan.modules) <= MODULES_MAX:
        yield Problem("modules", str(len(plan.modules)), f"1 to {MODULES_MAX} modules")


def _bad_module(field: str, module: ModulePlan) -> Iterable[Problem]:
    for name in ("name_zh", "name_en"):
        given = getattr(module, name)
        if not given.strip() or len(given) > NAME_MAX:
            yield Problem(f"{field}.{name}", given, f"a name of at most {NAME_MAX} characters")
    if not module.asked:
        yield Problem(f"{field}.asked", "", "at least one requirement")
    seen: set[str] = set()
    for each in module.asked:
        if each.kind not in KINDS or each.kind in seen:
            yield Problem(f"{field}.kind", each.kind, f"each of {', '.join(KINDS)} at most once")
        seen.add(each.kind)
        if not _is_hours(each.hours):
            allowed = f"more than 0, at most {HOURS_MAX}, with at most {PLACES_MAX} decimal places"
            yield Problem(f"{field}.hours", str(each.hours), allowed)


def _is_hours(hours: Decimal) -> bool:
    if not hours.is_finite() or not 0 < hours <= HOURS_MAX:
        return False
    return hours == round(hours, PLACES_MAX)


def _bad_share(plan: VersionPlan) -> Sequence[Problem]:
    online, classroom = theory_hours(plan.modules)
    most = (online + classroom) * plan.online_share_percent / 100
    if online <= most:
        return []
    return [Problem("online hours", str(online), f"at most {plan.online_share_percent} % of the theory: {most:f}")]
