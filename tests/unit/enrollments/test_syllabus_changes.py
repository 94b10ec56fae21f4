from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from lms.enrollments.rules.syllabus import Asked, Dated, ModulePlan, problems_of
from lms.enrollments.rules.syllabus_bars import Piece, bars
from lms.enrollments.rules.syllabus_changes import (
    KindChange,
    ModuleShort,
    RunningClass,
    module_changes,
    plan_impact,
    total_changes,
    verdict,
)
from lms.enrollments.rules.syllabus_data import LOW_VOLTAGE_PLAN

HOUR_MS = 1_800_000


def module(name: str, **hours: int) -> ModulePlan:
    return ModulePlan(name, name, tuple(Asked(kind, Decimal(each)) for kind, each in hours.items()))


def test_modules_are_told_apart_by_their_name() -> None:
    before = [module("法规", online=6), module("急救", online=5, workshop=8), module("旧", online=1)]
    after = [module("法规", online=6), module("急救", online=4, workshop=8), module("新", classroom=2)]

    changes = [(each.name_zh, each.state) for each in module_changes(before, after)]

    assert changes == [("法规", "same"), ("急救", "changed"), ("新", "added"), ("旧", "removed")]


def test_hours_are_told_before_and_after_for_each_kind() -> None:
    (first,) = module_changes([module("急救", online=5, workshop=8)], [module("急救", online=4, classroom=1)])

    assert first.kinds == (
        KindChange("online", Decimal(5), Decimal(4)),
        KindChange("classroom", Decimal(0), Decimal(1)),
        KindChange("workshop", Decimal(8), Decimal(0)),
    )
    assert total_changes([module("a", online=1), module("b", online=2)], [])[0] == KindChange(
        "online", Decimal(3), Decimal(0)
    )


NATIONAL = Dated(1, "", date(2024, 7, 1), None)
NEARER = Dated(2, "5301", date(2024, 7, 1), None)
NEW = Dated(3, "53", date(2026, 6, 1), date(2027, 1, 1))


@pytest.mark.parametrize(
    ("label", "region", "state", "starts_on", "expected"),
    [
        ("planned, begins on its first day", "53", "planned", date(2026, 6, 1), "falls"),
        ("returned counts as not reported", "5302", "returned", date(2026, 9, 1), "falls"),
        ("reported before keeps its version", "53", "reported", date(2026, 9, 1), "stays"),
        ("accepted keeps its version", "53", "accepted", date(2026, 9, 1), "stays"),
        ("begins the day before", "53", "planned", date(2026, 5, 31), "apart"),
        ("begins on the first day after it", "53", "planned", date(2027, 1, 1), "apart"),
        ("another province", "32", "planned", date(2026, 6, 1), "apart"),
        ("a nearer region has a version of its own", "5301", "planned", date(2026, 6, 1), "apart"),
    ],
)
def test_a_class_is_judged_by_what_is_in_force_when_it_is_reported(
    label: str, region: str, state: str, starts_on: date, expected: str
) -> None:
    assert verdict(RunningClass(region, state, starts_on), [NATIONAL, NEARER], NEW) == expected, label


def test_a_plan_is_short_where_lessons_last_less_than_the_online_hours() -> None:
    plan = replace(LOW_VOLTAGE_PLAN, modules=(module("法规", online=2), module("急救", workshop=8)))

    exact = plan_impact(plan, {"法规": 2 * HOUR_MS})
    short = plan_impact(plan, {"法规": 2 * HOUR_MS - 1})
    longer_hours = plan_impact(replace(plan, online_minutes=31), {"法规": 2 * HOUR_MS})

    assert exact.suffices
    assert short.short == (ModuleShort("法规", "法规", 2 * HOUR_MS, 2 * HOUR_MS - 1),)
    assert not longer_hours.suffices


def test_lessons_of_a_module_that_is_no_more_have_no_place() -> None:
    impact = plan_impact(replace(LOW_VOLTAGE_PLAN, modules=(module("急救", workshop=8),)), {"法规": HOUR_MS})

    assert impact.homeless == ("法规",)
    assert not impact.suffices


def test_two_modules_of_one_name_are_refused() -> None:
    twice = replace(LOW_VOLTAGE_PLAN, modules=(module("急救", workshop=8), module("急救 ", workshop=1)))

    assert [(each.field, each.value) for each in problems_of(twice)] == [("modules[1].name_zh", "急救")]


def test_the_longest_module_fills_the_width_and_pieces_meet() -> None:
    assert bars([module("a", online=1, classroom=1, workshop=1), module("b", workshop=1)]) == [
        (Piece("online", 0, 333), Piece("classroom", 333, 333), Piece("workshop", 666, 334)),
        (Piece("workshop", 0, 333),),
    ]
