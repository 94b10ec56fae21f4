"""Requirements as dated data: what is asked of a class is what was in force on the day of its report."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import ProgrammingError, transaction

from lms.accounts.actions import create_person, verify_identity
from lms.accounts.models import User
from lms.audit.models import Event
from lms.enrollments.models import TrainingClass
from lms.exams.actions import (
    NotCertifying,
    NotEnacting,
    RequirementsRefused,
    enact_requirements,
    register,
    write_certificate,
)
from lms.exams.models import HeldCertificate, RequirementSet
from lms.exams.queries import eligibility
from lms.hours.models import Entry
from lms.institutions.actions import (
    CertificateRefused,
    NotTeachersAuthority,
    add_region,
    certify_teacher,
    revoke_certificate,
)
from tests.integration.exams.builders import NOON, REPORTED, Ground, Role, finish, made_up_number, make_person

LONG_BEFORE = REPORTED - timedelta(days=30)
"""Some days before the class was reported, on 2026-01-02."""


def enact(ground: Ground, *, in_force_from: date = date(2026, 1, 1), **asked: Any) -> RequirementSet:
    """The country asks it of classes reported from that day on, and nothing else of all that can be asked."""
    nothing = {
        "certified_teachers": False,
        "institution_in_order": False,
        "verified_identity": False,
        "earlier_certificate": False,
    }
    fields: dict[str, Any] = {"by": None, "syllabus": None, "region": None, "source": "测试"} | nothing | asked
    return enact_requirements(at=LONG_BEFORE, uuid=uuid4(), in_force_from=in_force_from, **fields)


def codes(ground: Ground) -> list[str]:
    """What stands against Alice, who has all her hours."""
    if not Entry.objects.filter(learner=ground.alice).exists():
        finish(ground)
    return [each.code for each in eligibility(User.objects.get(pk=ground.alice.pk), ground.sitting, NOON).verdict.unmet]


def teacher() -> User:
    return User.objects.get(email="tilda@example.test")


def certify(ground: Ground, begins: date, ends: date, number: str = "云教 0001") -> Any:
    return certify_teacher(
        by=ground.vera, at=NOON, uuid=uuid4(), person=teacher(), number=number, valid_from=begins, valid_to=ends
    )


def test_a_class_reported_before_is_judged_as_it_was_then(ground: Ground) -> None:
    enact(ground, in_force_from=date(2026, 1, 3), certified_teachers=True)

    assert codes(ground) == []


def test_a_class_reported_since_is_asked_for_certified_teachers(ground: Ground) -> None:
    enact(ground, in_force_from=date(2026, 1, 2), certified_teachers=True)

    assert codes(ground) == ["teacher_not_certified"]


def test_a_certificate_that_is_valid_on_the_first_day_opens_the_gate(ground: Ground) -> None:
    enact(ground, certified_teachers=True)
    certify(ground, date(2025, 1, 5), date(2026, 1, 5), "云教 0001")  # ends on the day on which the class begins
    assert codes(ground) == ["teacher_not_certified"]

    held = certify(ground, date(2026, 1, 5), date(2029, 1, 5), "云教 0002")
    assert codes(ground) == []

    revoke_certificate(by=ground.vera, at=NOON, certificate=held, on=date(2026, 1, 6), why="另有原因")
    assert codes(ground) == []  # they might teach on that first day


def test_a_certificate_revoked_before_the_class_began_is_none(ground: Ground) -> None:
    enact(ground, certified_teachers=True)
    held = certify(ground, date(2025, 1, 1), date(2029, 1, 1))

    revoke_certificate(by=ground.vera, at=NOON, certificate=held, on=date(2026, 1, 5), why="另有原因")

    assert codes(ground) == ["teacher_not_certified"]


def test_an_identity_counts_once_somebody_held_the_card_against_it(ground: Ground) -> None:
    enact(ground, verified_identity=True)
    assert codes(ground) == []
    User.objects.filter(pk=ground.alice.pk).update(identity_verified_at=None)
    assert codes(ground) == ["identity_not_verified"]

    verify_identity(by=ground.bob, at=NOON, person=ground.alice)

    assert codes(ground) == []
    assert Event.objects.get(verb="person.identity_verified").by == ground.bob


def test_nobody_verifies_their_own_identity(ground: Ground) -> None:
    with pytest.raises(PermissionDenied):
        verify_identity(by=ground.alice, at=NOON, person=ground.alice)
    with pytest.raises(PermissionDenied):
        verify_identity(by=ground.bob, at=NOON, person=ground.bob)


def test_who_registers_themselves_is_not_verified_yet(ground: Ground) -> None:
    person = create_person(
        by=None, at=NOON, email="new@example.test", identity_number=made_up_number(77), is_verified=False
    )

    assert person.identity_verified_at is None
    assert ground.alice.identity_verified_at == REPORTED


def test_a_region_adds_for_its_own_and_for_nobody_else(ground: Ground) -> None:
    elsewhere = add_region(by=None, at=REPORTED, code="98", name_zh="海岭省", name_en="")
    enact(ground, region=elsewhere, certified_teachers=True)
    assert codes(ground) == []

    enact(ground, region=ground.school.region, by=ground.vera, certified_teachers=True)

    assert codes(ground) == ["teacher_not_certified"]


def test_a_refresher_needs_a_certificate_that_was_valid_when_it_began(ground: Ground) -> None:
    enact(ground, earlier_certificate=True)
    type(ground.sitting.syllabus).objects.filter(pk=ground.sitting.syllabus_id).update(training="refresher")
    ground.sitting.refresh_from_db()
    assert codes(ground) == ["earlier_certificate_missing"]

    written = {"learner": ground.alice, "syllabus": ground.version.syllabus, "issued_on": date(2020, 1, 1)}
    write_certificate(
        by=ground.edda,
        at=NOON,
        uuid=uuid4(),
        number="T1",
        expires_on=date(2026, 1, 4),
        **written,  # one day too early
    )
    assert codes(ground) == ["earlier_certificate_missing"]

    write_certificate(by=ground.edda, at=NOON, uuid=uuid4(), number="T2", expires_on=date(2026, 1, 5), **written)
    assert codes(ground) == []


def test_without_anything_in_force_nobody_is_admitted(ground: Ground) -> None:
    """The first set reaches back to the year 2000."""
    finish(ground)
    TrainingClass.objects.filter(pk=ground.training_class.pk).update(reported_at=datetime(1999, 12, 30, tzinfo=UTC))

    verdict = eligibility(ground.alice, ground.sitting, NOON).verdict

    assert [(each.code, each.fact) for each in verdict.unmet] == [("unknown", "requirements")]


def test_only_the_authority_of_the_region_enacts_and_only_for_days_to_come(ground: Ground) -> None:
    for by, region in [(ground.bob, ground.school.region), (ground.edda, ground.school.region), (ground.vera, None)]:
        with pytest.raises(NotEnacting):
            enact(ground, by=by, region=region)
    with pytest.raises(RequirementsRefused) as refused:
        enact(ground, in_force_from=date(2025, 12, 3), classroom_percent=101, source=" ")

    assert [each[0] for each in refused.value.problems] == ["classroom_percent", "in_force_from", "source"]
    assert RequirementSet.objects.count() == 2


def test_enacting_twice_with_one_uuid_is_enacting_once(ground: Ground) -> None:
    fields: dict[str, Any] = {"by": None, "at": LONG_BEFORE, "uuid": uuid4(), "syllabus": None, "region": None}
    fields |= {"in_force_from": date(2026, 5, 1), "source": "测试"}

    first, second = enact_requirements(**fields), enact_requirements(**fields)

    assert first.pk == second.pk
    assert Event.objects.filter(verb="requirements.enacted").count() == 1


def test_postgresql_refuses_to_change_what_was_enacted_or_seen(ground: Ground) -> None:
    enact(ground)
    write_certificate(
        by=ground.edda,
        at=NOON,
        uuid=uuid4(),
        learner=ground.alice,
        syllabus=ground.version.syllabus,
        number="T1",
        issued_on=date(2020, 1, 1),
        expires_on=date(2026, 1, 5),
    )
    for change in (
        lambda: RequirementSet.objects.update(certified_teachers=False),
        lambda: RequirementSet.objects.all()._raw_delete("default"),
        lambda: HeldCertificate.objects.update(expires_on=date(2030, 1, 1)),
    ):
        with pytest.raises(ProgrammingError), transaction.atomic():
            change()


def test_nobody_writes_their_own_certificate_and_no_staff_writes_any(ground: Ground) -> None:
    written = {
        "syllabus": ground.version.syllabus,
        "number": "T1",
        "issued_on": date(2020, 1, 1),
        "expires_on": date(2026, 6, 1),
    }
    for by, learner in [(ground.bob, ground.alice), (ground.alice, ground.alice), (ground.edda, ground.edda)]:
        with pytest.raises(NotCertifying):
            write_certificate(by=by, at=NOON, uuid=uuid4(), learner=learner, **written)
    with pytest.raises(RequirementsRefused, match="issued_on"):
        write_certificate(
            by=ground.vera, at=NOON, uuid=uuid4(), learner=ground.alice, **{**written, "issued_on": date(2026, 3, 3)}
        )


def test_only_an_authority_above_certifies_a_teacher(ground: Ground) -> None:
    fields: dict[str, Any] = {"at": NOON, "number": "云教 1", "valid_from": date(2026, 1, 1)}
    fields |= {"valid_to": date(2029, 1, 1)}
    for by in (ground.bob, ground.edda, teacher()):
        with pytest.raises(NotTeachersAuthority):
            certify_teacher(by=by, uuid=uuid4(), person=teacher(), **fields)
    with pytest.raises(CertificateRefused, match="person"):
        certify_teacher(by=None, uuid=uuid4(), person=make_person("olga", Role.LEARNER), **fields)
    with pytest.raises(CertificateRefused, match="valid_to"):
        certify_teacher(by=None, uuid=uuid4(), person=teacher(), **{**fields, "valid_to": date(2026, 1, 1)})


def test_a_refusal_says_what_was_in_force(ground: Ground) -> None:
    mark = enact(ground, certified_teachers=True).number
    finish(ground)

    decided = eligibility(ground.alice, ground.sitting, NOON)

    assert decided.facts.requirements is not None
    # The newer set for the whole country takes the place of the one that was there from the beginning.
    assert decided.facts.requirements.mark == str(mark)
    with pytest.raises(Exception, match="teacher_not_certified"):
        register(by=ground.alice, at=NOON, uuid=uuid4(), sitting=ground.sitting)
