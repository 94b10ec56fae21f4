"""Putting learners into a class and taking them out. Hours already earned stay with the enrollment either way."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from lms.accounts.actions import PersonRefused, create_person
from lms.accounts.models import Role, User
from lms.accounts.queries import Viewer, has_role
from lms.audit.actions import record
from lms.enrollments.actions.letters import tell_enrolled
from lms.enrollments.actions.refusals import EnrollmentRefused, UuidTaken, require_staff
from lms.enrollments.models import ClassState, Enrollment, EnrollmentState, TrainingClass
from lms.enrollments.queries.planning import local_day
from lms.enrollments.queries.rosters import findings
from lms.enrollments.rules.classes import CONTINUING, closed_to_newcomers
from lms.enrollments.rules.roster import EMAIL, IDENTITY, NAME, PHONE, RosterRow, RowProblem, read_person
from lms.enrollments.signals import enrollment_withdrawn


def enroll(*, by: Viewer, at: datetime, uuid: UUID, learner: User, training_class: TrainingClass) -> Enrollment:
    """The learner's one enrollment in this class: new, already there, or taken up again after a withdrawal.

    A repeated request (the same uuid) changes nothing, also not after a withdrawal. Raises NotStaff,
    EnrollmentRefused (not_a_learner, class_reported, class_ended, class_over, class_of_teachers), UuidTaken.
    """
    require_staff(by, training_class.institution)
    if not has_role(learner, Role.LEARNER):
        raise EnrollmentRefused("not_a_learner")
    with transaction.atomic():
        locked = _held(training_class)
        repeated = Enrollment.objects.filter(uuid=uuid).first()
        if repeated is not None:
            if (repeated.learner_id, repeated.training_class_id) != (learner.pk, locked.pk):
                raise UuidTaken("this uuid belongs to another enrollment")
            return repeated
        training = locked.syllabus_version.syllabus.training
        if closed := closed_to_newcomers(locked.state, locked.ends_on, local_day(at), training):
            raise EnrollmentRefused(closed)
        enrollment, is_new = Enrollment.objects.get_or_create(
            learner=learner, training_class=locked, defaults={"uuid": uuid, "enrolled_at": at}
        )
        if is_new:
            record(verb="enrollment.created", subject=enrollment, by=by, at=at, detail={"class": str(locked.uuid)})
        elif enrollment.state == EnrollmentState.WITHDRAWN:
            _write_state(enrollment, EnrollmentState.ACTIVE, by, at)
    return enrollment


def _held(training_class: TrainingClass) -> TrainingClass:
    """The class, locked against others who add people to it, with its syllabus."""
    classes = TrainingClass.objects.select_for_update(of=("self",), no_key=True)
    return classes.select_related("syllabus_version__syllabus").get(pk=training_class.pk)


def take_part(*, by: User, at: datetime, uuid: UUID, training_class: TrainingClass) -> Enrollment:
    """A teacher's own enrollment in a class of continuing education: new, already there, or taken up again.

    Also after the year: what was missed is made up under it. Raises EnrollmentRefused (not_a_teacher, not_continuing,
    class_ended: it was never accepted or is ended), UuidTaken.
    """
    if not has_role(by, Role.TEACHER):
        raise EnrollmentRefused("not_a_teacher")
    # Who takes part already waits for nobody: on the last day of a year a whole province claims.
    own = Enrollment.objects.filter(learner=by, training_class=training_class, state=EnrollmentState.ACTIVE)
    standing = own.filter(training_class__state=ClassState.ACCEPTED).first()
    if standing is not None:
        return standing
    with transaction.atomic():
        locked = _held(training_class)
        if locked.syllabus_version.syllabus.training != CONTINUING:
            raise EnrollmentRefused("not_continuing")
        if locked.state != ClassState.ACCEPTED:
            raise EnrollmentRefused("class_ended")
        known = Enrollment.objects.filter(uuid=uuid).first()
        if known is not None and (known.learner_id, known.training_class_id) != (by.pk, locked.pk):
            raise UuidTaken("this uuid belongs to another enrollment")
        enrollment, is_new = Enrollment.objects.get_or_create(
            learner=by, training_class=locked, defaults={"uuid": uuid, "enrolled_at": at}
        )
        if is_new:
            record(verb="enrollment.created", subject=enrollment, by=by, at=at, detail={"class": str(locked.uuid)})
        elif enrollment.state == EnrollmentState.WITHDRAWN:
            _write_state(enrollment, EnrollmentState.ACTIVE, by, at)
    return enrollment


class ParticipantRefused(ValueError):
    """What was typed is nobody's, or somebody else's; `problems` name every field. Never the number itself."""

    def __init__(self, problems: Iterable[RowProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__(", ".join(f"{each.column}: {each.code}" for each in self.problems))


@sensitive_variables()
def add_participant(
    *,
    by: User,
    at: datetime,
    uuid: UUID,
    training_class: TrainingClass,
    name: str,
    identity_number: str,
    phone: str = "",
    email: str = "",
) -> Enrollment:
    """Find the person with this identity number, or register one, and enroll them under `uuid`.

    Whoever is registered keeps what is registered of them, and must have this name. Raises NotStaff,
    ParticipantRefused (every problem), EnrollmentRefused.
    """
    require_staff(by, training_class.institution)
    repeated = Enrollment.objects.filter(uuid=uuid, training_class=training_class).first()
    if repeated is not None:
        return repeated
    said = {NAME: name.strip(), IDENTITY: identity_number.strip(), PHONE: phone.strip(), EMAIL: email.strip()}
    row = read_person(1, said, today=local_day(at))
    if not isinstance(row, RosterRow):
        raise ParticipantRefused(row)
    found = findings(by, training_class, [row])
    if found.problems:
        raise ParticipantRefused(found.problems)
    with transaction.atomic():
        learner = found.known.get(row.row)
        if learner is None:
            learner = _register(by, at, row)
        enrollment = enroll(by=by, at=at, uuid=uuid, learner=learner, training_class=training_class)
        tell_enrolled(at=at, people=[learner], training_class=training_class)
        return enrollment


@sensitive_variables()
def _register(by: User, at: datetime, row: RosterRow) -> User:
    try:
        return create_person(
            by=by,
            at=at,
            email=row.email,
            phone=row.phone,
            real_name=row.name,
            identity_number=row.number.reveal(),
            roles=[Role.LEARNER],
        )
    except PersonRefused as refused:
        raise ParticipantRefused(
            RowProblem(
                row.row, {"identity_number": IDENTITY, "real_name": NAME}.get(each.field, each.field), each.code, ""
            )
            for each in refused.reasons
        ) from None


def withdraw_enrollment(*, by: Viewer, at: datetime, enrollment: Enrollment) -> Enrollment:
    """Nothing is studied under it any more, and the gate does not see it. Raises NotStaff, EnrollmentRefused.

    A teacher's year belongs to the teacher: the institution that hosts it ends it for nobody (class_of_teachers).
    """
    require_staff(by, enrollment.training_class.institution)
    if enrollment.training_class.syllabus_version.syllabus.training == CONTINUING:
        raise EnrollmentRefused("class_of_teachers")
    with transaction.atomic():
        locked = Enrollment.objects.select_for_update(no_key=True).get(pk=enrollment.pk)
        if locked.state == EnrollmentState.ACTIVE:
            _write_state(locked, EnrollmentState.WITHDRAWN, by, at)
            enrollment_withdrawn.send(sender=Enrollment, enrollment=locked, at=at)
    return locked


def _write_state(enrollment: Enrollment, state: EnrollmentState, by: Viewer, at: datetime) -> None:
    enrollment.state = state
    enrollment.save(update_fields=["state"])
    record(verb=f"enrollment.{state.value}", subject=enrollment, by=by, at=at)
