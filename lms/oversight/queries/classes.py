"""The figures of one class, from what the worker keeps; learners are read a page at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import F, QuerySet

from lms.accounts.queries import masked_identity
from lms.enrollments.models import ClassState, Module, Requirement, TrainingClass
from lms.enrollments.rules.units import done_hours, hours_to_ms
from lms.oversight.models import ClassDay, ClassStanding, LastRefresh, LearnerStanding
from lms.oversight.queries.days import DayHours, last_days
from lms.oversight.rules.progress import Need, Term, expected_percent, idle_days

SORTS = {
    "need": ("need", "percent", "enrollment__learner__real_name", "pk"),
    "name": ("enrollment__learner__real_name", "pk"),
    "progress": ("percent", "need", "pk"),
    "last": (F("last_on").asc(nulls_first=True), "need", "pk"),
    "refused": ("-refused_ms", "need", "pk"),
}
ROWS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class KindFigures:
    """One kind of hours of a module, all learners together; nobody's surplus fills another's gap."""

    module: Module
    kind: str
    required_hours: Decimal
    confirmed_hours: Decimal


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """What the dashboard of a class shows beside its learners. Without a standing, nothing was reckoned yet."""

    training_class: TrainingClass
    standing: ClassStanding | None
    as_of: datetime | None
    expected_percent: int
    hours_each: Decimal
    kinds: list[KindFigures]
    days: list[DayHours]


@dataclass(frozen=True, slots=True)
class LearnerRow:
    """A learner as the table and the spreadsheet show one."""

    name: str
    masked_identity: str
    need: Need
    percent: int
    confirmed_hours: Decimal
    required_hours: Decimal
    refused_ms: int
    last_on: date | None
    idle_days: int


def as_of() -> datetime | None:
    """When the figures were last brought up to date; None before the first time."""
    return LastRefresh.objects.values_list("as_of", flat=True).first()


def class_figures(training_class: TrainingClass, today: date) -> ClassFigures:
    """The caller has got the class from `reach.class_seen`."""
    standing = ClassStanding.objects.filter(training_class=training_class).first()
    asked = list(
        Requirement.objects.filter(module__syllabus_version=training_class.syllabus_version_id)
        .select_related("module")
        .order_by("module__ordinal", "pk")
    )
    moments = [each for each in (standing and standing.as_of, as_of()) if each]
    return ClassFigures(
        training_class=training_class,
        standing=standing,
        as_of=max(moments) if standing else None,
        expected_percent=expected_percent(term_of(training_class), today),
        hours_each=sum((each.hours for each in asked), Decimal(0)),
        kinds=_kinds(training_class, standing, asked),
        days=last_days(ClassDay.objects.filter(training_class=training_class), today),
    )


def term_of(training_class: TrainingClass) -> Term:
    is_over = training_class.state == ClassState.ENDED
    return Term(training_class.starts_on, training_class.ends_on, is_over=is_over)


def learners_of(training_class: TrainingClass, sort: str, needs: frozenset[Need]) -> QuerySet[LearnerStanding]:
    """Active learners, who needs somebody first unless `sort` is another of SORTS; all, or those with such needs."""
    rows = LearnerStanding.objects.filter(training_class=training_class, is_active=True)
    if needs:
        rows = rows.filter(need__in=[need.value for need in needs])
    return rows.select_related("enrollment__learner").order_by(*SORTS.get(sort, SORTS["need"]))


def learner_rows(figures: ClassFigures, rows: QuerySet[LearnerStanding], today: date) -> Iterator[LearnerRow]:
    """For a page or a whole class: read in pieces, so that memory does not grow with the class."""
    term = term_of(figures.training_class)
    for row in rows.iterator(chunk_size=ROWS_AT_ONCE):
        learner = row.enrollment.learner
        yield LearnerRow(
            name=str(learner),
            masked_identity=masked_identity(learner) or "",
            need=Need(row.need),
            percent=row.percent,
            confirmed_hours=row.confirmed_hours,
            required_hours=figures.hours_each,
            refused_ms=row.refused_ms,
            last_on=row.last_on,
            idle_days=idle_days(term, row.last_on, today),
        )


def _kinds(group: TrainingClass, standing: ClassStanding | None, asked: list[Requirement]) -> list[KindFigures]:
    learners = standing.learners if standing else 0
    earned = {(module, kind): ms for module, kind, ms in standing.earned} if standing else {}
    found = []
    for each in asked:
        minutes = group.syllabus_version.minutes_of(each.kind)
        earned_ms = earned.get((each.module_id, each.kind), 0)
        is_full = earned_ms >= hours_to_ms(each.hours, minutes) * learners
        whole = each.hours * learners
        confirmed = whole if is_full else min(whole, done_hours(earned_ms, minutes))
        found.append(KindFigures(each.module, each.kind, whole, confirmed))
    return found
