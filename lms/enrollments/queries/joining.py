"""Reading invitations and requests to join. Learners see their own requests, staff those of its classes."""

import hashlib
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from lms.accounts.models import User
from lms.accounts.queries import Viewer
from lms.enrollments.models import (
    Enrollment,
    EnrollmentState,
    Invitation,
    JoinRequest,
    JoinState,
    TrainingClass,
)
from lms.enrollments.queries.classes import ClassNotFound, class_for
from lms.enrollments.queries.planning import local_day
from lms.enrollments.rules.classes import closed_to_newcomers
from lms.enrollments.rules.joining import Door, door_closed
from lms.institutions.queries import staffs


class InvitationNotFound(LookupError):
    """No open invitation has this code: wrong, revoked, expired and used up look alike."""


class RequestNotFound(LookupError):
    """There is no such request for this viewer: absent and hidden look alike."""


def own_class(viewer: Viewer, uuid: UUID) -> TrainingClass:
    """The class, for staff of its institution alone; ClassNotFound otherwise."""
    found = class_for(viewer, uuid)
    if not staffs(viewer, found.institution):
        raise ClassNotFound("no such class")
    return found


def code_hash(code: str) -> str:
    """A code is long and random, so that its plain hash tells nobody what it was."""
    return hashlib.sha256(b"xueshi invitation\0" + code.encode()).hexdigest()


def invitation_by_code(code: str, at: datetime) -> Invitation:
    """The open invitation into a class that takes people in; InvitationNotFound otherwise. The code is the viewer's
    right, so there is no viewer."""
    found = (
        Invitation.objects.filter(code_hash=code_hash(code))
        .select_related("training_class__institution", "training_class__syllabus_version__syllabus")
        .first()
    )
    if found is None or door_of(found, at) or not takes_requests(found.training_class, at):
        raise InvitationNotFound("no such invitation")
    return found


def door_of(invitation: Invitation, at: datetime) -> str:
    """Why the invitation is closed; "" while it is open."""
    is_revoked = invitation.revoked_at is not None
    return door_closed(Door(invitation.uses, invitation.uses_max, invitation.expires_at, is_revoked), at)


def takes_requests(training_class: TrainingClass, at: datetime) -> bool:
    """May somebody ask now? Also while the authority has the report before it: the answer can wait."""
    training = training_class.syllabus_version.syllabus.training
    closed = closed_to_newcomers(training_class.state, training_class.ends_on, local_day(at), training)
    return closed in ("", "class_reported")


def open_class(uuid: UUID, at: datetime) -> TrainingClass:
    """A class that anybody who is logged in may ask to join; ClassNotFound for every other."""
    found = (
        TrainingClass.objects.filter(uuid=uuid, is_open=True)
        .select_related("institution", "syllabus_version__syllabus")
        .first()
    )
    if found is None or not takes_requests(found, at):
        raise ClassNotFound("no such class")
    return found


def invitations_of(viewer: Viewer, training_class: TrainingClass) -> QuerySet[Invitation]:
    """Newest first, for staff of the institution."""
    own_class(viewer, training_class.uuid)
    return (
        Invitation.objects.filter(training_class=training_class).select_related("made_by").order_by("-made_at", "-pk")
    )


def invitation_for(viewer: Viewer, training_class: UUID, uuid: UUID) -> Invitation:
    found = (
        Invitation.objects.filter(uuid=uuid, training_class__uuid=training_class)
        .select_related("training_class__institution")
        .first()
    )
    if found is None or not staffs(viewer, found.training_class.institution):
        raise InvitationNotFound("no such invitation")
    return found


def requests_of(viewer: Viewer, training_class: TrainingClass) -> QuerySet[JoinRequest]:
    """Those that wait, longest first; for staff of the institution."""
    own_class(viewer, training_class.uuid)
    return (
        JoinRequest.objects.filter(training_class=training_class, state=JoinState.ASKED)
        .select_related("learner")
        .order_by("asked_at", "pk")
    )


def request_for(viewer: Viewer, training_class: UUID, uuid: UUID) -> JoinRequest:
    """One request, for staff of the class's institution; RequestNotFound otherwise."""
    found = (
        JoinRequest.objects.filter(uuid=uuid, training_class__uuid=training_class)
        .select_related("training_class__institution", "learner")
        .first()
    )
    if found is None or not staffs(viewer, found.training_class.institution):
        raise RequestNotFound("no such request")
    return found


def own_request(learner: Viewer, uuid: UUID) -> JoinRequest:
    """One's own request; RequestNotFound otherwise."""
    if isinstance(learner, User):
        found = (
            JoinRequest.objects.filter(uuid=uuid, learner=learner)
            .select_related("training_class__institution", "training_class__syllabus_version__syllabus")
            .first()
        )
        if found is not None:
            return found
    raise RequestNotFound("no such request")


def latest_request(learner: User, training_class: TrainingClass) -> JoinRequest | None:
    return (
        JoinRequest.objects.filter(learner=learner, training_class=training_class).order_by("-asked_at", "-pk").first()
    )


def is_in_class(learner: User, training_class: TrainingClass) -> bool:
    return Enrollment.objects.filter(
        learner=learner, training_class=training_class, state=EnrollmentState.ACTIVE
    ).exists()
