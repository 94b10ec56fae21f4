"""Every read of sittings, registrations and eligibility."""

from lms.exams.queries.sittings import (
    ListedSitting,
    RegistrationNotFound,
    SittingNotFound,
    examines,
    next_sitting,
    registration_for,
    registrations_of,
    sitting_for,
    sittings_for,
    withdrawn_seat,
)
from lms.exams.queries.verdicts import Eligibility, eligibility, reasons, reasons_of
from lms.exams.queries.waiting import PlaceNotFound, ahead_of, place_for, place_of

__all__ = [
    "Eligibility",
    "ListedSitting",
    "PlaceNotFound",
    "RegistrationNotFound",
    "SittingNotFound",
    "ahead_of",
    "eligibility",
    "examines",
    "next_sitting",
    "place_for",
    "place_of",
    "reasons",
    "reasons_of",
    "registration_for",
    "registrations_of",
    "sitting_for",
    "sittings_for",
    "withdrawn_seat",
]
