from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import ProgrammingError, transaction

from lms.accounts.models import Role
from lms.accounts.queries import Viewer
from lms.audit.models import Event
from lms.enrollments.actions import (
    NotSyllabusWriter,
    SyllabusRefused,
    UuidTaken,
    create_syllabus,
    create_syllabus_version,
    create_syllabus_with_version,
    load_short_syllabus,
    load_syllabi,
)
from lms.enrollments.models import Module, Requirement, Syllabus, SyllabusVersion
from lms.enrollments.queries import SyllabusNotFound, syllabus_by_code, version_in_force
from lms.enrollments.rules.syllabus import Asked, ModulePlan
from lms.institutions.actions import add_region, join_institution
from lms.institutions.models import Region
from tests.integration.exams.builders import NOON, Ground, make_person, make_version, version_plan


@pytest.mark.django_db
def test_it_loads_the_table_once_and_gives_the_low_voltage_syllabus() -> None:
    first = load_syllabi(by=None, at=NOON)
    again = load_syllabi(by=None, at=NOON)

    hours = Requirement.objects.filter(module__syllabus_version=first)
    assert first == again
    assert first.syllabus.code == "low-voltage-electrician"
    assert Syllabus.objects.count() == SyllabusVersion.objects.count() == 28
    assert sum(each.hours for each in hours.filter(kind="online")) == 61
    assert sum(each.hours for each in hours.filter(kind="classroom")) == 27
    assert sum(each.hours for each in hours.filter(kind="workshop")) == 60
    assert Event.objects.filter(verb="syllabus_version.created").count() == 28


@pytest.mark.django_db
def test_the_short_syllabus_keeps_its_hours_when_lessons_are_measured_again() -> None:
    load_short_syllabus(by=None, at=NOON, video_ms=100_000, reading_ms=60_000)
    version = load_short_syllabus(by=None, at=NOON, video_ms=999_000, reading_ms=60_000)

    asked = Requirement.objects.filter(module__syllabus_version=version).order_by("module__ordinal")
    assert [each.hours for each in asked] == [Decimal("1.616"), Decimal("0.970")]


def test_a_stranger_writes_no_syllabus(ground: Ground) -> None:
    with pytest.raises(NotSyllabusWriter):
        create_syllabus_version(
            by=ground.bob, at=NOON, uuid=uuid4(), syllabus=ground.version.syllabus, plan=version_plan()
        )
    with pytest.raises(NotSyllabusWriter):
        create_syllabus(
            by=ground.bob, at=NOON, code="x", category="", trade="", training="initial", name_zh="x", name_en="x"
        )

    assert SyllabusVersion.objects.count() == 1


def test_the_authority_writes_for_its_region_and_below_only(ground: Ground) -> None:
    province = ground.school.region
    below = add_region(by=None, at=NOON, code="9901", name_zh="安平市", name_en="Anping", parent=province)
    elsewhere = add_region(by=None, at=NOON, code="98", name_zh="别省", name_en="Elsewhere")

    for region in (province, below):
        version = write(ground.vera, ground, region)
        assert version.region == region
    for stranger, region in (
        (ground.vera, None),
        (ground.vera, elsewhere),
        (ground.bob, province),
        (ground.edda, province),
        (ground.alice, province),
        (AnonymousUser(), province),
    ):
        with pytest.raises(NotSyllabusWriter):
            write(stranger, ground, region)


def test_an_administrator_writes_for_everywhere(ground: Ground) -> None:
    assert write(make_person("ada", Role.ADMINISTRATOR), ground, None).region is None


def test_nobody_on_the_payroll_writes_the_rules_of_their_institution(ground: Ground) -> None:
    join_institution(by=None, at=NOON, person=ground.vera, institution=ground.school)

    with pytest.raises(NotSyllabusWriter):
        write(ground.vera, ground, ground.school.region)


def test_a_new_syllabus_and_its_first_version_are_there_together_or_not_at_all(ground: Ground) -> None:
    fields = {
        "code": "crane",
        "category": "special-operator",
        "trade": "crane",
        "training": "initial",
        "name_zh": "起重机作业",
        "name_en": "Crane",
    }
    uuid, region = uuid4(), ground.school.region
    unlawful = version_plan(ModulePlan("理论", "Theory", ()))

    with pytest.raises(SyllabusRefused):
        create_syllabus_with_version(by=ground.vera, at=NOON, uuid=uuid, plan=unlawful, region=region, **fields)
    assert not Syllabus.objects.filter(code="crane").exists()
    first = create_syllabus_with_version(
        by=ground.vera, at=NOON, uuid=uuid, plan=version_plan(), region=region, **fields
    )
    again = create_syllabus_with_version(
        by=ground.vera, at=NOON, uuid=uuid, plan=version_plan(), region=region, **fields
    )

    assert (first.number, again.pk) == (1, first.pk)
    with pytest.raises(SyllabusRefused) as refused:
        create_syllabus_with_version(
            by=ground.vera, at=NOON, uuid=uuid4(), plan=version_plan(), region=region, **fields
        )
    assert [(each.field, each.value) for each in refused.value.problems] == [("code", "crane")]


def write(by: Viewer, ground: Ground, region: Region | None) -> SyllabusVersion:
    return create_syllabus_version(
        by=by, at=NOON, uuid=uuid4(), syllabus=ground.version.syllabus, plan=version_plan(), region=region
    )


def test_an_unlawful_version_is_refused_with_field_value_and_what_is_allowed(ground: Ground) -> None:
    plan = version_plan(ModulePlan("理论", "Theory", (Asked("online", Decimal("0.0001")),)))

    with pytest.raises(SyllabusRefused) as refused:
        create_syllabus_version(by=None, at=NOON, uuid=uuid4(), syllabus=ground.version.syllabus, plan=plan)

    assert [(each.field, each.value) for each in refused.value.problems] == [("modules[0].hours", "0.0001")]
    assert SyllabusVersion.objects.count() == 1


def test_versions_are_numbered_and_a_repeat_gives_the_same(ground: Ground) -> None:
    uuid, syllabus = uuid4(), ground.version.syllabus

    second = create_syllabus_version(by=None, at=NOON, uuid=uuid, syllabus=syllabus, plan=version_plan())
    again = create_syllabus_version(by=None, at=NOON, uuid=uuid, syllabus=syllabus, plan=version_plan())

    assert (second.number, again.pk) == (2, second.pk)
    other = make_version("other").syllabus
    with pytest.raises(UuidTaken):
        create_syllabus_version(by=None, at=NOON, uuid=uuid, syllabus=other, plan=version_plan())


def test_postgresql_refuses_to_change_what_a_class_is_judged_by(ground: Ground) -> None:
    asked = Requirement.objects.filter(module=ground.theory)

    with pytest.raises(ProgrammingError, match="permission denied for table"), transaction.atomic():
        asked.update(hours=Decimal("0.5"))
    with pytest.raises(ProgrammingError, match="permission denied for table"), transaction.atomic():
        asked.delete()
    with pytest.raises(ProgrammingError, match="permission denied for table"), transaction.atomic():
        Module.objects.filter(pk=ground.theory.pk).update(ordinal=9)


def test_it_finds_the_version_in_force(ground: Ground) -> None:
    syllabus = syllabus_by_code("test")

    assert version_in_force(syllabus, ground.school.region, date(2026, 3, 2)) == ground.version
    assert version_in_force(syllabus, ground.school.region, date(2020, 1, 1)) is None
    with pytest.raises(SyllabusNotFound):
        syllabus_by_code("nothing")
