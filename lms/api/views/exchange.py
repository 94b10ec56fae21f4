"""For exam systems: programs with an access token read hours and eligibility of whom their body may see.

Whom that is, is decided below (lms.exchange.queries.reach); who is not among them answers 404, like nobody.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, cast
from uuid import UUID, uuid4

from django.utils.translation import gettext as _
from ninja import Query, Router

from lms.accounts.queries import masked_identity
from lms.api import exchange_shapes as shapes
from lms.api import moments
from lms.api.bearer import AccessToken, ReaderRequest
from lms.api.exam_shapes import RequirementOut, facts_of
from lms.api.problems import ApiProblem, not_found, signing_unavailable
from lms.api.rates import ClientThrottle
from lms.api.responses import answers
from lms.exams.actions import SigningUnavailable
from lms.exams.queries import reasons
from lms.exchange.actions.attesting import attest
from lms.exchange.actions.numbering import number_changes
from lms.exchange.models import ExchangeClient, HoursChange, StandingChange
from lms.exchange.queries.changes import Change, changes_since
from lms.exchange.queries.feeds import CursorGone
from lms.exchange.queries.reach import NothingThere
from lms.exchange.queries.standings import Standing, class_standings, standing_for, standings_since
from lms.exchange.rules import cursors
from lms.exchange.rules.scopes import ATTESTATIONS, ELIGIBILITY, HOURS

CHANGES_MAX, CHANGES = 500, 200
STANDINGS_MAX = 100
"""Those of a page are judged together, in as many statements as one; the answer itself grows with them."""

router = Router(tags=["exchange"], throttle=[ClientThrottle()])

Sitting = Annotated[UUID, Query(description="The sitting before which people are judged.")]
Person = Annotated[UUID, Query(description="The person, as the feed of hours names them.")]


@router.get(
    "/exchange/hours",
    response=answers(shapes.Changes, 410),
    auth=AccessToken(HOURS),
    summary="Changes of confirmed hours since a cursor",
)
def exchange_hours(
    request: ReaderRequest,
    since: Annotated[
        str, Query(max_length=cursors.LENGTH_MAX, description="`next` of the page before; empty: from the beginning.")
    ] = "",
    limit: Annotated[int, Query(ge=1, le=CHANGES_MAX)] = CHANGES,
    person: Annotated[UUID | None, Query(description="Only this person.")] = None,
    training_class: Annotated[UUID | None, Query(alias="class", description="Only this class.")] = None,
) -> shapes.Changes:
    """Every change once, in an order that stays: what is committed later always comes behind what was read.

    A region's client reads of learners in classes of its institutions and of regions below; an exam institution's of
    whoever has a seat in one of its sittings. Read a candidate who registered only now from the beginning (`person`).
    410 `cursor_gone` after a restore: start anew. Needs the scope `hours.read`.
    """
    cursor = _cursor(since)
    is_behind = number_changes(HoursChange)
    try:
        page = changes_since(request.auth.client, cursor, limit, person=person, training_class=training_class)
    except CursorGone:
        raise _gone() from None
    return shapes.Changes(
        changes=[_change(each) for each in page.changes],
        next=cursors.written(page.next),
        has_more=page.has_more or is_behind,
    )


@router.get(
    "/exchange/eligibility",
    response=answers(shapes.StandingsOut, 404, 410),
    auth=AccessToken(ELIGIBILITY),
    summary="Eligibility of a person, of a class, or since a cursor",
)
def exchange_eligibility(
    request: ReaderRequest,
    since: Annotated[
        str | None,
        Query(
            max_length=cursors.LENGTH_MAX,
            description="What changed since then: `next` of the page before; empty: from the beginning.",
        ),
    ] = None,
    person: Annotated[UUID | None, Query(description="This person; needs `sitting`, or `since`.")] = None,
    training_class: Annotated[UUID | None, Query(alias="class", description="Everybody in this class.")] = None,
    sitting: Annotated[
        UUID | None, Query(description="The sitting; for a class without it the soonest to come of its syllabus.")
    ] = None,
    after: Annotated[UUID | None, Query(description="For a class: `next_after` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=STANDINGS_MAX, description="For a class, or `since`.")] = STANDINGS_MAX,
) -> shapes.StandingsOut:
    """The verdict of the gate now, with everything that is missing. Nothing is booked upon it; registering judges anew.

    Either `person` and `sitting`, or `class`: who is not within this client's reach answers 404. Or `since`, alone or
    with `person` or `class`: whoever may stand differently before a sitting than then, because the gate kept a
    decision about them, their seat is gone, or a doubt about it was put or cleared. An exam institution also learns of
    seats that it lost. 410 `cursor_gone` after a restore: start anew. Needs the scope `eligibility.read`.
    """
    if since is not None and sitting is None and after is None:
        return _changed(request.auth.client, since, limit, person, training_class)
    at, client = moments.now(), request.auth.client
    try:
        if since is None and person is not None and sitting is not None and training_class is None:
            found = standing_for(client, person, sitting, at)
            return _page([found], sitting=found.sitting.uuid)
        if since is None and training_class is not None and person is None:
            page = class_standings(client, training_class, at, sitting=sitting, after=after, limit=limit)
            return _page(page.standings, sitting=page.sitting.uuid, next_after=page.next_after)
    except NothingThere:
        raise not_found() from None
    detail = _("Give either person and sitting, or class, or since without a sitting.")
    raise ApiProblem(422, "invalid", detail, errors=[{"field": "person", "message": detail}])


def _changed(
    client: ExchangeClient, since: str, limit: int, person: UUID | None, training_class: UUID | None
) -> shapes.StandingsOut:
    cursor, at = _cursor(since), moments.now()
    is_behind = number_changes(StandingChange)
    try:
        page = standings_since(client, cursor, at, limit, person=person, training_class=training_class)
    except CursorGone:
        raise _gone() from None
    return _page(page.standings, next=cursors.written(page.next), has_more=page.has_more or is_behind)


def _cursor(since: str) -> cursors.Cursor:
    try:
        return cursors.read(since)
    except cursors.BadCursor:
        detail = _("`since` must be empty or the `next` of an earlier answer.")
        raise ApiProblem(422, "invalid", detail, errors=[{"field": "since", "message": detail}]) from None


def _gone() -> ApiProblem:
    return ApiProblem(410, "cursor_gone", _("The feed was restored from a backup; read it anew."))


@router.get(
    "/exchange/attestations",
    response=answers(shapes.AttestationOut, 404, 503),
    auth=AccessToken(ATTESTATIONS),
    summary="A signed attestation of a person's eligibility",
)
def exchange_attestations(request: ReaderRequest, person: Person, sitting: Sitting) -> shapes.AttestationOut:
    """The verdict of the gate now as a JWS, valid for 24 hours and for this client alone; each is noted in the log.

    It can be verified offline with the keys at /.well-known/jwks.json. Hours can be voided after it was signed: ask for
    a fresh one at the door. 503 while nothing can be signed. Needs the scope `attestations.read`.
    """
    try:
        made = attest(by=request.auth.client, at=moments.now(), uuid=uuid4(), person=person, sitting=sitting)
    except NothingThere:
        raise not_found() from None
    except SigningUnavailable:
        raise signing_unavailable() from None
    return shapes.AttestationOut(attestation=made.jws, expires_at=made.expires_at)


def _change(change: Change) -> shapes.ChangeOut:
    entry = change.entry
    return shapes.ChangeOut(
        uuid=entry.uuid,
        posted_at=entry.posted_at,
        person=entry.learner.uuid,
        identity=change.identity,
        enrollment=entry.enrollment.uuid,
        training_class=entry.enrollment.training_class.uuid,
        module=entry.module.name,
        module_uuid=entry.module.uuid,
        kind=entry.kind,
        sort=entry.sort,
        delta_ms=entry.confirmed_delta_ms,
        confirmed_ms=entry.confirmed_after_ms,
        confirmed_hours=float(change.confirmed_hours),
    )


def _page(
    standings: Sequence[Standing],
    *,
    sitting: UUID | None = None,
    next_after: UUID | None = None,
    next: str | None = None,
    has_more: bool = False,
) -> shapes.StandingsOut:
    return shapes.StandingsOut(
        sitting=sitting, standings=[*_standings(standings)], next_after=next_after, next=next, has_more=has_more
    )


def _standings(standings: Sequence[Standing]) -> Iterator[shapes.StandingOut]:
    """Reasons of all are put into words together: the names of modules are read once."""
    worded = iter(reasons(unmet for each in standings for unmet in each.found.verdict.unmet))
    for each in standings:
        verdict, enrollment = each.found.verdict, each.found.enrollment
        yield shapes.StandingOut(
            sitting=each.sitting.uuid,
            person=each.person.uuid,
            identity=masked_identity(each.person),
            enrollment=enrollment.uuid if enrollment else None,
            eligible=verdict.eligible,
            requirements_met=each.requirements_met,
            registered=each.is_registered,
            seat=cast("shapes.Seat | None", each.seat),
            unmet=[RequirementOut(**facts_of(next(worded))) for _unmet in verdict.unmet],
            rule_version=verdict.rule_version,
            as_of=each.found.as_of,
        )
