"""The table that every installation begins with, figure by figure."""

import pytest

from lms.enrollments.rules.syllabus import hours_of, problems_of
from lms.enrollments.rules.syllabus_data import CATEGORIES, LOADED


@pytest.mark.parametrize(
    ("code", "online", "classroom", "workshop"),
    [
        ("low-voltage-electrician", 61, 27, 60),
        ("high-voltage-electrician", 57, 25, 72),
        ("power-cable", 44, 20, 40),
        ("relay-protection", 51, 23, 50),
        ("electrical-test", 39, 17, 70),
        ("explosion-proof-electrician", 42, 18, 22),
        ("fusion-welding", 47, 21, 40),
        ("pressure-welding", 47, 21, 40),
        ("brazing", 47, 21, 40),
        ("scaffolding", 28, 12, 60),
        ("scaffolding-review", 5, 3, 0),
        ("principal-high-hazard", 33, 15, 0),
        ("principal-high-hazard-yearly", 11, 5, 0),
        ("principal", 22, 10, 0),
        ("principal-yearly", 8, 4, 0),
        ("new-employee-high-hazard", 50, 22, 0),
        ("new-employee-high-hazard-yearly", 14, 6, 0),
        ("new-employee", 16, 8, 0),
    ],
)
def test_it_asks_the_hours_of_the_regulation(code: str, online: int, classroom: int, workshop: int) -> None:
    modules = next(plan.modules for data, plan in LOADED if data.code == code)

    assert [hours_of(modules, kind) for kind in ("online", "classroom", "workshop")] == [online, classroom, workshop]


def test_every_loaded_version_is_lawful() -> None:
    assert {data.code: problems_of(plan) for data, plan in LOADED if problems_of(plan)} == {}


def test_no_two_share_a_code_or_a_version() -> None:
    assert len(LOADED) == 28
    assert len({data.code for data, _ in LOADED}) == 28
    assert len({data.version_uuid for data, _ in LOADED}) == 28
    assert {data.category for data, _ in LOADED} == {code for code, _, _ in CATEGORIES}


def test_whatever_is_not_confirmed_says_so_in_its_source() -> None:
    silent = [data.code for data, plan in LOADED if "unconfirmed" not in plan.source]

    assert silent == ["low-voltage-electrician"]
