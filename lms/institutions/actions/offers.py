"""Offering a course or textbook to another institution, and ending the offer. Staff of the owner decide."""

from datetime import datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from wagtail.models import Page

from lms.accounts.queries import Viewer
from lms.audit.actions import record
from lms.institutions.models import CourseOffer, Institution, InstitutionKind
from lms.institutions.queries import owner_of, staffs


class NotOwner(PermissionDenied):
    """Only staff of the institution that owns a course may offer it."""


class OfferRefused(ValueError):
    """`code` is one of own_institution, no_training_institution."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def offer_course(*, by: Viewer, at: datetime, uuid: UUID, page: Page, to: Institution) -> CourseOffer:
    """The open offer; offering what is offered changes nothing. Raises NotOwner, OfferRefused."""
    owner = _require_owner(by, page)
    if to.pk == owner.pk:
        raise OfferRefused("own_institution")
    if to.kind != InstitutionKind.TRAINING:
        raise OfferRefused("no_training_institution")
    with transaction.atomic():
        made = {"uuid": uuid, "offered_by": by, "offered_at": at}
        offer, is_new = CourseOffer.objects.get_or_create(page_id=page.pk, offered_to=to, ended_at=None, defaults=made)
        if is_new:
            record(verb="course.offered", subject=offer, by=by, at=at, detail={"page": page.pk, "to": str(to.uuid)})
    return offer


def end_offer(*, by: Viewer, at: datetime, offer: CourseOffer) -> None:
    """No new class can be planned with it; running classes keep their lessons. Idempotent. Raises NotOwner."""
    _require_owner(by, offer.page)
    with transaction.atomic():
        if CourseOffer.objects.filter(pk=offer.pk, ended_at=None).update(ended_at=at):
            record(verb="course.offer_ended", subject=offer, by=by, at=at, detail={"page": offer.page_id})


def _require_owner(by: Viewer, page: Page) -> Institution:
    owner = owner_of(page)
    if owner is None or not staffs(by, owner):
        raise NotOwner("only staff of the owner may offer a course")
    return owner
