"""For exam systems: programs with an access token read hours and eligibility of whom their body may see.

Whom that is, is decided below (lms.exchange.queries.reach); who is not among them answers 404, like nobody.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated
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
from lms.exchange.queries.changes import Change, CursorGone, changes_since
from lms.exchange.queries.reach import NothingThere
from lms.exchange.queries.standings import Standing, class_standings, standing_for
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
    try:
        cursor = cursors.read(since)
    except cursors.BadCursor:
        detail = _("`since` must be empty or the `next` of an earlier answer.")
        raise ApiProblem(422, "invalid", detail, errors=[{"field": "since", "message": detail}]) from None
    is_behind = number_changes()
    try:
        page = changes_since(request.auth.client, cursor, limit, person=person, training_class=training_class)
    except CursorGone:
        raise ApiProblem(410, "cursor_gone", _("The feed was restored from a backup; read it anew.")) from None
    return shapes.Changes(
        changes=[_change(each) for each in page.changes],
        next=cursors.written(page.next),
        has_more=page.has_more or is_behind,
    )


@router.get(
    "/exchange/eligibility",
    response=answers(shapes.StandingsOut, 404),
    auth=AccessToken(ELIGIBILITY),
    summary="Eligibility of a person, or of a class",
)
def exchange_eligibility(
    request: ReaderRequest,
    person: Annotated[UUID | None, Query(description="This person; needs `sitting`.")] = None,
    training_class: Annotated[UUID | None, Query(alias="class", description="Everybody in this class.")] = None,
    sitting: Annotated[
        UUID | None, Query(description="The sitting; for a class without it the soonest to come of its syllabus.")
    ] = None,
    after: Annotated[UUID | None, Query(description="For a class: `next_after` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=STANDINGS_MAX, description="For a class.")] = STANDINGS_MAX,
) -> shapes.StandingsOut:
    """The verdict of the gate now, with everything that is missing. Nothing is booked upon it; registering judges anew.

    Either `person` and `sitting`, or `class`. Who is not within this client's reach answers 404. Needs the scope
    `eligibility.read`.
    """
    at, client = moments.now(), request.auth.client
    try:
        if person is not None and sitting is not None and training_class is None:
            found = standing_for(client, person, sitting, at)
            return shapes.StandingsOut(sitting=found.sitting.uuid, standings=[*_standings([found])], next_after=None)
        if training_class is not None and person is None:
            page = class_standings(client, training_class, at, sitting=sitting, after=after, limit=limit)
            return shapes.StandingsOut(
                sitting=page.sitting.uuid, standings=[*_standings(page.standings)], next_after=page.next_after
            )
    except NothingThere:
        raise not_found() from None
    detail = _("Give either person and sitting, or class.")
    raise ApiProblem(422, "invalid", detail, errors=[{"field": "person", "message": detail}])


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


def _standings(standings: Sequence[Standing]) -> Iterator[shapes.StandingOut]:
    """Reasons of all are put into words together: the names of modules are read once."""
    worded = iter(reasons(unmet for each in standings for unmet in each.found.verdict.unmet))
    for each in standings:
        verdict, enrollment = each.found.verdict, each.found.enrollment
        yield shapes.StandingOut(
            person=each.person.uuid,
            identity=masked_identity(each.person),
            enrollment=enrollment.uuid if enrollment else None,
            eligible=verdict.eligible,
            requirements_met=each.requirements_met,
            registered=each.is_registered,
            unmet=[RequirementOut(**facts_of(next(worded))) for _unmet in verdict.unmet],
            rule_version=verdict.rule_version,
            as_of=each.found.as_of,
        )
