"""The number of an admission ticket as somebody types it, for a code that cannot be read."""

import string
from uuid import UUID

LEAST = 8
LONGEST = 32


def first_and_last(number: str) -> tuple[UUID, UUID]:
    """Between which uuids the tickets are that begin so. Raises ValueError: at least 8 hexadecimal signs are asked."""
    signs = "".join(sign for sign in number if sign not in " -")
    if not LEAST <= len(signs) <= LONGEST or not set(signs) <= set(string.hexdigits):
        raise ValueError(f"number: {number[:40]!r}, allowed: {LEAST} to {LONGEST} hexadecimal signs")
    return UUID(hex=signs.ljust(LONGEST, "0")), UUID(hex=signs.ljust(LONGEST, "f"))
