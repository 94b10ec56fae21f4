"""Collects what a verdict is made from: one `Facts` for each enrollment of the learner that could open the gate.

Hours come from the latest ledger entries (I9), never from totals. What cannot be found is left None, and the rule
refuses it. Call it under the locks of `actions.registering` when something is booked upon it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from django.db.models import Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from lms.accounts.models import User
from lms.enrollments.models import Enrollment, EnrollmentState, Kind, Module, Syllabus, TrainingClass
from lms.exams.models import PlaceState, Registration, RegistrationState, Sitting, WaitingPlace
from lms.exams.queries.requirements import enacted_for, held_on
from lms.exams.rules.eligibility import REFRESHER
from lms.exams.rules.facts import Facts, KindFacts, ModuleFacts
from lms.exams.rules.requirements import Enacted, in_force
from lms.hours.queries.balances import confirmed_hours
from lms.institutions.models import Institution
from lms.institutions.queries import certified_among

# Enrollments judged for one sitting, newest first. A learner takes a syllabus once, at times again after years.
ENROLLMENTS_MAX = 5
MAX_PK = 2**63 - 1
LONGEST_EXAM = timedelta(days=1)
"""More than any sitting lasts."""


@dataclass(frozen=True, slots=True)
class Candidate:
    enrollment: Enrollment | None
    facts: Facts


def candidates(
    learner: User, sitting: Sitting, at: datetime, instead_of: Registration | None = None
) -> list[Candidate]:
    """At least one: a learner without an enrollment in a class of the sitting's syllabus is one with none.

    `instead_of` is a seat that would be given up, and is not held against the learner.
    """
    frame = _frame(learner, sitting, at, instead_of)
    enacted = enacted_for(sitting.syllabus)
    enrollments = (
        Enrollment.objects.filter(
            learner=learner,
            state=EnrollmentState.ACTIVE,
            training_class__syllabus_version__syllabus_id=sitting.syllabus_id,
        )
        .select_related("training_class__institution__region", "training_class__syllabus_version")
        .prefetch_related("training_class__syllabus_version__modules__requirements", "training_class__teachers")
        .order_by("-enrolled_at", "-pk")[:ENROLLMENTS_MAX]
    )
    found = [Candidate(each, _with_training(frame, each, sitting, enacted)) for each in enrollments]
    return found or [Candidate(None, replace(frame, enrolled=False))]


def _frame(learner: User, sitting: Sitting, at: datetime, instead_of: Registration | None) -> Facts:
    booked = Registration.objects.filter(sitting=sitting, state=RegistrationState.BOOKED)
    held = [each.sitting for each in _held(learner, at) if instead_of is None or each.pk != instead_of.pk]
    elsewhere = [each for each in held if each.pk != sitting.pk]
    begins, ends = sitting.starts_at, _end_of(sitting)
    return Facts(
        at=at,
        opens_at=sitting.opens_at,
        closes_at=sitting.closes_at,
        capacity=sitting.capacity,
        booked=booked.count() + _waiting_before(learner, sitting),
        person_suspended=not learner.is_active,
        identity_present=learner.identity_mac is not None and bool(learner.real_name.strip()),
        identity_verified=learner.identity_verified_at is not None,
        already_registered=len(held) > len(elsewhere),
        sitting_state=sitting.state,
        registered_elsewhere=any(each.syllabus_id == sitting.syllabus_id for each in elsewhere),
        another_exam_then=any(each.starts_at < ends and begins < _end_of(each) for each in elsewhere),
    )


def _held(learner: User, at: datetime) -> list[Registration]:
    """The learner's seats in exams that are not over, by what their sittings say.

    What PostgreSQL writes beside a seat for its own constraints is not read: no layer of the gate rests on the other.
    """
    own = Registration.objects.filter(learner=learner, state=RegistrationState.BOOKED).select_related("sitting")
    return [each for each in own.filter(sitting__starts_at__gt=at - LONGEST_EXAM) if _end_of(each.sitting) > at]


def _end_of(sitting: Sitting) -> datetime:
    return sitting.starts_at + timedelta(minutes=sitting.minutes)


def _waiting_before(learner: User, sitting: Sitting) -> int:
    """How many wait for a seat of this sitting and came before; all who wait when the learner does not."""
    waiting = WaitingPlace.objects.filter(sitting=sitting, state=PlaceState.WAITING)
    own = waiting.filter(learner=learner).values("pk")[:1]
    return waiting.filter(pk__lt=Coalesce(Subquery(own), MAX_PK)).count()


def _with_training(frame: Facts, enrollment: Enrollment, sitting: Sitting, enacted: Sequence[Enacted]) -> Facts:
    syllabus = sitting.syllabus
    training_class = enrollment.training_class
    confirmed = confirmed_hours(enrollment)
    begins_on = training_class.starts_on
    named = {each.person_id for each in training_class.teachers.all()}
    # A class that was not reported yet is asked what it would be asked if it were reported now.
    judged_as_of = timezone.localdate(training_class.reported_at or frame.at, timezone.get_default_timezone())
    modules = training_class.syllabus_version.modules.all()
    return replace(
        frame,
        enrolled=True,
        class_state=training_class.state,
        reported_at=training_class.reported_at,
        begins_at=first_moment(training_class),
        institution_suspended=training_class.institution.suspended_at is not None,
        trained_by_examiner=_is_one_body(training_class.institution, sitting.site.institution),
        requirements=in_force(enacted, syllabus.code, training_class.institution.region.code, judged_as_of),
        training=syllabus.training,
        teachers_named=len(named),
        teachers_certified=len(certified_among(named, begins_on)) if named else 0,
        earlier_certificate=_held_before(enrollment, syllabus) if syllabus.training == REFRESHER else None,
        modules=tuple(_module(training_class, module, confirmed) for module in modules),
    )


def _is_one_body(trains: Institution, examines: Institution) -> bool:
    """教考分离: the same institution, or two names of one body."""
    return trains.pk == examines.pk or (bool(trains.credit_code) and trains.credit_code == examines.credit_code)


def _held_before(enrollment: Enrollment, syllabus: Syllabus) -> bool:
    learner = enrollment.learner_id
    return learner in held_on([learner], syllabus, enrollment.training_class.starts_on)


def first_moment(training_class: TrainingClass) -> datetime:
    """Midnight of the class's first day in the installation's zone."""
    return timezone.make_aware(datetime.combine(training_class.starts_on, time.min), timezone.get_default_timezone())


def _module(training_class: TrainingClass, module: Module, confirmed: dict[tuple[int, str], int]) -> ModuleFacts:
    asked = {each.kind: each.hours for each in module.requirements.all()}
    # A kind that nobody knows comes last and is told like the others: left out, nothing would be asked of it.
    kinds = [kind for kind in Kind.values if kind in asked] + sorted(set(asked) - set(Kind.values))
    return ModuleFacts(
        module=str(module.uuid),
        kinds=tuple(
            KindFacts(
                kind=kind,
                required_hours=asked[kind],
                minutes=training_class.syllabus_version.minutes_of(kind) if kind in Kind.values else None,
                confirmed_ms=confirmed.get((module.pk, kind)),
            )
            for kind in kinds
        ),
    )
