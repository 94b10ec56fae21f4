"""What a version that is not written yet would change: its modules beside those of the version that it replaces, and
the classes that it would judge.

A class is judged by the rules in force when it was reported. So what was reported keeps its version, however the new
one reads; a class that is planned (or was returned) and begins when and where the new version is the one in force has
to be planned anew under it. Lessons follow their module by its Chinese name: so the planner would place them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from lms.enrollments.rules.syllabus import KINDS, ONLINE, Dated, ModulePlan, VersionPlan, hours_of, in_force
from lms.enrollments.rules.units import hours_to_ms

STAYS, FALLS, APART = "stays", "falls", "apart"
ADDED, REMOVED, CHANGED, SAME = "added", "removed", "changed", "same"
UNREPORTED = frozenset({"planned", "returned"})


@dataclass(frozen=True, slots=True)
class KindChange:
    """Class hours of one kind before and after."""

    kind: str
    before: Decimal
    after: Decimal


@dataclass(frozen=True, slots=True)
class ModuleChange:
    """A module under both versions; `state` is one of added, removed, changed, same."""

    name_zh: str
    name_en: str
    state: str
    kinds: tuple[KindChange, ...]


@dataclass(frozen=True, slots=True)
class RunningClass:
    """A class that has not ended, as far as the question which rules judge it goes."""

    region: str
    state: str
    starts_on: date


@dataclass(frozen=True, slots=True)
class ModuleShort:
    """A module whose planned lessons cannot give the online hours that the new version asks."""

    name_zh: str
    name_en: str
    required_ms: int
    planned_ms: int


@dataclass(frozen=True, slots=True)
class PlanImpact:
    """What is wrong with the plan of a class under the new version: short modules, and modules that are no more."""

    short: tuple[ModuleShort, ...]
    homeless: tuple[str, ...]

    @property
    def suffices(self) -> bool:
        return not self.short and not self.homeless


def module_changes(before: Sequence[ModulePlan], after: Sequence[ModulePlan]) -> list[ModuleChange]:
    """Every module of the new version in its order, then those that it no longer has."""
    old = {each.name_zh.strip(): each for each in before}
    new = {each.name_zh.strip(): each for each in after}
    rows = [_module_change(old.get(name), module) for name, module in new.items()]
    return rows + [_module_change(module, None) for name, module in old.items() if name not in new]


def total_changes(before: Sequence[ModulePlan], after: Sequence[ModulePlan]) -> list[KindChange]:
    return [KindChange(kind, hours_of(before, kind), hours_of(after, kind)) for kind in KINDS]


def verdict(running: RunningClass, versions: Iterable[Dated], new: Dated) -> str:
    """`stays` with its version, `falls` under the new one, or is `apart` (elsewhere, or begins at another time)."""
    if running.state not in UNREPORTED:
        return STAYS
    return FALLS if in_force([*versions, new], running.region, running.starts_on) == new else APART


def plan_impact(plan: VersionPlan, planned_ms: Mapping[str, int]) -> PlanImpact:
    """Does a plan still suffice? `planned_ms`: how long its lessons last, by the Chinese name of their module.

    Classroom and workshop hours are taught, so no lesson is asked for them.
    """
    short = []
    for module in plan.modules:
        required_ms = hours_to_ms(hours_of([module], ONLINE), plan.online_minutes)
        planned = planned_ms.get(module.name_zh.strip(), 0)
        if planned < required_ms:
            short.append(ModuleShort(module.name_zh, module.name_en, required_ms, planned))
    names = {module.name_zh.strip() for module in plan.modules}
    return PlanImpact(tuple(short), tuple(name for name in planned_ms if name not in names))


def _module_change(before: ModulePlan | None, after: ModulePlan | None) -> ModuleChange:
    named = after or before
    assert named is not None
    kinds = total_changes([before] if before else [], [after] if after else [])
    if before is None or after is None:
        state = REMOVED if after is None else ADDED
    else:
        state = CHANGED if any(each.before != each.after for each in kinds) else SAME
    return ModuleChange(named.name_zh, named.name_en, state, tuple(kinds))
