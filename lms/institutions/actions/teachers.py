"""Granting and revoking teachers' certificates: the authority of a region where the teacher works who is no colleague
of theirs, or the system."""

from datetime import date, datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from lms.accounts.models import Role, User
from lms.accounts.queries import Viewer, has_role
from lms.audit.actions import record
from lms.institutions.models import TeacherCertificate
from lms.institutions.queries import may_certify
from lms.institutions.rules.certificates import Term, revocation_problem
from lms.institutions.signals import certificate_revoked

NUMBER_MAX = 40
REASON_MAX = 200


class NotTeachersAuthority(PermissionDenied):
    """Only an authority above an institution where the teacher works may do this; nobody for themselves or for a
    colleague."""


class CertificateRefused(ValueError):
    """`problems` lists (field, value, allowed)."""

    def __init__(self, problems: list[tuple[str, str, str]]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{name}: {value!r}, allowed: {allowed}" for name, value, allowed in problems))


def certify_teacher(
    *, by: Viewer | None, at: datetime, uuid: UUID, person: User, number: str, valid_from: date, valid_to: date
) -> TeacherCertificate:
    """The certificate by which somebody may teach; the same uuid again changes nothing.

    Raises NotTeachersAuthority, CertificateRefused.
    """
    _require(by, person)
    if existing := TeacherCertificate.objects.filter(uuid=uuid).first():
        return existing
    problems = []
    if not 1 <= len(number.strip()) <= NUMBER_MAX:
        problems.append(("number", number, f"1 to {NUMBER_MAX} characters"))
    elif TeacherCertificate.objects.filter(number=number.strip()).exists():
        problems.append(("number", number, "a number that no other certificate has"))
    if valid_to <= valid_from:
        problems.append(("valid_to", valid_to.isoformat(), f"after {valid_from.isoformat()}"))
    if not has_role(person, Role.TEACHER):
        problems.append(("person", str(person.uuid), "a teacher"))
    if problems:
        raise CertificateRefused(problems)
    fields = {"person": person, "number": number.strip(), "valid_from": valid_from, "valid_to": valid_to}
    with transaction.atomic():
        try:
            with transaction.atomic():
                made, is_new = TeacherCertificate.objects.get_or_create(
                    uuid=uuid, defaults={**fields, "granted_at": at}
                )
        except IntegrityError:  # somebody was faster with this number
            raise CertificateRefused([("number", number, "a number that no other certificate has")]) from None
        if is_new:
            record(verb="teacher.certified", subject=made, by=by, at=at, detail={"person": str(person.uuid)})
    return made


def revoke_certificate(*, by: Viewer | None, at: datetime, certificate: TeacherCertificate, on: date, why: str) -> None:
    """They may not teach from that day on; classes that began before it stay. Twice keeps the first day.

    Raises NotTeachersAuthority, CertificateRefused.
    """
    _require(by, certificate.person)
    problems = []
    if allowed := revocation_problem(Term(certificate.valid_from, certificate.valid_to, None), on):
        problems.append(("on", on.isoformat(), allowed))
    if not 1 <= len(why.strip()) <= REASON_MAX:
        problems.append(("why", why, f"1 to {REASON_MAX} characters"))
    if problems:
        raise CertificateRefused(problems)
    with transaction.atomic():
        if TeacherCertificate.objects.filter(pk=certificate.pk, revoked_on__isnull=True).update(revoked_on=on):
            record(
                verb="teacher.certificate_revoked", subject=certificate, by=by, at=at, detail={"reason": why.strip()}
            )
            certificate_revoked.send(sender=TeacherCertificate, person=certificate.person, on=on, at=at)


def _require(by: Viewer | None, person: User) -> None:
    if by is not None and not may_certify(by, person):
        raise NotTeachersAuthority(
            "only the authority of a region where the teacher works, and no colleague, may do this"
        )
