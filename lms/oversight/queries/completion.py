"""What the ledger says about an enrollment: the facts that a document is judged by, and its confirmed entries.

`evidence` reads entries and is what a document is issued upon, under the lock of the learner's clock (I9).
`shortages_now` reads the balance that the latest entry of each module carries, so a stranger's question costs the same
however long the history is. Pages about whole classes read totals, which `verify_ledger` proves equal.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max, Min, QuerySet

from lms.enrollments.models import Enrollment, EnrollmentState, Kind, Module, Requirement, SyllabusVersion
from lms.hours.models import Entry, ModuleHours
from lms.hours.queries.balances import confirmed_hours
from lms.oversight.rules.documents import (
    AskedHours,
    Completion,
    Line,
    Unmet,
    shortages,
    summed,
    with_hours,
)

LINE_FIELDS = ("uuid", "number", "module__uuid", "kind", "sort", "confirmed_delta_ms", "posted_at")


@dataclass(frozen=True, slots=True)
class Evidence:
    """The enrollment with all that is printed of it, its confirmed entries, and the time they lie in."""

    enrollment: Enrollment
    modules: list[Module]
    facts: Completion
    lines: tuple[Line, ...]
    first_at: datetime | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class Need:
    """One requirement of a syllabus version; `asked` holds no hours of anybody."""

    module_id: int
    asked: AskedHours


def evidence(enrollment_id: int) -> Evidence:
    """Read anew from entries, for whoever holds the learner's clock."""
    enrollment = _with_everything().get(pk=enrollment_id)
    own = Entry.objects.filter(learner_id=enrollment.learner_id, enrollment=enrollment)
    lines = tuple(_line(row) for row in _confirmed(own).values_list(*LINE_FIELDS))
    needs = needs_of([enrollment.training_class.syllabus_version])[enrollment.training_class.syllabus_version_id]
    asked = with_hours([each.asked for each in needs], summed(lines))
    studied = own.aggregate(first=Min("from_at"), last=Max("to_at"))
    return Evidence(
        enrollment=enrollment,
        modules=list(enrollment.training_class.syllabus_version.modules.all()),
        facts=_facts(enrollment, asked),
        lines=lines,
        first_at=studied["first"],
        last_at=studied["last"],
    )


def lines_up_to(enrollment: Enrollment, number: int) -> list[Line]:
    """The confirmed entries of an enrollment that were there when entry `number` of its learner was the last one."""
    own = Entry.objects.filter(learner_id=enrollment.learner_id, enrollment=enrollment, number__lte=number)
    return [_line(row) for row in _confirmed(own).values_list(*LINE_FIELDS)]


def shortages_now(enrollment: Enrollment) -> tuple[Unmet, ...]:
    """Requirements that the confirmed hours do not meet at this moment."""
    version = enrollment.training_class.syllabus_version
    needs = needs_of([version])[version.pk]
    confirmed = confirmed_hours(enrollment)
    return shortages([_held(each, confirmed.get((each.module_id, each.asked.kind), 0)) for each in needs])


def completions_of(enrollments: Iterable[Enrollment], totals: "QuerySet[ModuleHours]") -> dict[int, Completion]:
    """The facts of many by enrollment id, hours from totals; `totals` may hold more than theirs.

    Learner, institution and syllabus of each enrollment must be loaded.
    """
    listed = list(enrollments)
    needs = needs_of({each.training_class.syllabus_version for each in listed})
    confirmed: dict[int, dict[tuple[int, str], int]] = defaultdict(dict)
    for enrollment, module, kind, ms in totals.values_list("enrollment", "module", "kind", "confirmed_ms").iterator():
        confirmed[enrollment][module, kind] = ms
    return {each.pk: _facts(each, _asked(needs, each, confirmed[each.pk])) for each in listed}


def needs_of(versions: Iterable[SyllabusVersion]) -> dict[int, list[Need]]:
    """The requirements of syllabus versions by version id, in the order of modules and kinds."""
    by_id = {each.pk: each for each in versions}
    needs: dict[int, list[Need]] = {pk: [] for pk in by_id}
    rows = Requirement.objects.filter(module__syllabus_version__in=list(by_id)).select_related("module")
    for each in sorted(rows, key=lambda row: (row.module.ordinal, Kind.values.index(row.kind))):
        version = by_id[each.module.syllabus_version_id]
        asked = AskedHours(str(each.module.uuid), each.kind, each.hours, version.minutes_of(each.kind), 0)
        needs[version.pk].append(Need(each.module_id, asked))
    return needs


def confirmed_lines(entries: "QuerySet[Entry]") -> Iterator[tuple[int, Line]]:
    """(enrollment id, line) of many enrollments, one after the other; never all in memory at once."""
    rows = _confirmed(entries).order_by("enrollment", "number").values_list("enrollment", *LINE_FIELDS)
    for enrollment, *row in rows.iterator(chunk_size=2_000):
        yield enrollment, _line(row)


def _with_everything() -> QuerySet[Enrollment]:
    return Enrollment.objects.select_related(
        "learner", "training_class__institution__region", "training_class__syllabus_version__syllabus"
    ).prefetch_related("training_class__syllabus_version__modules__requirements")


def _confirmed(entries: "QuerySet[Entry]") -> "QuerySet[Entry]":
    return entries.exclude(confirmed_delta_ms=0).order_by("number")


def _facts(enrollment: Enrollment, asked: tuple[AskedHours, ...]) -> Completion:
    training_class = enrollment.training_class
    learner = enrollment.learner
    return Completion(
        training=training_class.syllabus_version.syllabus.training,
        is_enrolled=enrollment.state == EnrollmentState.ACTIVE,
        has_identity=learner.identity_mac is not None and bool(learner.real_name.strip()),
        class_state=training_class.state,
        is_institution_suspended=training_class.institution.suspended_at is not None,
        asked=asked,
    )


def _asked(
    needs: dict[int, list[Need]], enrollment: Enrollment, confirmed: dict[tuple[int, str], int]
) -> tuple[AskedHours, ...]:
    own = needs[enrollment.training_class.syllabus_version_id]
    return tuple(_held(each, confirmed.get((each.module_id, each.asked.kind), 0)) for each in own)


def _held(need: Need, confirmed_ms: int) -> AskedHours:
    asked = need.asked
    return AskedHours(asked.module, asked.kind, asked.hours, asked.minutes, confirmed_ms)


def _line(row: Any) -> Line:
    uuid, number, module, kind, sort, ms, posted_at = row
    return Line(str(uuid), number, str(module), kind, sort, ms, posted_at)
