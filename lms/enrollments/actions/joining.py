"""Inviting people into a class, asking to join one, and answering who asked.

Nobody is enrolled without staff: an invitation and an open class only let somebody ask. A use of an invitation is
counted under its row's lock, and the database refuses one use too many.
"""

import secrets
from datetime import datetime
from uuid import UUID, uuid5

from django.db import IntegrityError, transaction
from django.db.models import F
from django.views.decorators.debug import sensitive_variables

from lms.accounts.actions import create_person, verify_identity
from lms.accounts.models import Role, User
from lms.accounts.queries import Viewer, has_role
from lms.audit.actions import record
from lms.enrollments.actions.enrolling import enroll
from lms.enrollments.actions.letters import tell_join_decided
from lms.enrollments.actions.refusals import EnrollmentRefused, UuidTaken, require_staff
from lms.enrollments.models import Invitation, JoinRequest, JoinState, TrainingClass
from lms.enrollments.queries.joining import code_hash, door_of, is_in_class, latest_request, takes_requests
from lms.enrollments.rules.joining import REASON_MAX, invitation_problems

CODE_BYTES = 16


class InvitationRefused(ValueError):
    """`codes`: uses, expires."""

    def __init__(self, codes: tuple[str, ...]) -> None:
        self.codes = codes
        super().__init__(", ".join(codes))


class JoinRefused(ValueError):
    """`code`: invitation_closed, class_closed, not_a_learner, in_class; or reason_missing, reason_too_long, decided."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@sensitive_variables("code")
def invite(
    *, by: User, at: datetime, uuid: UUID, training_class: TrainingClass, uses_max: int, expires_at: datetime
) -> tuple[Invitation, str | None]:
    """An invitation and its code, which is told this once; None when this uuid was made before.

    Raises NotStaff, InvitationRefused, EnrollmentRefused (the class takes nobody in), UuidTaken.
    """
    require_staff(by, training_class.institution)
    if problems := invitation_problems(uses_max, at, expires_at):
        raise InvitationRefused(tuple(problems))
    if not takes_requests(training_class, at):
        raise EnrollmentRefused("class_over")
    code = secrets.token_urlsafe(CODE_BYTES)
    fields = {
        "training_class": training_class,
        "code_hash": code_hash(code),
        "uses_max": uses_max,
        "expires_at": expires_at,
        "made_at": at,
        "made_by": by,
    }
    with transaction.atomic():
        made, is_new = Invitation.objects.get_or_create(uuid=uuid, defaults=fields)
        if made.training_class_id != training_class.pk:
            raise UuidTaken("this uuid belongs to an invitation into another class")
        if is_new:
            detail = {"class": str(training_class.uuid), "uses": uses_max}
            record(verb="invitation.made", subject=made, by=by, at=at, detail=detail)
    return made, code if is_new else None


def revoke_invitation(*, by: Viewer, at: datetime, invitation: Invitation) -> None:
    """Nobody comes in by it any more; who asked already is answered. Raises NotStaff."""
    require_staff(by, invitation.training_class.institution)
    with transaction.atomic():
        if Invitation.objects.filter(pk=invitation.pk, revoked_at__isnull=True).update(revoked_at=at):
            record(verb="invitation.revoked", subject=invitation, by=by, at=at)


def set_open(*, by: Viewer, at: datetime, training_class: TrainingClass, is_open: bool) -> None:
    """Whether learners may ask to join by the link of the class. Raises NotStaff."""
    require_staff(by, training_class.institution)
    with transaction.atomic():
        if TrainingClass.objects.filter(pk=training_class.pk, is_open=not is_open).update(is_open=is_open):
            record(verb="class.opened" if is_open else "class.closed", subject=training_class, by=by, at=at)


def ask_to_join(
    *, by: User, at: datetime, uuid: UUID, training_class: TrainingClass, invitation: Invitation | None = None
) -> JoinRequest:
    """The learner's one open request for this class; without an invitation the class must be open to everybody.

    Raises JoinRefused.
    """
    if not has_role(by, Role.LEARNER):
        raise JoinRefused("not_a_learner")
    with transaction.atomic():
        group = TrainingClass.objects.select_for_update(no_key=True).get(pk=training_class.pk)
        waiting = latest_request(by, group)
        if waiting is not None and (waiting.uuid == uuid or waiting.state == JoinState.ASKED):
            return waiting
        if is_in_class(by, group):
            raise JoinRefused("in_class")
        if not takes_requests(group, at) or (invitation is None and not group.is_open):
            raise JoinRefused("class_closed")
        if invitation is not None:
            _use(invitation, group, at)
        made = JoinRequest.objects.create(
            uuid=uuid, training_class=group, learner=by, invitation=invitation, asked_at=at
        )
        record(verb="join.asked", subject=made, by=by, at=at, detail={"class": str(group.uuid)})
    return made


@sensitive_variables()
def sign_up_and_ask(
    *,
    at: datetime,
    uuid: UUID,
    invitation: Invitation,
    real_name: str,
    identity_number: str,
    phone: str,
    email: str,
    password: str,
) -> tuple[User, JoinRequest]:
    """Register a learner who holds an open invitation, and ask for them: both or neither.

    The invitation is staff's leave to register; the system does it, and the audit tells by which. `uuid` is made with
    the form. Raises PersonRefused, JoinRefused.
    """
    # Not the form's uuid itself: that of somebody else would give that person, with a password to guess.
    uuid = uuid5(invitation.uuid, str(uuid))
    with transaction.atomic():
        person = create_person(
            by=None,
            at=at,
            uuid=uuid,
            email=email or None,
            phone=phone or None,
            real_name=real_name,
            identity_number=identity_number,
            password=password,
            roles=[Role.LEARNER],
            is_verified=False,
        )
        if not person.check_password(password):
            # The same form again, with another password.
            raise JoinRefused("invitation_closed")
        record(verb="person.invited", subject=person, by=None, at=at, detail={"invitation": str(invitation.uuid)})
        asked = ask_to_join(
            by=person, at=at, uuid=uuid, training_class=invitation.training_class, invitation=invitation
        )
    return person, asked


def approve_join(*, by: User, at: datetime, request: JoinRequest) -> JoinRequest:
    """Enroll who asked, after their card was held against what they wrote. Approving twice enrolls once.

    Raises NotStaff, JoinRefused (decided), EnrollmentRefused.
    """
    require_staff(by, request.training_class.institution)
    with transaction.atomic():
        locked = JoinRequest.objects.select_for_update(of=("self",), no_key=True).get(pk=request.pk)
        if locked.state == JoinState.APPROVED:
            return locked
        if locked.state != JoinState.ASKED:
            raise JoinRefused("decided")
        if locked.learner.identity_mac is not None:
            verify_identity(by=by, at=at, person=locked.learner)
        enroll(by=by, at=at, uuid=locked.uuid, learner=locked.learner, training_class=request.training_class)
        _decide(locked, JoinState.APPROVED, by, at, "")
    return locked


def refuse_join(*, by: User, at: datetime, request: JoinRequest, reason: str) -> JoinRequest:
    """Say no, with a reason that the learner reads. Raises NotStaff, JoinRefused."""
    require_staff(by, request.training_class.institution)
    if not reason.strip():
        raise JoinRefused("reason_missing")
    if len(reason.strip()) > REASON_MAX:
        raise JoinRefused("reason_too_long")
    with transaction.atomic():
        locked = JoinRequest.objects.select_for_update(of=("self",), no_key=True).get(pk=request.pk)
        if locked.state == JoinState.REFUSED:
            return locked
        if locked.state != JoinState.ASKED:
            raise JoinRefused("decided")
        _decide(locked, JoinState.REFUSED, by, at, reason.strip())
    return locked


def _use(invitation: Invitation, group: TrainingClass, at: datetime) -> None:
    locked = Invitation.objects.select_for_update(no_key=True).get(pk=invitation.pk)
    if locked.training_class_id != group.pk or door_of(locked, at):
        raise JoinRefused("invitation_closed")
    try:
        with transaction.atomic():
            Invitation.objects.filter(pk=locked.pk).update(uses=F("uses") + 1)
    except IntegrityError:
        raise JoinRefused("invitation_closed") from None


def _decide(request: JoinRequest, state: JoinState, by: User, at: datetime, reason: str) -> None:
    request.state, request.decided_by, request.decided_at, request.reason = state, by, at, reason
    request.save(update_fields=["state", "decided_by", "decided_at", "reason"])
    detail = {"class": str(request.training_class.uuid)}
    record(verb=f"join.{state.value}", subject=request, by=by, at=at, detail=detail)
    tell_join_decided(at=at, request=request)
