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

__all__ = [
    "Eligibility",
    "ListedSitting",
    "RegistrationNotFound",
    "SittingNotFound",
    "eligibility",
    "examines",
    "next_sitting",
    "reasons",
    "reasons_of",
    "registration_for",
    "registrations_of",
    "sitting_for",
    "sittings_for",
    "withdrawn_seat",
]
