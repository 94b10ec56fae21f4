"""Exams: which there are, whether the learner may register and what is missing; seats and waiting places.

The reasons of the gate are the same list everywhere: here, in the refusal, and on the page.
"""

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Body, Router, Status

from lms.accounts.models import User
from lms.api import exam_shapes as shapes
from lms.api import moments
from lms.api.authentication import PersonRequest
from lms.api.problems import ApiProblem, not_found, signing_unavailable
from lms.api.responses import answers, links
from lms.exams.actions import (
    GateFailed,
    NotCancellable,
    NotChangeable,
    NotOwnRegistration,
    NotWaiting,
    RegistrationRefused,
    SigningUnavailable,
    UuidTaken,
    cancel_registration,
    change_registration,
    join_waiting,
    leave_waiting,
    register,
)
from lms.exams.models import PlaceState, Registration, Room, WaitingPlace
from lms.exams.queries import (
    ListedSitting,
    NoTicket,
    PlaceNotFound,
    RegistrationNotFound,
    SittingNotFound,
    ahead_of,
    eligibility,
    place_for,
    places_to_come,
    printed_ticket,
    reasons,
    registration_for,
    registrations_of,
    sitting_for,
    sittings_for,
    ticketed_seat,
)
from lms.exams.rules.eligibility import Unmet, Verdict
from lms.printing import FontMissing

router = Router(tags=["exams"])
log = logging.getLogger(__name__)

REGISTERING: dict[Any, Any] = {**answers(shapes.RegistrationOut, 404, 503, status=201), 409: shapes.NotEligible}
WAITING: dict[Any, Any] = {**answers(shapes.PlaceOut, 404, 503, status=201), 409: shapes.NotEligible}
CANCELLING = answers(None, 404, 409, status=204)


@router.get(
    "/sittings",
    response=answers(shapes.Sittings),
    summary="Exams to come",
    openapi_extra=links(
        200,
        may_i_register=("lms_api_views_sittings_sitting_eligibility", "sitting", "/sittings/0/uuid"),
        register=("lms_api_views_sittings_create_registration", "sitting", "/sittings/0/uuid"),
    ),
)
def sittings(request: PersonRequest) -> shapes.Sittings:
    return shapes.Sittings(sittings=[_sitting(each) for each in sittings_for(request.auth, moments.now())])


@router.get("/sittings/{sitting}/eligibility", response=answers(shapes.EligibilityOut, 404), summary="May I register?")
def sitting_eligibility(request: PersonRequest, sitting: UUID) -> shapes.EligibilityOut:
    """Whether a registration would be accepted now, and everything that is missing. Writes nothing."""
    at = moments.now()
    found = eligibility(request.auth, _listed(request.auth, sitting, at).sitting, at)
    return shapes.EligibilityOut(
        eligible=found.eligible,
        unmet=_unmet(found.verdict.unmet),
        rule_version=found.verdict.rule_version,
        as_of=found.as_of,
    )


@router.post(
    "/sittings/{sitting}/registrations",
    response=REGISTERING,
    summary="Register for an exam",
    openapi_extra=links(201, give_back=("lms_api_views_sittings_delete_registration", "registration", "/uuid")),
)
def create_registration(
    request: PersonRequest, sitting: UUID, wanted: Annotated[shapes.NewRegistration | None, Body()] = None
) -> Status[Any]:
    """Books the lowest free seat, or refuses with 409 and `unmet`, the list of eligibility; refusals are kept.

    The same `uuid` again answers with the same registration, whatever became of it. 503 while no decision can be
    signed: nothing was decided; try again later, with the same `uuid`.
    """
    at = moments.now()
    place = _listed(request.auth, sitting, at).sitting
    uuid = (wanted.uuid if wanted else None) or uuid4()
    try:
        return Status(201, _registration(register(by=request.auth, at=at, uuid=uuid, sitting=place)))
    except UuidTaken:
        raise _uuid_taken() from None
    except RegistrationRefused as refused:
        raise _refused(refused) from None
    except GateFailed as failure:
        raise _gate_failed(failure) from None


@router.delete(
    "/registrations/{registration}", response=answers(None, 404, 409, status=204), summary="Give a seat back"
)
def delete_registration(request: PersonRequest, registration: UUID) -> Status[None]:
    """Frees the seat; again changes nothing and answers the same. 409 once the exam has begun."""
    try:
        cancel_registration(by=request.auth, at=moments.now(), registration=_own(request.auth, registration))
    except NotCancellable:
        raise ApiProblem(409, "exam_begun", _("The exam has begun; the registration stays.")) from None
    return Status(204, None)


@router.post("/registrations/{registration}/change", response=REGISTERING, summary="Change a seat for another sitting")
def change(request: PersonRequest, registration: UUID, wanted: shapes.Change) -> Status[Any]:
    """Gives the seat up for one in another sitting of the same syllabus: both or neither.

    409 `not_eligible` with `unmet`, or `not_changeable`; the old seat stays then. The same `uuid` again answers with
    the same registration.
    """
    at = moments.now()
    old = _own(request.auth, registration)
    place = _listed(request.auth, wanted.sitting, at).sitting
    uuid = wanted.uuid or uuid4()
    try:
        new = change_registration(by=request.auth, at=at, uuid=uuid, registration=old, sitting=place)
    except NotOwnRegistration:
        raise not_found() from None
    except NotChangeable:
        detail = _("A seat that is booked is changed for another sitting of the same syllabus, before the exam begins.")
        raise ApiProblem(409, "not_changeable", detail) from None
    except UuidTaken:
        raise _uuid_taken() from None
    except RegistrationRefused as refused:
        raise _refused(refused) from None
    except GateFailed as failure:
        raise _gate_failed(failure) from None
    return Status(201, _registration(new))


@router.get(
    "/registrations/{registration}/ticket",
    response=answers(None, 404, 409, 503),
    summary="Admission ticket",
    openapi_extra={
        "responses": {200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}}
    },
)
def ticket(request: PersonRequest, registration: UUID) -> HttpResponse:
    """The ticket as PDF, for the holder alone. 409 `not_booked`, or `in_doubt` while the seat is looked at again."""
    try:
        printed = printed_ticket(ticketed_seat(request.auth, registration))
    except RegistrationNotFound:
        raise not_found() from None
    except NoTicket as refused:
        raise ApiProblem(
            409, refused.code, _("There is a ticket only for a booked seat that is not in doubt.")
        ) from None
    except FontMissing as missing:
        log.error("no ticket can be printed: %s", missing)
        raise ApiProblem(503, "not_printable") from None
    return HttpResponse(printed, content_type="application/pdf")


@router.post("/sittings/{sitting}/waiting", response=WAITING, summary="Wait for a seat")
def create_place(
    request: PersonRequest, sitting: UUID, wanted: Annotated[shapes.NewPlace | None, Body()] = None
) -> Status[Any]:
    """A place on the list of a full sitting, first come first served: a seat that comes free is booked by itself.

    409 `seat_free` when there is nothing to wait for, and `not_eligible` with `unmet` when something else is missing.
    Whoever waits already is given their place.
    """
    at = moments.now()
    place = _listed(request.auth, sitting, at).sitting
    uuid = (wanted.uuid if wanted else None) or uuid4()
    try:
        made = join_waiting(by=request.auth, at=at, uuid=uuid, sitting=place)
    except UuidTaken:
        raise _uuid_taken() from None
    except NotWaiting as refused:
        if refused.made.eligible:
            raise ApiProblem(409, "seat_free", _("A seat is free; register for it.")) from None
        raise _not_eligible(refused.made.verdict, refused.made.as_of) from None
    except GateFailed as failure:
        raise _gate_failed(failure) from None
    return Status(201, _place(made, ahead_of(made) if made.state == PlaceState.WAITING else None))


@router.delete("/waiting/{place}", response=answers(None, 404, 409, status=204), summary="Wait no longer")
def delete_place(request: PersonRequest, place: UUID) -> Status[None]:
    """Leaves the list; again changes nothing and answers the same. 409 `seated` when a seat was given meanwhile."""
    try:
        left = leave_waiting(by=request.auth, at=moments.now(), place=place_for(request.auth, place))
    except PlaceNotFound:
        raise not_found() from None
    if left.state == PlaceState.SEATED:
        raise ApiProblem(409, "seated", _("A seat was given to you meanwhile; give that back instead."))
    return Status(204, None)


@router.get("/me/waiting", response=answers(shapes.Places), summary="Where I wait for a seat")
def my_waiting(request: PersonRequest) -> shapes.Places:
    return shapes.Places(places=[_place(*each) for each in places_to_come(request.auth, moments.now())])


@router.get("/me/registrations", response=answers(shapes.Registrations), summary="My seats")
def my_registrations(request: PersonRequest) -> shapes.Registrations:
    return shapes.Registrations(registrations=[_registration(each) for each in registrations_of(request.auth)])


def _listed(person: User, uuid: UUID, at: datetime) -> ListedSitting:
    try:
        return sitting_for(person, uuid, at)
    except SittingNotFound:
        raise not_found() from None


def _own(person: User, uuid: UUID) -> Registration:
    try:
        return registration_for(person, uuid)
    except RegistrationNotFound:
        raise not_found() from None


def _uuid_taken() -> ApiProblem:
    return ApiProblem(409, "uuid_taken", _("This uuid was used for something else; make a new one."))


def _gate_failed(failure: GateFailed) -> ApiProblem:
    if isinstance(failure, SigningUnavailable):
        return signing_unavailable()
    detail = _("It could not be decided. Nothing was decided against you and nothing was changed; try again soon.")
    return ApiProblem(503, "gate_unavailable", detail)


def _refused(refused: RegistrationRefused) -> ApiProblem:
    """By the decision that was kept, not one judged anew."""
    kept = refused.decision
    return _not_eligible(Verdict(False, refused.unmet, kept.rule_version), kept.made_at)


def _not_eligible(verdict: Verdict, as_of: datetime) -> ApiProblem:
    return ApiProblem(
        409,
        "not_eligible",
        _("Something that this exam requires is missing; unmet lists all of it."),
        unmet=[each.model_dump() for each in _unmet(verdict.unmet)],
        rule_version=verdict.rule_version,
        as_of=as_of,
    )


def _room(room: Room) -> shapes.RoomOut:
    return shapes.RoomOut(uuid=room.uuid, name=room.name)


def _sitting(listed: ListedSitting) -> shapes.SittingOut:
    sitting = listed.sitting
    return shapes.SittingOut(
        uuid=sitting.uuid,
        title=sitting.title,
        syllabus=shapes.SyllabusName(code=sitting.syllabus.code, name=sitting.syllabus.name),
        site=shapes.SiteOut(uuid=sitting.site.uuid, name=sitting.site.name, address=sitting.site.address),
        room=_room(sitting.room),
        starts_at=sitting.starts_at,
        minutes=sitting.minutes,
        opens_at=sitting.opens_at,
        closes_at=sitting.closes_at,
        capacity=sitting.capacity,
        left=listed.left,
        waiting=listed.waiting,
        state=listed.state,
        registration=listed.registration.uuid if listed.registration else None,
        place=listed.place.uuid if listed.place else None,
    )


def _unmet(unmet: Iterable[Unmet]) -> list[shapes.UnmetOut]:
    return [
        shapes.UnmetOut(
            **shapes.facts_of(reason),
            next=shapes.NextStep(**reason["next"]) if reason["next"] else None,
        )
        for reason in reasons(unmet)
    ]


def _registration(registration: Registration) -> shapes.RegistrationOut:
    return shapes.RegistrationOut(
        uuid=registration.uuid,
        sitting=registration.sitting.uuid,
        title=registration.sitting.title,
        starts_at=registration.sitting.starts_at,
        room=_room(registration.sitting.room),
        seat=registration.seat,
        state=registration.state,
        booked_at=registration.booked_at,
        cancelled_at=registration.cancelled_at,
        withdrawn_at=registration.withdrawn_at,
        instead_of=registration.instead_of.uuid if registration.instead_of else None,
    )


def _place(place: WaitingPlace, ahead: int | None) -> shapes.PlaceOut:
    return shapes.PlaceOut(
        uuid=place.uuid,
        sitting=place.sitting.uuid,
        title=place.sitting.title,
        starts_at=place.sitting.starts_at,
        state=place.state,
        ahead=ahead,
        joined_at=place.joined_at,
        ended_at=place.ended_at,
    )
