"""The number of an admission ticket: the first signs of its registration's uuid, for a code that cannot be read."""

import string
from uuid import UUID

SHOWN = 8
LONGEST = 32


def ticket_number(registration: UUID) -> str:
    """As it is printed: eight signs, capitals."""
    return registration.hex[:SHOWN].upper()


def first_and_last(number: str) -> tuple[UUID, UUID]:
    """Between which uuids the tickets are that begin so. Raises ValueError: at least 8 hexadecimal signs are asked."""
    signs = "".join(sign for sign in number if sign not in " -")
    if not SHOWN <= len(signs) <= LONGEST or not set(signs) <= set(string.hexdigits):
        raise ValueError(f"number: {number[:40]!r}, allowed: {SHOWN} to {LONGEST} hexadecimal signs")
    return UUID(hex=signs.ljust(LONGEST, "0")), UUID(hex=signs.ljust(LONGEST, "f"))
