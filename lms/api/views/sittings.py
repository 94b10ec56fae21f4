"""Exams: which there are, whether the learner may register and what is missing, registering and cancelling.

The reasons of the gate are the same list everywhere: here, in the refusal, and on the page.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

from django.utils.translation import gettext as _
from ninja import Body, Router, Status

from lms.accounts.models import User
from lms.api import exam_shapes as shapes
from lms.api import moments
from lms.api.authentication import PersonRequest
from lms.api.problems import ApiProblem, not_found, signing_unavailable
from lms.api.responses import answers, links
from lms.exams.actions import (
    NotCancellable,
    RegistrationRefused,
    SigningUnavailable,
    UuidTaken,
    cancel_registration,
    register,
)
from lms.exams.models import Registration
from lms.exams.queries import (
    ListedSitting,
    RegistrationNotFound,
    SittingNotFound,
    eligibility,
    reasons,
    registration_for,
    registrations_of,
    sitting_for,
    sittings_for,
)
from lms.exams.rules.eligibility import Unmet

router = Router(tags=["exams"])

REGISTERING: dict[Any, Any] = {**answers(shapes.RegistrationOut, 404, 503, status=201), 409: shapes.NotEligible}
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
        raise ApiProblem(409, "uuid_taken", _("This uuid was used for something else; make a new one.")) from None
    except RegistrationRefused as refused:
        raise ApiProblem(
            409,
            "not_eligible",
            _("Something that this exam requires is missing; unmet lists all of it."),
            unmet=[each.model_dump() for each in _unmet(refused.unmet)],
            rule_version=refused.decision.rule_version,
            as_of=refused.decision.made_at,
        ) from None
    except SigningUnavailable:
        raise signing_unavailable() from None


@router.delete(
    "/registrations/{registration}", response=answers(None, 404, 409, status=204), summary="Give a seat back"
)
def delete_registration(request: PersonRequest, registration: UUID) -> Status[None]:
    """Frees the seat; again changes nothing and answers the same. 409 once the exam has begun."""
    try:
        found = registration_for(request.auth, registration)
        cancel_registration(by=request.auth, at=moments.now(), registration=found)
    except RegistrationNotFound:
        raise not_found() from None
    except NotCancellable:
        raise ApiProblem(409, "exam_begun", _("The exam has begun; the registration stays.")) from None
    return Status(204, None)


@router.get("/me/registrations", response=answers(shapes.Registrations), summary="My seats")
def my_registrations(request: PersonRequest) -> shapes.Registrations:
    return shapes.Registrations(registrations=[_registration(each) for each in registrations_of(request.auth)])


def _listed(person: User, uuid: UUID, at: datetime) -> ListedSitting:
    try:
        return sitting_for(person, uuid, at)
    except SittingNotFound:
        raise not_found() from None


def _sitting(listed: ListedSitting) -> shapes.SittingOut:
    sitting = listed.sitting
    return shapes.SittingOut(
        uuid=sitting.uuid,
        title=sitting.title,
        syllabus=shapes.SyllabusName(code=sitting.syllabus.code, name=sitting.syllabus.name),
        site=shapes.SiteOut(uuid=sitting.site.uuid, name=sitting.site.name, address=sitting.site.address),
        starts_at=sitting.starts_at,
        minutes=sitting.minutes,
        opens_at=sitting.opens_at,
        closes_at=sitting.closes_at,
        capacity=sitting.capacity,
        left=listed.left,
        state=listed.state,
        registration=listed.registration.uuid if listed.registration else None,
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
        seat=registration.seat,
        state=registration.state,
        booked_at=registration.booked_at,
        cancelled_at=registration.cancelled_at,
        withdrawn_at=registration.withdrawn_at,
    )
