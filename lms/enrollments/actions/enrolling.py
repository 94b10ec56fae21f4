"""Putting learners into a class and taking them out. Hours already earned stay with the enrollment either way."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from lms.accounts.models import Role, User
from lms.accounts.queries import Viewer, has_role
from lms.audit.actions import record
from lms.enrollments.actions.refusals import EnrollmentRefused, UuidTaken, require_staff
from lms.enrollments.models import ClassState, Enrollment, EnrollmentState, TrainingClass
from lms.enrollments.signals import enrollment_withdrawn


def enroll(*, by: Viewer, at: datetime, uuid: UUID, learner: User, training_class: TrainingClass) -> Enrollment:
    """The learner's one enrollment in this class: new, already there, or taken up again after a withdrawal.

    A repeated request (the same uuid) changes nothing, also not after a withdrawal. Raises NotStaff,
    EnrollmentRefused (not_a_learner, class_ended), UuidTaken.
    """
    require_staff(by, training_class.institution)
    if not has_role(learner, Role.LEARNER):
        raise EnrollmentRefused("not_a_learner")
    with transaction.atomic():
        locked = TrainingClass.objects.select_for_update(no_key=True).get(pk=training_class.pk)
        repeated = Enrollment.objects.filter(uuid=uuid).first()
        if repeated is not None:
            if (repeated.learner_id, repeated.training_class_id) != (learner.pk, locked.pk):
                raise UuidTaken("this uuid belongs to another enrollment")
            return repeated
        if locked.state == ClassState.ENDED:
            raise EnrollmentRefused("class_ended")
        enrollment, is_new = Enrollment.objects.get_or_create(
            learner=learner, training_class=locked, defaults={"uuid": uuid, "enrolled_at": at}
        )
        if is_new:
            record(verb="enrollment.created", subject=enrollment, by=by, at=at, detail={"class": str(locked.uuid)})
        elif enrollment.state == EnrollmentState.WITHDRAWN:
            _write_state(enrollment, EnrollmentState.ACTIVE, by, at)
    return enrollment


def withdraw_enrollment(*, by: Viewer, at: datetime, enrollment: Enrollment) -> Enrollment:
    """Nothing is studied under it any more, and the gate does not see it. Raises NotStaff."""
    require_staff(by, enrollment.training_class.institution)
    with transaction.atomic():
        locked = Enrollment.objects.select_for_update(no_key=True).get(pk=enrollment.pk)
        if locked.state == EnrollmentState.ACTIVE:
            _write_state(locked, EnrollmentState.WITHDRAWN, by, at)
            transaction.on_commit(lambda: enrollment_withdrawn.send(sender=Enrollment, enrollment=locked), robust=True)
    return locked


def _write_state(enrollment: Enrollment, state: EnrollmentState, by: Viewer, at: datetime) -> None:
    enrollment.state = state
    enrollment.save(update_fields=["state"])
    record(verb=f"enrollment.{state.value}", subject=enrollment, by=by, at=at)
