"""Keeping figures true. A worker does it behind the learners, in one short transaction for each class, and adds up.

Nothing here is decided and nothing posted: the figures follow from the ledger, so there is no audit row. Entries are
counted exactly once: each enrollment remembers the number of the last one, and numbers of a learner have no hole and
grow under the lock of their clock. A run that dies is repeated by the next.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import DatabaseError, connection, transaction

from lms.enrollments.models import ClassState, Enrollment, EnrollmentState, Requirement, TrainingClass
from lms.enrollments.rules.units import hours_to_ms
from lms.hours.models import ModuleHours
from lms.hours.queries.clocks import ZONE, today
from lms.hours.queries.rosters import standings
from lms.oversight.models import SUMMED, ClassStanding, InstitutionStanding, LastRefresh, LearnerStanding
from lms.oversight.queries.places import counted
from lms.oversight.queries.stale import stale_classes
from lms.oversight.rules.progress import Need, Term, need_of

log = logging.getLogger(__name__)

# What a class gets its institution gets by the same statement, so the one is always the sum of the other.
ADD_TO_DAYS = """class_days AS (
        INSERT INTO oversight_classday AS d (training_class_id, day, kind, confirmed_ms, refused_ms)
        SELECT %(training_class)s, day, kind, confirmed_ms, refused_ms FROM sums
        ON CONFLICT (training_class_id, day, kind) DO UPDATE
        SET confirmed_ms = d.confirmed_ms + excluded.confirmed_ms, refused_ms = d.refused_ms + excluded.refused_ms
    ), institution_days AS (
        INSERT INTO oversight_institutionday AS d (institution_id, day, kind, confirmed_ms, refused_ms)
        SELECT %(institution)s, day, kind, confirmed_ms, refused_ms FROM sums
        ON CONFLICT (institution_id, day, kind) DO UPDATE
        SET confirmed_ms = d.confirmed_ms + excluded.confirmed_ms, refused_ms = d.refused_ms + excluded.refused_ms
    )"""
# One statement, one snapshot: what is added to the days is exactly what the learners' counters go past. A learner's
# entries in another class move the counter too, or every look would find them anew.
COUNT_ENTRIES = f"""
    WITH fresh AS (
        SELECT s.enrollment_id, n.number, n.kind, n.confirmed_delta_ms,
            (coalesce(n.from_at, n.posted_at) AT TIME ZONE %(zone)s)::date AS day,
            n.enrollment_id = s.enrollment_id AS is_ours,
            n.sort IN ('credit', 'attendance', 'claim', 'correction') AS is_given
        FROM oversight_learnerstanding s
        JOIN enrollments_enrollment e ON e.id = s.enrollment_id
        JOIN hours_entry n ON n.learner_id = e.learner_id AND n.number > s.counted_number
        WHERE e.training_class_id = %(training_class)s
    ), sums AS (
        SELECT day, kind, sum(confirmed_delta_ms) AS confirmed_ms, 0 AS refused_ms
        FROM fresh WHERE is_ours AND confirmed_delta_ms <> 0 GROUP BY day, kind
    ), {ADD_TO_DAYS}
    UPDATE oversight_learnerstanding s SET counted_number = f.number, last_on = greatest(s.last_on, f.last_on)
    FROM (
        SELECT enrollment_id, max(number) AS number, max(day) FILTER (WHERE is_ours AND is_given) AS last_on
        FROM fresh GROUP BY enrollment_id
    ) f
    WHERE s.enrollment_id = f.enrollment_id
"""
COUNT_REFUSALS = f"""
    WITH fresh AS (
        SELECT s.enrollment_id, r.id, r.ms, (r.from_at AT TIME ZONE %(zone)s)::date AS day,
            r.enrollment_id = s.enrollment_id AS is_ours
        FROM oversight_learnerstanding s
        JOIN enrollments_enrollment e ON e.id = s.enrollment_id
        JOIN hours_refusal r ON r.learner_id = e.learner_id AND r.id > s.counted_refusal
        WHERE e.training_class_id = %(training_class)s
    ), sums AS (
        SELECT day, 'online' AS kind, 0 AS confirmed_ms, sum(ms) AS refused_ms FROM fresh WHERE is_ours GROUP BY day
    ), {ADD_TO_DAYS}
    UPDATE oversight_learnerstanding s SET counted_refusal = f.id
    FROM (SELECT enrollment_id, max(id) AS id FROM fresh GROUP BY enrollment_id) f
    WHERE s.enrollment_id = f.enrollment_id
"""
# Most nights most learners stand where they stood: those rows are not written.
JUDGE = """
    UPDATE oversight_learnerstanding s SET is_active = v.is_active, percent = v.percent, need = v.need,
        confirmed_hours = v.confirmed_hours, refused_ms = v.refused_ms
    FROM unnest(%s::int8[], %s::bool[], %s::int2[], %s::int2[], %s::numeric[], %s::int8[])
        AS v (pk, is_active, percent, need, confirmed_hours, refused_ms)
    WHERE s.enrollment_id = v.pk
        AND (s.is_active, s.percent, s.need, s.confirmed_hours, s.refused_ms)
            IS DISTINCT FROM (v.is_active, v.percent, v.need, v.confirmed_hours, v.refused_ms)
"""
ROWS_AT_ONCE = 500


@dataclass(slots=True)
class _Sums:
    """What the totals of a class's active learners come to."""

    confirmed_ms: int
    online_ms: int
    refused: Counter[str]
    refused_of: Counter[int]
    earned: Counter[tuple[int, str]]


def refresh_standings(*, at: datetime, with_ended: bool = False) -> int:
    """Reckon anew every class whose figures are no longer true, and their institutions; how many classes those were.

    What fails is left to the next run, and does not hold up the others; until all are true again, pages go on to say
    the moment when they last were.
    """
    day = today(at).date
    stale = stale_classes(day, with_ended=with_ended)
    failed = 0
    for pk in stale:
        try:
            refresh_class(at=at, pk=pk)
        except DatabaseError:
            log.exception("the figures of class %s could not be reckoned", pk)
            failed += 1
    add_up(year=day.year)
    if not failed:
        LastRefresh.objects.update_or_create(pk=1, defaults={"as_of": at})
    return len(stale) - failed


def refresh_class(*, at: datetime, pk: int) -> ClassStanding:
    """The figures of one class at `at`. Two runs at once wait for each other, and the second finds nothing new."""
    day = today(at).date
    with transaction.atomic():
        institution = TrainingClass.objects.values_list("institution", flat=True).get(pk=pk)
        InstitutionStanding.objects.bulk_create([InstitutionStanding(pk=institution)], ignore_conflicts=True)
        # The mark is also the lock, and comes before anything is read.
        InstitutionStanding.objects.filter(pk=institution).update(year=0)
        ClassStanding.objects.bulk_create(
            [ClassStanding(training_class_id=pk, state=ClassState.ACCEPTED, day=day, as_of=at)], ignore_conflicts=True
        )
        group = TrainingClass.objects.select_related("syllabus_version").get(pk=pk)
        people = list(Enrollment.objects.filter(training_class=group).order_by("pk"))
        _count(group, people)
        # Totals are read after the entries were counted: what is posted between is found by the next look, because
        # it has a higher number. The other way round it would be counted and its total forgotten.
        found = _standing(group, people, day, at)
        found.save(force_update=True)
    return found


def add_up(*, year: int) -> None:
    """The sums of institutions whose classes changed, and of all where another year has begun."""
    with transaction.atomic():
        # Locked before the classes are read: who writes a class meanwhile waits, and marks the institution again.
        stale = InstitutionStanding.objects.select_for_update().exclude(year=year).order_by("pk").in_bulk()
        for each in stale.values():
            each.year, each.classes, each.refused = year, 0, {}
            for name in SUMMED:
                setattr(each, name, 0)
        rows = ClassStanding.objects.filter(counted(year), training_class__institution__in=list(stale))
        for institution, refused, *figures in rows.values_list(
            "training_class__institution", "refused", *SUMMED
        ).iterator(chunk_size=ROWS_AT_ONCE):
            total = stale[institution]
            total.classes += 1
            total.refused = dict(Counter(total.refused) + Counter(refused))
            for name, figure in zip(SUMMED, figures, strict=True):
                setattr(total, name, getattr(total, name) + figure)
        InstitutionStanding.objects.bulk_update(
            stale.values(), ["year", "classes", "refused", *SUMMED], batch_size=ROWS_AT_ONCE
        )


def _count(group: TrainingClass, people: list[Enrollment]) -> None:
    LearnerStanding.objects.bulk_create(
        [LearnerStanding(enrollment=each, training_class=group) for each in people],
        ignore_conflicts=True,
        batch_size=ROWS_AT_ONCE,
    )
    with connection.cursor() as cursor:
        for statement in (COUNT_ENTRIES, COUNT_REFUSALS):
            cursor.execute(
                statement,
                {"training_class": group.pk, "institution": group.institution_id, "zone": str(ZONE)},
            )


def _standing(group: TrainingClass, people: list[Enrollment], day: date, at: datetime) -> ClassStanding:
    for each in people:
        each.training_class = group
    hours = standings(people)
    active = {each.pk for each in people if each.state == EnrollmentState.ACTIVE}
    sums = _sums(group, active)
    rows = list(LearnerStanding.objects.filter(enrollment__in=people).order_by("pk"))
    needs: Counter[Need] = Counter()
    spread = [0] * 11
    placed = {each.pk: each for each in people}
    for row in rows:
        row.is_active = row.pk in active
        row.percent = min(100, hours[row.pk].percent)
        row.need = int(need_of(row.percent, _term(group, placed[row.pk]), row.last_on, day))
        row.confirmed_hours = hours[row.pk].confirmed_hours
        row.refused_ms = sums.refused_of[row.pk]
        if row.is_active:
            needs[Need(row.need)] += 1
            spread[row.percent // 10] += 1
    _judge(rows)
    return ClassStanding(
        training_class=group,
        state=group.state,
        learners=len(active),
        done=needs[Need.DONE],
        behind=needs[Need.BEHIND] + needs[Need.BOTH],
        idle=needs[Need.IDLE] + needs[Need.BOTH],
        both=needs[Need.BOTH],
        spread=spread,
        required_hours=sum((hours[pk].required_hours for pk in active), Decimal(0)),
        confirmed_hours=sum((hours[pk].confirmed_hours for pk in active), Decimal(0)),
        confirmed_ms=sums.confirmed_ms,
        online_ms=sums.online_ms,
        refused_ms=sums.refused.total(),
        refused=dict(sorted(sums.refused.items())),
        earned=[[module, kind, ms] for (module, kind), ms in sorted(sums.earned.items())],
        day=day,
        as_of=at,
    )


def _judge(rows: list[LearnerStanding]) -> None:
    names = ("pk", "is_active", "percent", "need", "confirmed_hours", "refused_ms")
    with connection.cursor() as cursor:
        cursor.execute(JUDGE, [[getattr(row, name) for row in rows] for name in names])


def _sums(group: TrainingClass, active: set[int]) -> _Sums:
    asked = _asked_ms(group)
    sums = _Sums(0, 0, Counter(), Counter(), Counter())
    totals = ModuleHours.objects.filter(enrollment__training_class=group)
    columns = ("enrollment", "module", "kind", "confirmed_ms", "provisional_ms", "refused")
    for enrollment, module, kind, confirmed_ms, provisional_ms, refused in totals.values_list(*columns):
        sums.refused_of[enrollment] += sum(refused.values())
        if enrollment in active:
            sums.confirmed_ms += confirmed_ms
            sums.online_ms += confirmed_ms + provisional_ms if kind == "online" else 0
            sums.refused.update(refused)
            sums.earned[module, kind] += min(confirmed_ms, asked.get((module, kind), 0))
    return sums


def _asked_ms(group: TrainingClass) -> Mapping[tuple[int, str], int]:
    version = group.syllabus_version
    asked: dict[tuple[int, str], int] = defaultdict(int)
    for each in Requirement.objects.filter(module__syllabus_version=version):
        asked[each.module_id, each.kind] = hours_to_ms(each.hours, version.minutes_of(each.kind))
    return asked


def _term(group: TrainingClass, enrollment: Enrollment) -> Term:
    joined_on = today(enrollment.enrolled_at).date
    return Term(max(group.starts_on, joined_on), group.ends_on, is_over=group.state == ClassState.ENDED)
