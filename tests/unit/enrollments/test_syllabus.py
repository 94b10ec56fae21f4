from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from lms.enrollments.rules.syllabus import Asked, Dated, ModulePlan, VersionPlan, in_force, problems_of, theory_hours
from lms.enrollments.rules.syllabus_data import LOW_VOLTAGE_PLAN, demo_hours, demo_plan


def plan(*asked: Asked, share: int = 70) -> VersionPlan:
    return replace(LOW_VOLTAGE_PLAN, online_share_percent=share, modules=(ModulePlan("模块", "Module", asked),))


def online(hours: str) -> Asked:
    return Asked("online", Decimal(hours))


def classroom(hours: str) -> Asked:
    return Asked("classroom", Decimal(hours))


def workshop(hours: str) -> Asked:
    return Asked("workshop", Decimal(hours))


@pytest.mark.parametrize(
    ("label", "asked", "share", "allowed"),
    [
        ("exactly the share", (online("7"), classroom("3")), 70, True),
        ("one thousandth above", (online("7.001"), classroom("2.999")), 70, False),
        ("all online where all may be", (online("2"),), 100, True),
        ("all online where a classroom is asked", (online("2"),), 70, False),
        ("practice is no theory", (online("7"), classroom("2"), workshop("60")), 70, False),
        ("practice alone", (workshop("60"),), 0, True),
    ],
)
def test_the_online_share_of_the_theory_is_bounded(
    label: str, asked: tuple[Asked, ...], share: int, allowed: bool
) -> None:
    problems = problems_of(plan(*asked, share=share))

    assert [each.field for each in problems] == ([] if allowed else ["online hours"]), label


@pytest.mark.parametrize(
    ("label", "broken", "field"),
    [
        ("no minutes", replace(LOW_VOLTAGE_PLAN, online_minutes=0), "online_minutes"),
        ("a share above all", replace(LOW_VOLTAGE_PLAN, online_share_percent=101), "online_share_percent"),
        ("no cap", replace(LOW_VOLTAGE_PLAN, daily_cap_hours=Decimal(0)), "daily_cap_hours"),
        ("a cap that is no number", replace(LOW_VOLTAGE_PLAN, daily_cap_hours=Decimal("NaN")), "daily_cap_hours"),
        ("ends before it begins", replace(LOW_VOLTAGE_PLAN, in_force_to=date(2024, 7, 1)), "in_force_to"),
        ("no modules", replace(LOW_VOLTAGE_PLAN, modules=()), "modules"),
        ("an unknown kind", plan(Asked("asleep", Decimal(1))), "modules[0].kind"),
        ("the same kind twice", plan(classroom("1"), classroom("2")), "modules[0].kind"),
        ("negative hours", plan(classroom("-1")), "modules[0].hours"),
        ("hours without end", plan(classroom("Infinity")), "modules[0].hours"),
        ("a fourth decimal place", plan(classroom("1.0001")), "modules[0].hours"),
        ("a module that asks nothing", plan(), "modules[0].asked"),
    ],
)
def test_a_broken_version_is_refused_with_the_field(label: str, broken: VersionPlan, field: str) -> None:
    assert [each.field for each in problems_of(broken)] == [field], label


def test_the_low_voltage_syllabus_asks_88_and_60() -> None:
    workshops = [each.hours for module in LOW_VOLTAGE_PLAN.modules for each in module.asked if each.kind == "workshop"]

    assert theory_hours(LOW_VOLTAGE_PLAN.modules) == (61, 27)
    assert sum(workshops) == 60
    assert problems_of(LOW_VOLTAGE_PLAN) == []


def test_the_short_syllabus_asks_three_percent_less_than_its_lessons_last() -> None:
    short = demo_plan(video_ms=120_000, reading_ms=75_000)

    assert [each.asked[0].hours for each in short.modules] == [Decimal("1.940"), Decimal("1.212")]
    assert demo_hours(100_000) * 60_000 <= 97_000
    assert problems_of(short) == []


NATIONAL = Dated(1, "", date(2024, 7, 1), None)
PROVINCIAL = Dated(2, "53", date(2025, 1, 1), date(2026, 1, 1))
NEWER = Dated(3, "", date(2026, 6, 1), None)


@pytest.mark.parametrize(
    ("region", "day", "number"),
    [
        ("5301", date(2024, 6, 30), None),
        ("5301", date(2024, 7, 1), 1),
        ("5301", date(2025, 1, 1), 2),
        ("5301", date(2025, 12, 31), 2),
        ("5301", date(2026, 1, 1), 1),
        ("32", date(2025, 6, 1), 1),
        ("32", date(2026, 6, 1), 3),
    ],
)
def test_the_nearest_region_and_then_the_newest_is_in_force(region: str, day: date, number: int | None) -> None:
    found = in_force([NATIONAL, PROVINCIAL, NEWER], region, day)

    assert (found.number if found else None) == number
