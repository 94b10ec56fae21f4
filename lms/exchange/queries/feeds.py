"""What every feed has in common: where a reader goes on, how far one page looks, and where it ends.

A number is given to a change only after it was committed, by one hand at a time (actions.numbering). So whoever has
read up to a number has read everything below it that there will ever be: nothing comes later with a lower one.
"""

from dataclasses import dataclass

from django.db.models import Max

from lms.exchange.models import FeedRow
from lms.exchange.rules.cursors import BEGINNING, Cursor

WINDOW = 10_000
"""How many changes are looked through for one page, whether or not the client sees them: a county's client does not
read the whole province to find one row."""


class CursorGone(LookupError):
    """The feed is not the one that this cursor was read from; the reader must start anew."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """The part of a feed that one page looks through: numbers above `since` up to and with `until`, of `last`."""

    feed: type[FeedRow]
    since: Cursor
    until: int
    last: int

    def end(self, last_read: FeedRow | None) -> Cursor:
        """Where to go on: behind the last row of a page that did not reach the end of the stretch (`last_read`), else
        behind the whole stretch."""
        if last_read is not None:
            return _stands(last_read)
        if self.until <= self.since.number:
            return self.since
        return _stands(self.feed._default_manager.only("number", "mark").get(number=self.until))


def stretch_of(feed: type[FeedRow], since: Cursor) -> Stretch:
    """Raises CursorGone."""
    rows = feed._default_manager
    if since != BEGINNING and not rows.filter(number=since.number, mark=since.mark).exists():
        raise CursorGone("the feed has another change at this place")
    last = rows.aggregate(last=Max("number"))["last"] or 0
    return Stretch(feed, since, min(last, since.number + WINDOW), last)


def _stands(change: FeedRow) -> Cursor:
    assert change.number is not None
    return Cursor(change.number, change.mark)
