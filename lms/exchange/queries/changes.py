"""The feed of confirmed hours: every entry that changed them, in the order of its number."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from lms.accounts.queries import masked_identity
from lms.enrollments.rules.units import done_hours
from lms.exchange.models import ExchangeClient, HoursChange
from lms.exchange.queries.feeds import stretch_of
from lms.exchange.queries.reach import enrollments_for
from lms.exchange.rules.cursors import Cursor
from lms.hours.models import Entry


@dataclass(frozen=True, slots=True)
class Change:
    """An entry, the masked identity number of its learner, and the class hours that are confirmed since."""

    entry: Entry
    identity: str | None
    confirmed_hours: Decimal


@dataclass(frozen=True, slots=True)
class Page:
    """`next` is where to go on, also when nothing was found; `has_more`: at once."""

    changes: Sequence[Change]
    next: Cursor
    has_more: bool


def changes_since(
    viewer: ExchangeClient,
    since: Cursor,
    limit: int,
    *,
    person: UUID | None = None,
    training_class: UUID | None = None,
) -> Page:
    """Up to `limit` changes behind `since`, of everybody whom the client sees or of one person or class. Raises
    CursorGone. Three statements, however much was found."""
    stretch = stretch_of(HoursChange, since)
    seen = enrollments_for(viewer).order_by()
    if person is not None:
        seen = seen.filter(learner__uuid=person)
    if training_class is not None:
        seen = seen.filter(training_class__uuid=training_class)
    rows = list(
        HoursChange.objects.filter(number__gt=since.number, number__lte=stretch.until, entry__enrollment__in=seen)
        .select_related(
            "entry__learner",
            "entry__module",
            "entry__enrollment__training_class__syllabus_version",
            "entry__enrollment",
        )
        .order_by("number")[: limit + 1]
    )
    page = rows[:limit]
    end = stretch.end(page[-1] if len(rows) > limit else None)
    return Page([_change(each.entry) for each in page], end, end.number < stretch.last)


def _change(entry: Entry) -> Change:
    version = entry.enrollment.training_class.syllabus_version
    return Change(
        entry, masked_identity(entry.learner), done_hours(entry.confirmed_after_ms, version.minutes_of(entry.kind))
    )
