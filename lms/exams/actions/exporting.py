"""The candidate list leaves the house: every seat is judged anew then, and none that does not stand is on it."""

from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction

from lms import signing
from lms.accounts.models import User
from lms.accounts.queries import Viewer
from lms.audit.actions import record
from lms.exams.actions.failing import fail_closed
from lms.exams.actions.holding import doubt_seats
from lms.exams.actions.refusals import SittingRefused, require_examiner
from lms.exams.models import PlanState, Registration, Sitting
from lms.exams.queries.seats import booked_seats
from lms.exams.queries.verdicts import holding_many
from lms.exams.rules.eligibility import Unmet
from lms.exams.rules.lists import list_digest

FORMATS = frozenset({"xlsx", "pdf"})


@dataclass(frozen=True, slots=True)
class CandidateList:
    """Seats by number: those that stand at `at`, and those that do not with every reason. `digest` covers both."""

    sitting: Sitting
    at: datetime
    admitted: tuple[Registration, ...]
    refused: tuple[tuple[Registration, tuple[Unmet, ...]], ...]
    digest: str


def export_candidates(*, by: Viewer, at: datetime, sitting: Sitting, file_format: str) -> CandidateList:
    """Judge every booked seat of a published sitting again. One that does not stand is put in doubt: a worker withdraws
    it under its locks. When one cannot be judged, or nothing can be signed, there is no list. Raises NotExaminer,
    SittingRefused, GateFailed.
    """
    require_examiner(by, sitting.site.institution)
    if not isinstance(by, User):
        raise PermissionDenied("somebody must be logged in to take a list away")
    return fail_closed(
        lambda: _export(by, at, sitting, file_format),
        refusals=(SittingRefused,),
        verb="candidates.failed",
        subject=sitting,
        by=by,
        at=at,
    )


def _export(by: User, at: datetime, sitting: Sitting, file_format: str) -> CandidateList:
    if file_format not in FORMATS:
        raise SittingRefused([("file_format", file_format[:40], ", ".join(sorted(FORMATS)))])
    if sitting.plan.state != PlanState.PUBLISHED:
        raise SittingRefused([("sitting", str(sitting.uuid), "a sitting of a published plan")])
    # While nothing can be signed nobody is let in and no seat withdrawn; a list would say otherwise of both.
    signing.signing_key(at)
    with transaction.atomic():
        seats = booked_seats(sitting)
        made = holding_many([each.learner for each in seats], sitting, at)
        admitted = tuple(each for each in seats if made[each.learner_id].eligible)
        refused = tuple(
            (each, made[each.learner_id].verdict.unmet) for each in seats if not made[each.learner_id].eligible
        )
        digest = list_digest(
            str(sitting.uuid),
            [(each.seat, str(each.uuid)) for each in admitted],
            [(str(each.uuid), [reason.code for reason in unmet]) for each, unmet in refused],
        )
        doubt_seats(at=at, seats=[each.pk for each, _unmet in refused])
        counts = {"format": file_format, "admitted": len(admitted), "refused": len(refused)}
        record(verb="candidates.exported", subject=sitting, by=by, at=at, detail={**counts, "digest": digest})
    return CandidateList(sitting, at, admitted, refused, digest)
