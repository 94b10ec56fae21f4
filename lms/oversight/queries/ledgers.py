"""The training ledger 培训台帐: one row per learner, per institution, trade and class.

Whoever may see a class may have its ledger. Learners are read ROWS_AT_ONCE at a time and their figures with them in a
handful of statements, so neither memory grows with a ledger nor a query comes for each learner. Entries are read one
after the other, and only of whom the totals call complete: since when, only they can tell.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby, islice
from operator import itemgetter
from uuid import UUID

from django.db.models import Max, Min, QuerySet

from lms.accounts.models import User
from lms.accounts.queries import Viewer, masked_identity
from lms.enrollments.models import ClassState, Enrollment, EnrollmentState, SyllabusVersion, TrainingClass
from lms.enrollments.queries import classes_for
from lms.enrollments.rules.units import done_hours
from lms.hours.models import Entry, ModuleHours
from lms.institutions.models import Institution
from lms.oversight.models import Document, DocumentKind
from lms.oversight.queries.completion import Need, confirmed_lines, needs_of
from lms.oversight.rules.documents import completed_at, shortages, with_hours

ROWS_MAX = 20_000
"""Of one file. More is asked for class by class: a sheet of that length is read by nobody."""
ROWS_AT_ONCE = 500


class LedgerTooLong(ValueError):
    """More learners than one file may hold. `count` says how many, ROWS_MAX how many are allowed."""

    def __init__(self, count: int) -> None:
        self.count = count
        super().__init__(f"{count} learners; one file holds at most {ROWS_MAX}")


@dataclass(frozen=True, slots=True)
class Scope:
    """Which classes: of one institution, of one trade, or a single one; None and "" mean all that the viewer sees."""

    institution: UUID | None = None
    trade: str = ""
    training_class: UUID | None = None


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One learner in one class. Hours by kind as (required, confirmed), in class hours."""

    name: str
    identity: str
    syllabus: str
    training_class: TrainingClass
    hours: dict[str, tuple[Decimal, Decimal]]
    first_at: datetime | None
    last_at: datetime | None
    completed_at: datetime | None
    certificate: str
    institution: str
    reporter: str


@dataclass(frozen=True, slots=True)
class _Figures:
    """What is known of some learners, by enrollment id; needs by syllabus version id.

    `confirmed_ms` is by module uuid and kind.
    """

    needs: dict[int, list[Need]]
    confirmed_ms: dict[int, dict[tuple[str, str], int]]
    studied: dict[int, tuple[datetime, datetime]]
    completed_at: dict[int, datetime | None]
    certificates: dict[int, str]


def ledger_classes(viewer: Viewer, scope: Scope) -> QuerySet[TrainingClass]:
    """Classes that were accepted, newest first, within what the viewer may see."""
    found = classes_for(viewer).filter(state__in=[ClassState.ACCEPTED, ClassState.ENDED])
    if scope.institution is not None:
        found = found.filter(institution__uuid=scope.institution)
    if scope.trade:
        found = found.filter(syllabus_version__syllabus__trade=scope.trade)
    if scope.training_class is not None:
        found = found.filter(uuid=scope.training_class)
    return found


def institutions_with_ledgers(viewer: Viewer) -> QuerySet[Institution]:
    classes = ledger_classes(viewer, Scope()).order_by().values("institution")
    return Institution.objects.filter(pk__in=classes).order_by("name_zh", "pk")


def trades_with_ledgers(viewer: Viewer) -> dict[str, str]:
    """Trades with the names of their syllabi, in the order of names."""
    versions = ledger_classes(viewer, Scope()).order_by().values("syllabus_version")
    names: dict[str, list[str]] = defaultdict(list)
    found = SyllabusVersion.objects.filter(pk__in=versions).exclude(syllabus__trade="").select_related("syllabus")
    for each in found.order_by("syllabus__name_zh"):
        if each.syllabus.name not in names[each.syllabus.trade]:
            names[each.syllabus.trade].append(each.syllabus.name)
    return {trade: " / ".join(listed) for trade, listed in names.items()}


def ledger_rows(viewer: Viewer, scope: Scope) -> Iterator[LedgerRow]:
    """Rows by institution, class and name. Raises LedgerTooLong before the first one."""
    classes = ledger_classes(viewer, scope).order_by().values("pk")
    enrollments = Enrollment.objects.filter(training_class__in=classes, state=EnrollmentState.ACTIVE)
    if (count := enrollments.count()) > ROWS_MAX:
        raise LedgerTooLong(count)
    return _rows(enrollments)


def _rows(enrollments: QuerySet[Enrollment]) -> Iterator[LedgerRow]:
    listed = enrollments.select_related(
        "learner",
        "training_class__institution",
        "training_class__reported_by",
        "training_class__syllabus_version__syllabus",
    ).order_by(
        "training_class__institution__name_zh",
        "training_class__starts_on",
        "training_class",
        "learner__real_name",
        "pk",
    )
    people = listed.iterator(chunk_size=ROWS_AT_ONCE)
    while some := list(islice(people, ROWS_AT_ONCE)):
        figures = _figures(some)
        for each in some:
            yield _row(each, figures)


def _figures(some: list[Enrollment]) -> _Figures:
    needs = needs_of({each.training_class.syllabus_version for each in some})
    chosen = [each.pk for each in some]
    confirmed = _confirmed_ms(chosen)
    asked = {each.pk: [need.asked for need in needs[each.training_class.syllabus_version_id]] for each in some}
    complete = [pk for pk in chosen if not shortages(with_hours(asked[pk], confirmed[pk]))]
    entries = Entry.objects.filter(enrollment__in=chosen)
    studied = entries.filter(from_at__isnull=False).values("enrollment").annotate(Min("from_at"), Max("to_at"))
    certificates = Document.objects.filter(
        enrollment__in=chosen, kind=DocumentKind.CERTIFICATE, revocation__isnull=True
    )
    return _Figures(
        needs=needs,
        confirmed_ms=confirmed,
        studied={row["enrollment"]: (row["from_at__min"], row["to_at__max"]) for row in studied},
        completed_at={
            pk: completed_at(asked[pk], (line for _pk, line in lines))
            for pk, lines in groupby(confirmed_lines(entries.filter(enrollment__in=complete)), key=itemgetter(0))
        },
        certificates=dict(certificates.values_list("enrollment", "number")),
    )


def _confirmed_ms(enrollments: list[int]) -> dict[int, dict[tuple[str, str], int]]:
    found: dict[int, dict[tuple[str, str], int]] = {pk: {} for pk in enrollments}
    totals = ModuleHours.objects.filter(enrollment__in=enrollments)
    for pk, module, kind, ms in totals.values_list("enrollment", "module__uuid", "kind", "confirmed_ms"):
        found[pk][str(module), kind] = ms
    return found


def _row(enrollment: Enrollment, figures: _Figures) -> LedgerRow:
    training_class = enrollment.training_class
    first_at, last_at = figures.studied.get(enrollment.pk) or (None, None)
    return LedgerRow(
        name=enrollment.learner.real_name,
        identity=masked_identity(enrollment.learner) or "",
        syllabus=training_class.syllabus_version.syllabus.name_zh,
        training_class=training_class,
        hours=_hours(figures.needs[training_class.syllabus_version_id], figures.confirmed_ms[enrollment.pk]),
        first_at=first_at,
        last_at=last_at,
        completed_at=figures.completed_at.get(enrollment.pk),
        certificate=figures.certificates.get(enrollment.pk, ""),
        institution=training_class.institution.name_zh,
        reporter=_name(training_class.reported_by),
    )


def _hours(needs: list[Need], confirmed: dict[tuple[str, str], int]) -> dict[str, tuple[Decimal, Decimal]]:
    """All that was confirmed of a kind, in whatever module, beside what is asked of it."""
    found = {}
    for kind in dict.fromkeys(each.asked.kind for each in needs):
        own = [each.asked for each in needs if each.asked.kind == kind]
        confirmed_ms = sum(ms for (_module, each), ms in confirmed.items() if each == kind)
        asked = sum((each.hours for each in own), Decimal(0))
        found[kind] = (asked, done_hours(max(confirmed_ms, 0), own[0].minutes))
    return found


def _name(person: User | None) -> str:
    return person.real_name if person is not None else ""
