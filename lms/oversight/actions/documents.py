"""Issuing a document upon the confirmed entries, and taking one back.

Locks are taken in one order: the learner, the learner's clock, the series of the region and year. With the clock held
no hour is confirmed, voided or corrected between being read and being printed; the series comes last, and its number
is given back with everything else when the transaction fails.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from secrets import token_bytes
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from lms.accounts.models import User
from lms.accounts.queries import Viewer, masked_identity
from lms.audit.actions import record
from lms.enrollments.models import Enrollment, Module, TrainingClass
from lms.enrollments.queries import teachers_named
from lms.enrollments.rules.units import done_hours, plain
from lms.hours.queries.clocks import lock_clock, today
from lms.institutions.queries import ever_worked_for, staffs, supervises
from lms.oversight.models import Document, DocumentSeries, Revocation
from lms.oversight.queries.completion import Evidence, evidence
from lms.oversight.queries.documents import standing_document, standings_in
from lms.oversight.rules.documents import AskedHours, Unmet, completed_at, digest, number_of, unmet_of
from lms.paper_codes import CODE_BYTES, code_of

ISSUED_AT_ONCE_MAX = 200
"""Documents of one request for a whole class; more would keep the browser waiting. The rest follow when asked again."""
REASON_MAX = 200


class DocumentRefused(ValueError):
    """Nothing is issued: every unmet requirement."""

    def __init__(self, unmet: Sequence[Unmet]) -> None:
        self.unmet = tuple(unmet)
        super().__init__(", ".join(each.code for each in self.unmet))


class NotIssuer(PermissionDenied):
    """Only the learner, or staff of the class's institution, may have a first document issued."""


class NotRevoker(PermissionDenied):
    """Only the authority above takes a document back or gives a new one, and nobody who ever worked there."""


class NotRevoked(ValueError):
    """A document that stands is not issued anew."""


class ReasonMissing(ValueError):
    """A revocation needs a reason of 1 to 200 characters."""


@dataclass(frozen=True, slots=True)
class Issued:
    """What a request for a whole class did: documents issued, and how many more are ready."""

    count: int
    left: int


def issue_document(*, by: Viewer, at: datetime, enrollment: Enrollment, kind: str) -> Document:
    """The document of this kind; the one that stands, if there is one. Raises NotIssuer, DocumentRefused.

    What the authority took back, neither the learner nor the institution can have again (`reissue_document`).
    """
    if not isinstance(by, User) or not _may_issue(by, enrollment):
        raise NotIssuer("only the learner or staff of the institution may have a document issued")
    with transaction.atomic():
        User.objects.select_for_update(no_key=True, of=("self",)).get(pk=enrollment.learner_id)
        if standing := standing_document(enrollment.pk, kind):
            return standing
        is_revoked = Document.objects.filter(enrollment=enrollment, kind=kind).exists()
        return _issue(enrollment, kind, by, at, [Unmet("revoked")] if is_revoked else [])


def reissue_document(*, by: Viewer, at: datetime, document: Document) -> Document:
    """A new edition after a revocation (a wrong name, hours earned again); the one that stands, if there is one.

    Raises NotRevoker, NotRevoked, DocumentRefused.
    """
    author = _require_revoker(by, document)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True, of=("self",)).get(pk=document.enrollment.learner_id)
        if not Revocation.objects.filter(document=document).exists():
            raise NotRevoked("only a revoked document is issued anew")
        if standing := standing_document(document.enrollment_id, document.kind):
            return standing
        return _issue(document.enrollment, document.kind, author, at, [])


def issue_for_class(*, by: Viewer, at: datetime, training_class: TrainingClass) -> Issued:
    """Issue what is ready in a class, 200 documents at most. Each learner in a transaction of their own.

    Who turns out not to have completed is left out. Raises NotIssuer, ClassNotFound.
    """
    if not staffs(by, training_class.institution):
        raise NotIssuer("only staff of the institution may issue for a class")
    ready = [(each.enrollment, kind) for each in standings_in(by, training_class) for kind in each.kinds_to_issue]
    count = 0
    for enrollment, kind in ready[:ISSUED_AT_ONCE_MAX]:
        try:
            issue_document(by=by, at=at, enrollment=enrollment, kind=kind)
            count += 1
        except DocumentRefused:
            continue
    return Issued(count, max(len(ready) - ISSUED_AT_ONCE_MAX, 0))


def revoke_document(*, by: Viewer, at: datetime, document: Document, reason: str) -> Revocation:
    """Take a document back for ever; again changes nothing. Raises NotRevoker, ReasonMissing."""
    author = _require_revoker(by, document)
    if not 1 <= len(reason.strip()) <= REASON_MAX:
        raise ReasonMissing(f"the reason has {len(reason.strip())} characters; 1 to {REASON_MAX} are allowed")
    with transaction.atomic():
        # The learner's row, as in issuing: a new edition sees this revocation or waits for it.
        User.objects.select_for_update(no_key=True, of=("self",)).get(pk=document.enrollment.learner_id)
        fields = {"revoked_at": at, "revoked_by": author, "reason": reason.strip()}
        revocation, is_new = Revocation.objects.get_or_create(document=document, defaults=fields)
        if is_new:
            record(verb="document.revoked", subject=document, by=by, at=at, detail={"number": document.number})
    return revocation


def _may_issue(by: User, enrollment: Enrollment) -> bool:
    is_own = by.is_active and by.pk == enrollment.learner_id
    return is_own or staffs(by, enrollment.training_class.institution)


def _require_revoker(by: Viewer, document: Document) -> User:
    institution = document.enrollment.training_class.institution
    if not isinstance(by, User) or not supervises(by, institution.region) or ever_worked_for(by, institution):
        raise NotRevoker("only the authority above, outside the institution, may do this")
    return by


def _issue(enrollment: Enrollment, kind: str, by: User, at: datetime, against: Sequence[Unmet]) -> Document:
    """Under the lock of the learner's row: lock the clock, judge, write."""
    lock_clock(enrollment.learner_id)
    found = evidence(enrollment.pk)
    if unmet := [*against, *unmet_of(found.facts, kind)]:
        raise DocumentRefused(unmet)
    document = _write(found, kind, by, at)
    detail = {"number": document.number, "kind": kind, "digest": document.digest, "edition": document.edition}
    record(verb="document.issued", subject=document, by=by, at=at, detail=detail)
    return document


def _write(found: Evidence, kind: str, by: User, at: datetime) -> Document:
    region_code = found.enrollment.training_class.institution.region.code
    year = today(at).date.year
    serial = _next_serial(region_code, year)
    return Document.objects.create(
        kind=kind,
        enrollment=found.enrollment,
        edition=Document.objects.filter(enrollment=found.enrollment, kind=kind).count() + 1,
        region_code=region_code,
        year=year,
        serial=serial,
        number=number_of(year, region_code, serial),
        code=code_of(token_bytes(CODE_BYTES)),
        issued_at=at,
        issued_by=by,
        snapshot=_snapshot(found),
        entries_to=found.lines[-1].number,
        digest=digest(found.lines),
    )


def _next_serial(region_code: str, year: int) -> int:
    DocumentSeries.objects.bulk_create([DocumentSeries(region_code=region_code, year=year)], ignore_conflicts=True)
    series = DocumentSeries.objects.select_for_update().get(region_code=region_code, year=year)
    series.last_serial += 1
    series.save(update_fields=["last_serial"])
    return series.last_serial


def _snapshot(found: Evidence) -> dict[str, Any]:
    """All that is printed, in JSON's own types; days are those of the installation's zone."""
    training_class = found.enrollment.training_class
    version = training_class.syllabus_version
    completed = completed_at(found.facts.asked, found.lines)
    return {
        "name": found.enrollment.learner.real_name.strip(),
        "identity": masked_identity(found.enrollment.learner),
        "syllabus_zh": version.syllabus.name_zh,
        "syllabus_en": version.syllabus.name_en,
        "syllabus_version": version.number,
        "source": version.source,
        "institution_zh": training_class.institution.name_zh,
        "institution_en": training_class.institution.name_en,
        "region_zh": training_class.institution.region.name_zh,
        "region_en": training_class.institution.region.name_en,
        "class_title": training_class.title,
        "teachers": teachers_named([training_class.pk]).get(training_class.pk, []),
        "class_from": training_class.starts_on.isoformat(),
        "class_to": training_class.ends_on.isoformat(),
        "reported_on": _day(training_class.reported_at),
        "first_on": _day(found.first_at),
        "last_on": _day(found.last_at),
        "completed_on": _day(completed),
        "minutes": {kind: version.minutes_of(kind) for kind in dict.fromkeys(each.kind for each in found.facts.asked)},
        "modules": [_module(module, found.facts.asked) for module in found.modules],
    }


def _module(module: Module, asked: Sequence[AskedHours]) -> dict[str, Any]:
    own = [each for each in asked if each.module == str(module.uuid)]
    return {
        "name_zh": module.name_zh,
        "name_en": module.name_en,
        "kinds": {
            each.kind: {
                "required": plain(each.hours),
                "confirmed": plain(done_hours(max(each.confirmed_ms, 0), each.minutes)),
                "confirmed_ms": each.confirmed_ms,
            }
            for each in own
        },
    }


def _day(moment: datetime | None) -> str | None:
    return timezone.localdate(moment, timezone.get_default_timezone()).isoformat() if moment else None
