"""Writing regions, institutions, memberships and posts. Administrators or the system; all of it audited.

Nothing is deleted: memberships and posts end, a suspension is lifted, and the log tells from when to when.
"""

from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction

from lms.accounts.actions import require_administrator
from lms.accounts.models import User
from lms.accounts.queries import Viewer
from lms.audit.actions import record
from lms.institutions.actions.shelves import keep_shelves_of, open_shelf
from lms.institutions.models import AuthorityPost, Institution, InstitutionKind, Membership, Region
from lms.institutions.rules.credit_codes import code_reason
from lms.institutions.rules.regions import code_reasons
from lms.institutions.signals import institution_suspended


class BadRegion(ValueError):
    """The code cannot be this region's; `codes` lists the reasons."""

    def __init__(self, codes: tuple[str, ...]) -> None:
        self.codes = codes
        super().__init__(", ".join(codes))


class BadInstitutionKind(ValueError):
    """An institution trains or examines, nothing else and never both."""


class BadCreditCode(ValueError):
    """The credit code cannot be this institution's; `code` says why: length, signs, check_sign, or other_kind."""

    def __init__(self, credit_code: str, code: str) -> None:
        self.code = code
        allowed = "18 signs of GB 32100-2015 with their check sign, of a body that is of no other kind"
        super().__init__(f"credit_code: {credit_code!r} ({code}), allowed: {allowed}")


def add_region(
    *, by: Viewer | None, at: datetime, code: str, name_zh: str, name_en: str, parent: Region | None = None
) -> Region:
    """The region with this code; one that exists is returned unchanged. Raises BadRegion."""
    require_administrator(by)
    if codes := code_reasons(code, parent_code=parent.code if parent else None):
        raise BadRegion(codes)
    with transaction.atomic():
        region, made = Region.objects.get_or_create(
            code=code, defaults={"name_zh": name_zh, "name_en": name_en, "parent": parent}
        )
        if made:
            record(verb="region.added", subject=region, by=by, at=at, detail={"code": code})
    return region


def open_institution(
    *,
    by: Viewer | None,
    at: datetime,
    kind: str,
    name_zh: str,
    region: Region,
    name_en: str = "",
    credit_code: str = "",
    uuid: UUID | None = None,
) -> Institution:
    """A new institution with its shelf, or the one that has this `uuid` already.

    `credit_code` is the unified social credit code of the body, by which one that trains and one that examines are
    known to be the same. Raises BadInstitutionKind, BadCreditCode.
    """
    require_administrator(by)
    if kind not in InstitutionKind.values:
        raise BadInstitutionKind(kind)
    body = {"kind": kind, "credit_code": _credit_code(credit_code, kind)}
    with transaction.atomic():
        institution, made = Institution.objects.get_or_create(
            uuid=uuid or uuid4(), defaults={**body, "name_zh": name_zh, "name_en": name_en, "region": region}
        )
        if made:
            record(verb="institution.opened", subject=institution, by=by, at=at, detail={"kind": kind})
        open_shelf(by=by, at=at, institution=institution)
    return institution


def join_institution(*, by: Viewer | None, at: datetime, person: User, institution: Institution) -> Membership:
    """The open membership; joining twice changes nothing."""
    require_administrator(by)
    with transaction.atomic():
        membership, made = Membership.objects.get_or_create(
            person=person, institution=institution, ended_at=None, defaults={"started_at": at}
        )
        if made:
            keep_shelves_of(at=at, person=person)
            record(verb="institution.joined", subject=institution, by=by, at=at, detail={"person": str(person.uuid)})
    return membership


def leave_institution(*, by: Viewer | None, at: datetime, person: User, institution: Institution) -> None:
    require_administrator(by)
    with transaction.atomic():
        open_ones = Membership.objects.filter(person=person, institution=institution, ended_at__isnull=True)
        if open_ones.update(ended_at=at):
            keep_shelves_of(at=at, person=person)
            record(verb="institution.left", subject=institution, by=by, at=at, detail={"person": str(person.uuid)})


def post_authority(*, by: Viewer | None, at: datetime, person: User, region: Region) -> AuthorityPost:
    """The open post; posting twice changes nothing."""
    require_administrator(by)
    with transaction.atomic():
        post, made = AuthorityPost.objects.get_or_create(
            person=person, region=region, ended_at=None, defaults={"started_at": at}
        )
        if made:
            record(verb="authority.posted", subject=region, by=by, at=at, detail={"person": str(person.uuid)})
    return post


def end_post(*, by: Viewer | None, at: datetime, person: User, region: Region) -> None:
    require_administrator(by)
    with transaction.atomic():
        open_ones = AuthorityPost.objects.filter(person=person, region=region, ended_at__isnull=True)
        if open_ones.update(ended_at=at):
            record(verb="authority.post_ended", subject=region, by=by, at=at, detail={"person": str(person.uuid)})


def suspend_institution(*, by: Viewer | None, at: datetime, institution: Institution, reason: str) -> None:
    """Its classes do not open the exam gate any more. Suspending twice keeps the first date."""
    require_administrator(by)
    with transaction.atomic():
        if Institution.objects.filter(pk=institution.pk, suspended_at__isnull=True).update(suspended_at=at):
            record(verb="institution.suspended", subject=institution, by=by, at=at, detail={"reason": reason})
            institution_suspended.send(sender=Institution, institution=institution, at=at)
    institution.refresh_from_db(fields=["suspended_at"])


def lift_suspension(*, by: Viewer | None, at: datetime, institution: Institution) -> None:
    require_administrator(by)
    with transaction.atomic():
        if Institution.objects.filter(pk=institution.pk, suspended_at__isnull=False).update(suspended_at=None):
            record(verb="institution.suspension_lifted", subject=institution, by=by, at=at)
    institution.refresh_from_db(fields=["suspended_at"])


def _credit_code(given: str, kind: str) -> str:
    code = given.strip().upper()
    if not code:
        return ""
    if reason := code_reason(code):
        raise BadCreditCode(given, reason)
    # Two who open at once are told apart by the constraint.
    if Institution.objects.filter(credit_code=code).exclude(kind=kind).exists():
        raise BadCreditCode(given, "other_kind")
    return code
