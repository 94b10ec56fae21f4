"""Writing syllabi: the authority does for its region and below, an administrator or the system (`by=None`) everywhere.

A version is written whole and never changed. Nobody who works for an institution writes the rules that it is judged by.
"""

from datetime import datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction

from lms.accounts.queries import Viewer
from lms.audit.actions import record
from lms.enrollments.actions.refusals import SyllabusRefused, UuidTaken
from lms.enrollments.models import Module, Requirement, Syllabus, SyllabusVersion
from lms.enrollments.queries.syllabi import may_write_syllabi, may_write_version
from lms.enrollments.rules.syllabus import Problem, VersionPlan, problems_of
from lms.institutions.models import Region


class NotSyllabusWriter(PermissionDenied):
    """Only the authority of the region or above may do this; for all regions only an administrator."""


def create_syllabus(
    *,
    by: Viewer | None,
    at: datetime,
    code: str,
    category: str,
    trade: str,
    training: str,
    name_zh: str,
    name_en: str,
) -> Syllabus:
    """The syllabus with this code: a new one, or the one that already has it, unchanged."""
    if by is not None and not may_write_syllabi(by):
        raise NotSyllabusWriter("only an authority or an administrator may make a syllabus")
    allowed = [value for value, _ in Syllabus._meta.get_field("training").flatchoices]
    if training not in allowed:
        raise SyllabusRefused([Problem("training", training, " or ".join(allowed))])
    fields = {"category": category, "trade": trade, "training": training, "name_zh": name_zh, "name_en": name_en}
    with transaction.atomic():
        syllabus, is_new = Syllabus.objects.get_or_create(code=code, defaults=fields)
        if is_new:
            record(verb="syllabus.created", subject=syllabus, by=by, at=at, detail={"code": code})
    return syllabus


def create_syllabus_version(
    *,
    by: Viewer | None,
    at: datetime,
    uuid: UUID,
    syllabus: Syllabus,
    plan: VersionPlan,
    region: Region | None = None,
) -> SyllabusVersion:
    """The next version of a syllabus with its modules and requirements; the same uuid again gives the same version.

    Raises NotSyllabusWriter, SyllabusRefused (every problem: field, value, what is allowed), UuidTaken.
    """
    if by is not None and not may_write_version(by, region):
        raise NotSyllabusWriter("this region's syllabi are written by its authority or one above")
    if problems := problems_of(plan):
        raise SyllabusRefused(problems)
    with transaction.atomic():
        # Two versions at once would take the same number: the syllabus row queues them.
        Syllabus.objects.select_for_update(no_key=True).get(pk=syllabus.pk)
        existing = SyllabusVersion.objects.filter(uuid=uuid).first()
        if existing is not None:
            if existing.syllabus_id != syllabus.pk:
                raise UuidTaken("this uuid belongs to a version of another syllabus")
            return existing
        version = _write_version(uuid, syllabus, plan, region)
        detail = {
            "syllabus": syllabus.code,
            "number": version.number,
            "region": region.code if region else "",
            "modules": len(plan.modules),
        }
        record(verb="syllabus_version.created", subject=version, by=by, at=at, detail=detail)
    return version


def create_syllabus_with_version(
    *,
    by: Viewer | None,
    at: datetime,
    uuid: UUID,
    code: str,
    category: str,
    trade: str,
    training: str,
    name_zh: str,
    name_en: str,
    plan: VersionPlan,
    region: Region | None,
) -> SyllabusVersion:
    """A new syllabus together with its first version: neither is there without the other.

    Raises what the two would raise, and SyllabusRefused for a code that another syllabus has.
    """
    with transaction.atomic():
        written = SyllabusVersion.objects.filter(uuid=uuid).select_related("syllabus").first()
        if written is None and Syllabus.objects.filter(code=code).exists():
            raise SyllabusRefused([Problem("code", code, "a code that no other syllabus has")])
        fields = {"category": category, "trade": trade, "training": training, "name_zh": name_zh, "name_en": name_en}
        syllabus = create_syllabus(by=by, at=at, code=code, **fields)
        return create_syllabus_version(by=by, at=at, uuid=uuid, syllabus=syllabus, plan=plan, region=region)


def _write_version(uuid: UUID, syllabus: Syllabus, plan: VersionPlan, region: Region | None) -> SyllabusVersion:
    version = SyllabusVersion.objects.create(
        uuid=uuid,
        syllabus=syllabus,
        number=syllabus.versions.count() + 1,
        region=region,
        in_force_from=plan.in_force_from,
        in_force_to=plan.in_force_to,
        online_minutes=plan.online_minutes,
        classroom_minutes=plan.classroom_minutes,
        workshop_minutes=plan.workshop_minutes,
        online_share_percent=plan.online_share_percent,
        daily_cap_hours=plan.daily_cap_hours,
        source=plan.source,
    )
    modules = Module.objects.bulk_create(
        Module(syllabus_version=version, ordinal=ordinal, name_zh=each.name_zh, name_en=each.name_en)
        for ordinal, each in enumerate(plan.modules, start=1)
    )
    Requirement.objects.bulk_create(
        Requirement(module=module, kind=asked.kind, hours=asked.hours)
        for module, each in zip(modules, plan.modules, strict=True)
        for asked in each.asked
    )
    return version
