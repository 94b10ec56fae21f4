"""Where a reader of the feed stands: the number of the last change it has seen and the entry that stands there.

The entry is the proof that the feed is still the one that was read: after a restore from an older backup the same
number may be another change, and whoever went on from it would miss some. To clients a cursor is opaque.
"""

import base64
import re
from dataclasses import dataclass

LENGTH_MAX = 80
_TEXT = re.compile(r"1:([0-9]{1,18}):([0-9]{1,18})")


class BadCursor(ValueError):
    """It was not made here."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """`number` 0 (with entry 0) stands before the first change."""

    number: int
    entry: int


BEGINNING = Cursor(0, 0)


def written(cursor: Cursor) -> str:
    return base64.urlsafe_b64encode(f"1:{cursor.number}:{cursor.entry}".encode()).rstrip(b"=").decode()


def read(text: str) -> Cursor:
    """The cursor; an empty text is the beginning. Raises BadCursor."""
    if not text:
        return BEGINNING
    if len(text) > LENGTH_MAX or not text.isascii():
        raise BadCursor(text)
    try:
        plain = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode()
    except ValueError:
        raise BadCursor(text) from None
    found = _TEXT.fullmatch(plain)
    cursor = Cursor(int(found[1]), int(found[2])) if found else None
    # One way to write each cursor: what is read back differs for 007 or stray bits.
    if cursor is None or written(cursor) != text:
        raise BadCursor(text)
    return cursor
