"""What a version would change, read from the database: whose classes, how many learners, whose plans."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from lms.enrollments.actions import create_syllabus_version, enroll, plan_class
from lms.enrollments.models import TrainingClass
from lms.enrollments.queries import Preview, preview, syllabus_preview
from lms.enrollments.rules.syllabus import Asked, ModulePlan, VersionPlan
from lms.institutions.actions import add_region, open_institution, post_authority
from tests.integration.exams.builders import (
    NOON,
    REPORTED,
    Ground,
    Role,
    make_lesson,
    make_person,
    make_version,
    version_plan,
)

TODAY = date(2026, 3, 2)


def planned(ground: Ground, title: str, starts_on: date, length_ms: int = 1_800_000) -> TrainingClass:
    return plan_class(
        by=ground.bob,
        at=REPORTED,
        uuid=uuid4(),
        institution=ground.school,
        syllabus_version=ground.version,
        title=title,
        starts_on=starts_on,
        ends_on=date(2026, 12, 31),
        lessons=[(ground.theory, make_lesson(title, length_ms))],
    )


def new_plan(*modules: ModulePlan) -> VersionPlan:
    return replace(version_plan(*modules), in_force_from=date(2026, 6, 1))


def seen(ground: Ground, plan: VersionPlan, by: Any = None) -> Preview:
    return preview(by or ground.vera, ground.version.syllabus, plan, ground.school.region, TODAY)


def test_a_reported_class_stays_and_a_planned_one_falls_under_it(ground: Ground) -> None:
    later = planned(ground, "第二期", date(2026, 6, 1))
    planned(ground, "第三期", date(2026, 5, 31))
    enroll(by=ground.bob, at=REPORTED, uuid=uuid4(), learner=ground.charlie, training_class=later)

    found = seen(ground, new_plan())

    assert [each.training_class for each in found.falling_shown] == [later]
    assert (found.falling, found.falling_learners, found.staying, found.staying_learners, found.apart) == (
        1,
        1,
        1,
        1,
        1,
    )
    assert found.staying_shown == [ground.training_class]
    assert (found.number, found.replaced_number) == (2, 1)


def test_it_compares_with_the_version_that_is_in_force_there_on_its_first_day(ground: Ground) -> None:
    region = ground.school.region
    create_syllabus_version(
        by=ground.vera, at=NOON, uuid=uuid4(), syllabus=ground.version.syllabus, plan=version_plan(), region=region
    )
    theory = ModulePlan("理论", "Theory", (Asked("online", Decimal(3)),))

    found = seen(ground, new_plan(theory))

    assert (found.number, found.replaced_number) == (3, 2)
    assert [(each.name_zh, each.state) for each in found.modules] == [("理论", "changed"), ("实操", "removed")]
    assert [(each.kind, each.before, each.after) for each in found.totals] == [
        ("online", 1, 3),
        ("classroom", 0, 0),
        ("workshop", 2, 0),
    ]


def test_a_plan_that_was_long_enough_may_no_longer_be(ground: Ground) -> None:
    planned(ground, "第二期", date(2026, 6, 1))
    theory = ModulePlan("理论", "Theory", (Asked("online", Decimal(2)),))

    (falls,) = seen(ground, new_plan(theory)).falling_shown

    assert [(each.name_zh, each.required_ms, each.planned_ms) for each in falls.impact.short] == [
        ("理论", 3_600_000, 1_800_000)
    ]
    assert falls.sufficed


def test_a_plan_that_was_too_short_before_is_told_apart(ground: Ground) -> None:
    planned(ground, "第二期", date(2026, 6, 1), length_ms=1_799_999)

    (falls,) = seen(ground, new_plan()).falling_shown

    assert (falls.impact.suffices, falls.sufficed) == (False, False)


def test_nobody_sees_classes_of_another_region(ground: Ground) -> None:
    wanda = make_person("wanda", Role.AUTHORITY)
    elsewhere = add_region(by=None, at=REPORTED, code="98", name_zh="别省", name_en="Elsewhere")
    post_authority(by=None, at=REPORTED, person=wanda, region=elsewhere)
    open_institution(by=None, at=REPORTED, kind="training", name_zh="别校", name_en="", region=elsewhere)
    planned(ground, "第二期", date(2026, 6, 1))

    found = seen(ground, new_plan(), by=wanda)

    assert (found.falling, found.staying, found.staying_learners) == (0, 0, 0)


def test_a_new_syllabus_changes_no_class(ground: Ground) -> None:
    found = preview(ground.vera, None, new_plan(), ground.school.region, TODAY)

    assert (found.number, found.falling, found.staying) == (1, 0, 0)
    assert {each.state for each in found.modules} == {"added"}


def test_another_syllabus_is_not_touched(ground: Ground) -> None:
    planned(ground, "第二期", date(2026, 6, 1))

    found = preview(ground.vera, make_version("other").syllabus, new_plan(), ground.school.region, TODAY)

    assert (found.falling, found.staying) == (0, 0)


@pytest.mark.parametrize("classes", [1, 12])
def test_the_number_of_queries_does_not_grow_with_the_classes(
    ground: Ground, classes: int, django_assert_num_queries: Callable[[int], Any]
) -> None:
    for number in range(classes):
        planned(ground, f"第{number}期", date(2026, 6, 1))

    with django_assert_num_queries(11):
        found = seen(ground, new_plan())

    assert found.falling == len(found.falling_shown) == classes


def test_classes_beyond_the_list_are_counted_with_their_learners(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(syllabus_preview, "FALLING_SHOWN_MAX", 2)
    classes = [planned(ground, f"第{number}期", date(2026, 6, number)) for number in (1, 2, 3)]
    enroll(by=ground.bob, at=REPORTED, uuid=uuid4(), learner=ground.charlie, training_class=classes[2])

    found = seen(ground, new_plan())

    assert (found.falling, found.falling_learners) == (3, 1)
    assert [each.training_class for each in found.falling_shown] == classes[:2]
