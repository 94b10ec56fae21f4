"""The feed of confirmed hours: every entry that changed them, in the order of its number.

A number is given to a change only after it was committed, by one hand at a time (actions.numbering). So whoever has
read up to a number has read everything below it that there will ever be: nothing comes later with a lower one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Max

from lms.accounts.queries import masked_identity
from lms.enrollments.rules.units import done_hours
from lms.exchange.models import ExchangeClient, HoursChange
from lms.exchange.queries.reach import enrollments_for
from lms.exchange.rules.cursors import BEGINNING, Cursor
from lms.hours.models import Entry

WINDOW = 10_000
"""How many changes are looked through for one page, whether or not the client sees them: a county's client does not
read the whole province to find one row."""


class CursorGone(LookupError):
    """The feed is not the one that this cursor was read from; the reader must start anew."""


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
    if since != BEGINNING and not HoursChange.objects.filter(number=since.number, entry_id=since.entry).exists():
        raise CursorGone("the feed has another change at this place")
    last = HoursChange.objects.aggregate(last=Max("number"))["last"] or 0
    until = min(last, since.number + WINDOW)
    seen = enrollments_for(viewer).order_by()
    if person is not None:
        seen = seen.filter(learner__uuid=person)
    if training_class is not None:
        seen = seen.filter(training_class__uuid=training_class)
    rows = list(
        HoursChange.objects.filter(number__gt=since.number, number__lte=until, entry__enrollment__in=seen)
        .select_related(
            "entry__learner",
            "entry__module",
            "entry__enrollment__training_class__syllabus_version",
            "entry__enrollment",
        )
        .order_by("number")[: limit + 1]
    )
    page = rows[:limit]
    stands = _stands(page[-1]) if len(rows) > limit else _at(until, since)
    return Page([_change(each.entry) for each in page], stands, stands.number < last)


def _at(number: int, since: Cursor) -> Cursor:
    if number <= since.number:
        return since
    return _stands(HoursChange.objects.only("number", "entry_id").get(number=number))


def _stands(change: HoursChange) -> Cursor:
    assert change.number is not None
    return Cursor(change.number, change.entry_id)


def _change(entry: Entry) -> Change:
    version = entry.enrollment.training_class.syllabus_version
    return Change(
        entry, masked_identity(entry.learner), done_hours(entry.confirmed_after_ms, version.minutes_of(entry.kind))
    )
