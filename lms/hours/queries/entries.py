"""A learner's own ledger, newest first, a page at a time."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.functional import cached_property

from lms.accounts.models import User
from lms.hours.models import Entry, EntrySort, Refusal

PAGE_ROWS = 50


def entries_of(learner: User, page: str | int = 1) -> Page[Any]:
    """One page of the learner's entries with module and lesson title. A page that is none becomes the nearest.

    `settled_by` is the sort of the entry that ended the provisional state of a credit: confirm, void, or None.
    """
    later = Entry.objects.filter(
        learner=learner,
        enrollment=OuterRef("enrollment"),
        module=OuterRef("module"),
        kind=OuterRef("kind"),
        number__gt=OuterRef("number"),
        sort__in=[EntrySort.CONFIRM, EntrySort.VOID],
    ).order_by("number")
    rows = (
        Entry.objects.filter(learner=learner)
        .select_related("module", "lesson_version", "proposed_by", "posted_by")
        .annotate(settled_by=Subquery(later.values("sort")[:1]))
        .order_by("-number")
    )
    return _LedgerPages(rows, PAGE_ROWS).get_page(page)


def entries_after(learner: User, number: int, limit: int = PAGE_ROWS) -> list[Entry]:
    """Up to `limit` entries with a number above `number`, oldest first."""
    rows = Entry.objects.filter(learner=learner, number__gt=number)
    return list(rows.select_related("module", "lesson_version__lesson", "enrollment").order_by("number")[:limit])


def refusals_of(learner: User, page: str | int = 1) -> Page[Refusal]:
    """One page of what was not credited to the learner, the last written first."""
    rows = Refusal.objects.filter(learner=learner).select_related("lesson_version").order_by("-pk")
    return Paginator(rows, PAGE_ROWS).get_page(page)


class _LedgerPages(Paginator[Any]):
    """Pages of one learner's entries, which are numbered without a hole: the last number is their count, and a page is
    a range of numbers. Counting and skipping rows would cost more with every entry.
    """

    object_list: QuerySet[Any]

    @cached_property
    def count(self) -> int:
        return self.object_list.order_by("-number").values_list("number", flat=True).first() or 0

    def page(self, number: int | str) -> Page[Any]:
        number = self.validate_number(number)
        newest = self.count - (number - 1) * self.per_page
        rows = self.object_list.filter(number__lte=newest, number__gt=newest - self.per_page)
        return Page(rows, number, self)
