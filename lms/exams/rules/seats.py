"""Seats of a sitting are the numbers 1 to its capacity."""

from collections.abc import Collection


def lowest_free_seat(taken: Collection[int], capacity: int) -> int | None:
    """The smallest number that nobody holds, or None when the sitting is full."""
    held = set(taken)
    return next((seat for seat in range(1, capacity + 1) if seat not in held), None)
