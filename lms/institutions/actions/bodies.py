"""Writing regions, institutions, memberships and posts. Administrators or the system; all of it audited.

Nothing is deleted: memberships and posts end, and the log tells from when to when. What an authority decides on an
institution is in `suspending` and `credit_codes`.
"""

from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction

from lms.accounts.actions import require_administrator
from lms.accounts.models import User
from lms.accounts.queries import Viewer
from lms.audit.actions import record
from lms.institutions.actions.credit_codes import read_code, told_apart
from lms.institutions.actions.shelves import keep_shelves_of, open_shelf
from lms.institutions.models import AuthorityPost, Institution, InstitutionKind, Membership, Region
from lms.institutions.rules.regions import code_reasons

NAME_MAX = 120


class BadRegion(ValueError):
    """The code cannot be this region's; `codes` lists the reasons."""

    def __init__(self, codes: tuple[str, ...]) -> None:
        self.codes = codes
        super().__init__(", ".join(codes))


class BadInstitutionKind(ValueError):
    """An institution trains or examines, nothing else and never both."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"kind: {kind!r}, allowed: {' or '.join(InstitutionKind.values)}")


class BadInstitutionName(ValueError):
    """The field `name` has a name that nobody can read, or that has no room."""

    def __init__(self, name: str, value: str, least: int) -> None:
        self.name = name
        super().__init__(f"{name}: {value!r}, allowed: {least} to {NAME_MAX} characters")


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
    known to be the same. Raises NotAdministrator, BadInstitutionKind, BadInstitutionName, BadCreditCode.
    """
    require_administrator(by)
    if kind not in InstitutionKind.values:
        raise BadInstitutionKind(kind)
    body = {
        "kind": kind,
        "name_zh": _read_name("name_zh", name_zh, least=1),
        "name_en": _read_name("name_en", name_en, least=0),
        "region": region,
        "credit_code": read_code(credit_code, kind) if credit_code.strip() else "",
    }
    with transaction.atomic(), told_apart(credit_code):
        institution, made = Institution.objects.get_or_create(uuid=uuid or uuid4(), defaults=body)
        if made:
            detail = {"kind": kind, "credit_code": institution.credit_code}
            record(verb="institution.opened", subject=institution, by=by, at=at, detail=detail)
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


def _read_name(field: str, value: str, *, least: int) -> str:
    name = value.strip()
    if not least <= len(name) <= NAME_MAX:
        raise BadInstitutionName(field, value, least)
    return name
