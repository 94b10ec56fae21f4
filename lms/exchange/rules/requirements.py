"""Which reasons of the gate are about the learner's training, and which only about booking a seat now.

An exam system asks about people who have their seat already: for them "already registered" says nothing against their
hours. A code that is not known here is a requirement: it fails closed.
"""

from collections.abc import Iterable

OF_BOOKING = frozenset({"already_registered", "full", "registration_not_open", "registration_closed"})


def requirements_met(codes: Iterable[str]) -> bool:
    """Is nothing unmet but what belongs to booking?"""
    return OF_BOOKING.issuperset(codes)
