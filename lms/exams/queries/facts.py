"""Collects what a verdict is made from: one `Facts` for each enrollment of a learner that could open the gate.

Hours come from the latest ledger entries (I9), never from totals. What cannot be found is left None, and the rule
refuses it. Call it under the locks of `actions.registering` when something is booked upon it.

One learner and a thousand are read alike, in the same handful of statements: first everything is read for all of them
(`candidates_of`, `_read`), then it is composed without reading (`_frame`, `_with_person`, `_with_training`).
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from lms.accounts.models import User
from lms.enrollments.models import Enrollment, EnrollmentState, Kind, Module, TrainingClass
from lms.exams.models import PlaceState, Registration, RegistrationState, Sitting, WaitingPlace
from lms.exams.queries.requirements import enacted_for, held_on
from lms.exams.rules.eligibility import REFRESHER
from lms.exams.rules.facts import Facts, KindFacts, ModuleFacts
from lms.exams.rules.requirements import Enacted, in_force
from lms.hours.queries.balances import confirmed_hours_of
from lms.institutions.models import Institution
from lms.institutions.queries import certified_on

# Enrollments judged for one sitting, newest first. A learner takes a syllabus once, at times again after years.
ENROLLMENTS_MAX = 5
LONGEST_EXAM = timedelta(days=1)
"""More than any sitting lasts."""


@dataclass(frozen=True, slots=True)
class Candidate:
    enrollment: Enrollment | None
    facts: Facts


@dataclass(frozen=True, slots=True)
class _Read:
    """All that was read beside people and enrollments: how many seats of this sitting are taken, who waits for one in
    their order (learners), and the sittings still to end in which each learner has a seat; hours by enrollment,
    certificates by (teacher, day) and by (learner, day)."""

    sitting: Sitting
    booked: int
    waiting: Sequence[int]
    seats: Mapping[int, Sequence[Sitting]]
    enacted: Sequence[Enacted]
    confirmed: Mapping[int, Mapping[tuple[int, str], int]]
    certified: Collection[tuple[int, date]]
    held: Collection[tuple[int, date]]


def candidates(
    learner: User, sitting: Sitting, at: datetime, instead_of: Registration | None = None
) -> list[Candidate]:
    """At least one: a learner without an enrollment in a class of the sitting's syllabus is one with none.

    `instead_of` is a seat that would be given up, and is not held against the learner.
    """
    return candidates_of([learner], sitting, at, instead_of)[learner.pk]


def candidates_of(
    learners: Collection[User], sitting: Sitting, at: datetime, instead_of: Registration | None = None
) -> dict[int, list[Candidate]]:
    """The candidates of each learner, by primary key. How many statements it takes does not grow with the learners."""
    enrollments = _enrollments(learners, sitting)
    seats = _seats(learners, at, instead_of)
    read = _read([each for own in enrollments.values() for each in own], sitting, seats)
    frame = _frame(read, at)
    found = {}
    for learner in learners:
        person = _with_person(frame, learner, read)
        own = [Candidate(each, _with_training(person, each, read)) for each in enrollments[learner.pk]]
        found[learner.pk] = own or [Candidate(None, replace(person, enrolled=False))]
    return found


def _enrollments(learners: Collection[User], sitting: Sitting) -> dict[int, list[Enrollment]]:
    newest_first = [F("enrolled_at").desc(), F("pk").desc()]
    rows = (
        Enrollment.objects.filter(
            learner__in=learners,
            state=EnrollmentState.ACTIVE,
            training_class__syllabus_version__syllabus_id=sitting.syllabus_id,
        )
        .annotate(place=Window(RowNumber(), partition_by=[F("learner_id")], order_by=newest_first))
        .filter(place__lte=ENROLLMENTS_MAX)
        .select_related("training_class__institution__region", "training_class__syllabus_version")
        .prefetch_related("training_class__syllabus_version__modules__requirements", "training_class__teachers")
        .order_by("learner_id", "place")
    )
    found: dict[int, list[Enrollment]] = defaultdict(list)
    for each in rows:
        found[each.learner_id].append(each)
    return found


def _seats(learners: Collection[User], at: datetime, instead_of: Registration | None) -> dict[int, list[Sitting]]:
    """The sittings that are not over in which each learner has a seat.

    What PostgreSQL writes beside a seat for its own constraints is not read: no layer of the gate rests on the other.
    """
    rows = Registration.objects.filter(
        learner__in=learners, state=RegistrationState.BOOKED, sitting__starts_at__gt=at - LONGEST_EXAM
    )
    if instead_of is not None:
        rows = rows.exclude(pk=instead_of.pk)
    found: dict[int, list[Sitting]] = defaultdict(list)
    for each in rows.select_related("sitting"):
        if _end_of(each.sitting) > at:
            found[each.learner_id].append(each.sitting)
    return found


def _end_of(sitting: Sitting) -> datetime:
    return sitting.starts_at + timedelta(minutes=sitting.minutes)


def _read(enrollments: Collection[Enrollment], sitting: Sitting, seats: Mapping[int, Sequence[Sitting]]) -> _Read:
    booked = Registration.objects.filter(sitting=sitting, state=RegistrationState.BOOKED)
    waiting = WaitingPlace.objects.filter(sitting=sitting, state=PlaceState.WAITING)
    begun = [(each.learner_id, each.training_class.starts_on) for each in enrollments]
    teachers = {(person, each.training_class.starts_on) for each in enrollments for person in _named(each)}
    return _Read(
        sitting=sitting,
        booked=booked.count(),
        waiting=list(waiting.order_by("pk").values_list("learner", flat=True)),
        seats=seats,
        enacted=enacted_for(sitting.syllabus),
        confirmed=confirmed_hours_of(enrollments),
        certified=certified_on(teachers),
        held=held_on(begun, sitting.syllabus) if sitting.syllabus.training == REFRESHER else set(),
    )


def _frame(read: _Read, at: datetime) -> Facts:
    sitting = read.sitting
    return Facts(
        at=at,
        opens_at=sitting.opens_at,
        closes_at=sitting.closes_at,
        capacity=sitting.capacity,
        sitting_state=sitting.state,
    )


def _with_person(frame: Facts, learner: User, read: _Read) -> Facts:
    sitting, seats = read.sitting, read.seats.get(learner.pk, ())
    elsewhere = [each for each in seats if each.pk != sitting.pk]
    begins, ends = sitting.starts_at, _end_of(sitting)
    return replace(
        frame,
        booked=read.booked + _waiting_before(learner, read.waiting),
        person_suspended=not learner.is_active,
        identity_present=learner.identity_mac is not None and bool(learner.real_name.strip()),
        identity_verified=learner.identity_verified_at is not None,
        already_registered=len(seats) > len(elsewhere),
        registered_elsewhere=any(each.syllabus_id == sitting.syllabus_id for each in elsewhere),
        another_exam_then=any(each.starts_at < ends and begins < _end_of(each) for each in elsewhere),
    )


def _waiting_before(learner: User, waiting: Sequence[int]) -> int:
    """How many came before; all who wait when the learner does not."""
    return waiting.index(learner.pk) if learner.pk in waiting else len(waiting)


def _with_training(frame: Facts, enrollment: Enrollment, read: _Read) -> Facts:
    training_class, syllabus = enrollment.training_class, read.sitting.syllabus
    begins_on = training_class.starts_on
    confirmed = read.confirmed[enrollment.pk]
    named = _named(enrollment)
    # A class that was not reported yet is asked what it would be asked if it were reported now.
    judged_as_of = timezone.localdate(training_class.reported_at or frame.at, timezone.get_default_timezone())
    modules = training_class.syllabus_version.modules.all()
    is_refresher = syllabus.training == REFRESHER
    return replace(
        frame,
        enrolled=True,
        class_state=training_class.state,
        reported_at=training_class.reported_at,
        begins_at=first_moment(training_class),
        institution_suspended=training_class.institution.suspended_at is not None,
        trained_by_examiner=_is_one_body(training_class.institution, read.sitting.site.institution),
        requirements=in_force(read.enacted, syllabus.code, training_class.institution.region.code, judged_as_of),
        training=syllabus.training,
        teachers_named=len(named),
        teachers_certified=sum((each, begins_on) in read.certified for each in named),
        earlier_certificate=(enrollment.learner_id, begins_on) in read.held if is_refresher else None,
        modules=tuple(_module(training_class, module, confirmed) for module in modules),
    )


def _is_one_body(trains: Institution, examines: Institution) -> bool:
    """教考分离: the same institution, or two names of one body."""
    return trains.pk == examines.pk or (bool(trains.credit_code) and trains.credit_code == examines.credit_code)


def _named(enrollment: Enrollment) -> set[int]:
    return {each.person_id for each in enrollment.training_class.teachers.all()}


def first_moment(training_class: TrainingClass) -> datetime:
    """Midnight of the class's first day in the installation's zone."""
    return timezone.make_aware(datetime.combine(training_class.starts_on, time.min), timezone.get_default_timezone())


def _module(training_class: TrainingClass, module: Module, confirmed: Mapping[tuple[int, str], int]) -> ModuleFacts:
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
