"""Refused time, and appeals against it: what may be appealed, making an appeal, how far it is.

The rules are those of the pages: one appeal against one thing, judged by two others. Only one's own is ever found.
"""

from typing import Annotated
from uuid import UUID

from django.utils.translation import gettext as _
from ninja import Query, Router, Status

from lms.accounts.models import User
from lms.api import appeal_shapes as shapes
from lms.api import moments
from lms.api.authentication import PersonRequest
from lms.api.problems import ApiProblem, not_found
from lms.api.responses import answers, links
from lms.hours.actions.appeals import AppealRefused, make_appeal
from lms.hours.forms.appeals import problem_text
from lms.hours.models import Appeal, Entry, Refusal
from lms.hours.queries.appeals import AppealNotFound, own_appeal, own_refusal, own_void, subject_of, void_behind
from lms.hours.queries.refusals import RefusalStanding, own_appeals, refusals_before
from lms.hours.study_texts import refusal_text

PAGE_ROWS = 50
PAGE_ROWS_MAX = 200
APPEALS_MAX = 200

CODES = {
    "uuid": "uuid_taken",
    "already_appealed": "already_appealed",
    "too_many_open": "too_many_appeals",
    "voided": "voided",
}
"""What the rule says about the state of things, as codes of a 409; what it says about the text is a 422."""

router = Router(tags=["appeals"])


@router.get("/me/refusals", response=answers(shapes.Refusals), summary="What was not counted, and why")
def refusals(
    request: PersonRequest,
    before: Annotated[int, Query(ge=1, le=shapes.ID_MAX, description="Only refusals with a lower id.")] = shapes.ID_MAX,
    limit: Annotated[int, Query(ge=1, le=PAGE_ROWS_MAX)] = PAGE_ROWS,
) -> shapes.Refusals:
    """Newest first, each with whether it can be appealed against."""
    found = refusals_before(request.auth, before, limit + 1)
    page = found[:limit]
    return shapes.Refusals(
        refusals=[_refusal(each) for each in page],
        next_before=page[-1].refusal.pk if len(found) > limit else None,
    )


@router.get("/me/appeals", response=answers(shapes.Appeals), summary="My appeals")
def appeals(request: PersonRequest) -> shapes.Appeals:
    return shapes.Appeals(appeals=[_appeal(each) for each in own_appeals(request.auth, APPEALS_MAX)])


@router.get("/me/appeals/{appeal}", response=answers(shapes.AppealOut, 404), summary="One of my appeals")
def appeal(request: PersonRequest, appeal: UUID) -> shapes.AppealOut:
    try:
        return _appeal(own_appeal(request.auth, appeal))
    except AppealNotFound:
        raise not_found() from None


@router.post(
    "/me/appeals",
    response=answers(shapes.AppealOut, 404, 409, status=201),
    summary="Appeal",
    openapi_extra=links(201, how_far=("lms_api_views_appeals_appeal", "appeal", "/uuid")),
)
def create_appeal(request: PersonRequest, wanted: shapes.NewAppeal) -> Status[shapes.AppealOut]:
    """Sends an appeal to the institution. The same `uuid` again answers with the same appeal, however far it is."""
    refusal, entry = _against(request.auth, wanted)
    try:
        made = make_appeal(
            by=request.auth,
            at=moments.now(),
            uuid=wanted.uuid,
            text=wanted.text,
            refusal=refusal,
            entry=entry,
        )
    except AppealRefused as refused:
        raise _problem(refused, refusal) from None
    return Status(201, _appeal(own_appeal(request.auth, made.uuid)))


def _against(person: User, wanted: shapes.NewAppeal) -> tuple[Refusal | None, Entry | None]:
    """What the appeal is against: exactly one thing, and one's own."""
    if (wanted.refusal is None) == (wanted.entry is None):
        message = _("Name either a refusal or an entry that took time back.")
        raise ApiProblem(422, "invalid", errors=[{"field": "refusal", "message": message}])
    try:
        if wanted.refusal is not None:
            return own_refusal(person, wanted.refusal), None
        assert wanted.entry is not None
        return None, own_void(person, wanted.entry)
    except AppealNotFound:
        raise not_found() from None


def _problem(refused: AppealRefused, refusal: Refusal | None) -> ApiProblem:
    """What is wrong with the text first: it can be mended and sent again."""
    wrong = [each for each in refused.problems if each.code not in CODES]
    if wrong:
        return ApiProblem(
            422, "invalid", errors=[{"field": each.field, "message": problem_text(each.code)} for each in wrong]
        )
    code = refused.problems[0].code
    members = {}
    if code == "voided" and refusal is not None and (void := void_behind(refusal)) is not None:
        members["entry"] = void.uuid
    detail = _("This uuid was used for something else; make a new one.") if code == "uuid" else problem_text(code)
    return ApiProblem(409, CODES[code], detail, **members)


def _refusal(standing: RefusalStanding) -> shapes.RefusalOut:
    refusal = standing.refusal
    return shapes.RefusalOut(
        id=refusal.pk,
        code=refusal.code,
        text=refusal_text(refusal.code),
        ms=refusal.ms,
        from_at=refusal.from_at,
        to_at=refusal.to_at,
        enrollment=refusal.enrollment.uuid,
        module=refusal.module.name,
        module_uuid=refusal.module.uuid,
        lesson=refusal.lesson_version.lesson.uuid,
        title=refusal.lesson_version.title,
        appealable=standing.is_appealable,
        appeal=standing.appeal.uuid if standing.appeal else None,
        entry=standing.void.uuid if standing.void else None,
    )


def _appeal(found: Appeal) -> shapes.AppealOut:
    subject = subject_of(found)
    return shapes.AppealOut(
        uuid=found.uuid,
        state=found.state,
        refusal=found.refusal_id,
        entry=found.entry.uuid if found.entry is not None else None,
        code=subject.code,
        ms=subject.claim.ms,
        lesson=subject.version.lesson.uuid if subject.version is not None else None,
        title=subject.title,
        module=subject.module.name,
        module_uuid=subject.module.uuid,
        text=found.text,
        appealed_at=found.appealed_at,
        proposal=_proposal(found),
        returned_reason=found.returned_reason,
        decision=_decision(found),
    )


def _proposal(found: Appeal) -> shapes.ProposalOut | None:
    if found.proposed_at is None:
        return None
    return shapes.ProposalOut(
        verdict=found.verdict,
        ms=found.proposed_ms,
        from_at=found.from_at,
        to_at=found.to_at,
        reason=found.proposed_reason,
        by=str(found.proposed_by),
        at=found.proposed_at,
    )


def _decision(found: Appeal) -> shapes.DecisionOut | None:
    if found.decided_at is None:
        return None
    return shapes.DecisionOut(
        reason=found.decided_reason,
        by=str(found.decided_by),
        at=found.decided_at,
        entry=found.correction.number if found.correction is not None else None,
    )
