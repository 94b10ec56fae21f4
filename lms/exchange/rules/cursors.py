"""Where a reader of a feed stands: the number of the last change it has seen and the mark of the row there.

The mark, which is random, is the proof that the feed is still the one that was read: after a restore from an older
back-up the same number, even with the same ids, may be another change, and whoever went on from it would miss some. To
clients a cursor is opaque.
"""

import base64
import re
from dataclasses import dataclass
from uuid import UUID

LENGTH_MAX = 80
_TEXT = re.compile(r"2:([0-9]{1,18}):([0-9a-f]{32})")
_EARLIER = re.compile(r"1:([1-9][0-9]{0,17}):([0-9]{1,18})")
"""As they were written before rows had marks."""
NO_MARK = UUID(int=0)


class BadCursor(ValueError):
    """It was not made here."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """`number` 0 stands before the first change, where there is no mark."""

    number: int
    mark: UUID


BEGINNING = Cursor(0, NO_MARK)


def written(cursor: Cursor) -> str:
    return base64.urlsafe_b64encode(f"2:{cursor.number}:{cursor.mark.hex}".encode()).rstrip(b"=").decode()


def read(text: str) -> Cursor:
    """The cursor; an empty text is the beginning. One of an earlier version stands where no row is: its feed must be
    read anew. Raises BadCursor.
    """
    if not text:
        return BEGINNING
    if len(text) > LENGTH_MAX or not text.isascii():
        raise BadCursor(text)
    try:
        plain = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode()
    except ValueError:
        raise BadCursor(text) from None
    if earlier := _EARLIER.fullmatch(plain):
        return Cursor(int(earlier[1]), NO_MARK)
    found = _TEXT.fullmatch(plain)
    cursor = Cursor(int(found[1]), UUID(found[2])) if found else None
    # One way to write each cursor: what is read back differs for 007 or stray bits.
    if cursor is None or written(cursor) != text:
        raise BadCursor(text)
    return cursor
