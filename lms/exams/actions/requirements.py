"""Enacting what registering asks, and writing down certificates that learners held before."""

from datetime import date, datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.db.models import Max
from django.utils import timezone

from lms.accounts.models import Role, User
from lms.accounts.queries import Viewer, has_role
from lms.audit.actions import record
from lms.enrollments.models import Syllabus
from lms.exams.actions.taken import UuidTaken
from lms.exams.models import HeldCertificate, RequirementSet
from lms.exams.queries.requirements import may_enact
from lms.exams.rules.requirements import problems_of
from lms.institutions.models import Region

SOURCE_MAX = 200
NUMBER_MAX = 40
NUMBERING_LOCK = 0x72657173
"""Key of the advisory lock; `reqs`."""


class NotEnacting(PermissionDenied):
    """Only the authority of the region, who works for no institution, or an administrator may enact requirements."""


class NotCertifying(PermissionDenied):
    """Only an examiner or an authority may write down a learner's earlier certificate, and nobody their own."""


class RequirementsRefused(ValueError):
    """`problems` lists (field, value, allowed)."""

    def __init__(self, problems: list[tuple[str, str, str]]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{name}: {value!r}, allowed: {allowed}" for name, value, allowed in problems))


def enact_requirements(
    *,
    by: Viewer | None,
    at: datetime,
    uuid: UUID,
    syllabus: Syllabus | None,
    region: Region | None,
    in_force_from: date,
    source: str,
    in_force_to: date | None = None,
    classroom_percent: int = 0,
    reported_class: bool = True,
    certified_teachers: bool = True,
    institution_in_order: bool = True,
    verified_identity: bool = True,
    earlier_certificate: bool = True,
) -> RequirementSet:
    """What is asked of classes reported from a coming day on; the same uuid again changes nothing.

    It adds to what is asked already and takes nothing away, other than an older set of the same syllabus and region.
    Raises NotEnacting, RequirementsRefused, UuidTaken.
    """
    if by is not None and not may_enact(by, region):
        raise NotEnacting("only the authority of the region, or an administrator, may enact requirements")
    today = timezone.localdate(at, timezone.get_default_timezone())
    if problems := _problems(classroom_percent, in_force_from, in_force_to, today, source):
        raise RequirementsRefused(problems)
    fields = {
        "syllabus": syllabus,
        "region": region,
        "in_force_from": in_force_from,
        "in_force_to": in_force_to,
        "classroom_percent": classroom_percent,
        "reported_class": reported_class,
        "certified_teachers": certified_teachers,
        "institution_in_order": institution_in_order,
        "verified_identity": verified_identity,
        "earlier_certificate": earlier_certificate,
        "source": source.strip(),
        "enacted_at": at,
        "enacted_by": by if isinstance(by, User) else None,
    }
    with transaction.atomic():
        _queue_for_a_number()
        number = (RequirementSet.objects.aggregate(Max("number"))["number__max"] or 0) + 1
        made, is_new = RequirementSet.objects.get_or_create(uuid=uuid, defaults={**fields, "number": number})
        if (made.syllabus_id, made.region_id) != (syllabus and syllabus.pk, region and region.pk):
            raise UuidTaken("this uuid belongs to requirements of another syllabus or region")
        if is_new:
            record(verb="requirements.enacted", subject=made, by=by, at=at, detail={"from": in_force_from.isoformat()})
    return made


def write_certificate(
    *,
    by: Viewer | None,
    at: datetime,
    uuid: UUID,
    learner: User,
    syllabus: Syllabus,
    number: str,
    issued_on: date,
    expires_on: date,
) -> HeldCertificate:
    """A certificate for the category and trade of a syllabus, which `by` has seen; the same uuid again changes nothing.

    Raises NotCertifying, RequirementsRefused, UuidTaken.
    """
    is_own = isinstance(by, User) and by.pk == learner.pk
    if by is not None and (is_own or not (has_role(by, Role.EXAMINER) or has_role(by, Role.AUTHORITY))):
        raise NotCertifying("only an examiner or an authority may write down an earlier certificate")
    problems = []
    if not 1 <= len(number.strip()) <= NUMBER_MAX:
        problems.append(("number", number, f"1 to {NUMBER_MAX} characters"))
    if not issued_on < expires_on:
        problems.append(("expires_on", expires_on.isoformat(), f"after {issued_on.isoformat()}"))
    if issued_on > timezone.localdate(at, timezone.get_default_timezone()):
        problems.append(("issued_on", issued_on.isoformat(), "a day that has come"))
    if problems:
        raise RequirementsRefused(problems)
    fields = {
        "learner": learner,
        "category": syllabus.category,
        "trade": syllabus.trade,
        "number": number.strip(),
        "issued_on": issued_on,
        "expires_on": expires_on,
        "seen_at": at,
        "seen_by": by if isinstance(by, User) else None,
    }
    with transaction.atomic():
        try:
            with transaction.atomic():
                made, is_new = HeldCertificate.objects.get_or_create(uuid=uuid, defaults=fields)
        except IntegrityError:
            taken = [("number", number, "a number that is not written down for this person and trade yet")]
            raise RequirementsRefused(taken) from None
        if made.learner_id != learner.pk:
            raise UuidTaken("this uuid belongs to a certificate of somebody else")
        if is_new:
            record(verb="certificate.written", subject=made, by=by, at=at, detail={"learner": str(learner.uuid)})
    return made


def _queue_for_a_number() -> None:
    """Two sets at once would take the same number. Not a lock of rows: nobody may update them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [NUMBERING_LOCK])


def _problems(
    percent: int, in_force_from: date, in_force_to: date | None, today: date, source: str
) -> list[tuple[str, str, str]]:
    allowed = {
        "classroom_percent": (str(percent), "0 to 100"),
        "in_force_from": (in_force_from.isoformat(), f"after {today.isoformat()}"),
        "in_force_to": (str(in_force_to), f"after {in_force_from.isoformat()}"),
    }
    found = [(code, *allowed[code]) for code in problems_of(percent, in_force_from, in_force_to, today)]
    if not 1 <= len(source.strip()) <= SOURCE_MAX:
        found.append(("source", source, f"1 to {SOURCE_MAX} characters: the rule that asks it"))
    return found
