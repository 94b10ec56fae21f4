"""Suspending an institution and lifting it: what withdraws the seats of its learners.

Whoever suspends puts the seats in doubt in the same transaction (`lms.exams.receivers`); seats that were withdrawn do
not come back when it is lifted. Who runs it is told by letter. The log keeps from when to when, and why.
"""

from datetime import datetime

from django.db import transaction

from lms.accounts.queries import Viewer
from lms.audit.actions import record
from lms.institutions.actions.letters import tell_lifted, tell_suspended
from lms.institutions.actions.permission import require_decider
from lms.institutions.models import Institution
from lms.institutions.signals import institution_suspended

REASON_MAX = 200


class BadReason(ValueError):
    """No reason, or one that is too long."""

    def __init__(self, reason: str, least: int) -> None:
        super().__init__(f"reason: {reason!r}, allowed: {least} to {REASON_MAX} characters")


def suspend_institution(*, by: Viewer | None, at: datetime, institution: Institution, reason: str) -> None:
    """Its classes do not open the exam gate any more. Suspending twice keeps the first date and the first reason.

    Raises NotInstitutionsAuthority, BadReason.
    """
    require_decider(by, institution)
    detail = {"reason": _read(reason, least=1)}
    with transaction.atomic():
        if Institution.objects.filter(pk=institution.pk, suspended_at__isnull=True).update(suspended_at=at):
            record(verb="institution.suspended", subject=institution, by=by, at=at, detail=detail)
            institution_suspended.send(sender=Institution, institution=institution, at=at)
            tell_suspended(at=at, institution=institution, **detail)
    institution.refresh_from_db(fields=["suspended_at"])


def lift_suspension(*, by: Viewer | None, at: datetime, institution: Institution, reason: str = "") -> None:
    """Its classes open the gate again, for new registrations. Lifting what is not suspended changes nothing.

    Raises NotInstitutionsAuthority, BadReason.
    """
    require_decider(by, institution)
    detail = {"reason": _read(reason, least=0)}
    with transaction.atomic():
        if Institution.objects.filter(pk=institution.pk, suspended_at__isnull=False).update(suspended_at=None):
            record(verb="institution.suspension_lifted", subject=institution, by=by, at=at, detail=detail)
            tell_lifted(at=at, institution=institution, **detail)
    institution.refresh_from_db(fields=["suspended_at"])


def _read(reason: str, *, least: int) -> str:
    words = reason.strip()
    if not least <= len(words) <= REASON_MAX:
        raise BadReason(reason, least)
    return words
