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
)
from lms.exams.queries.verdicts import Eligibility, eligibility, reasons

__all__ = [
    "Eligibility",
    "ListedSitting",
    "RegistrationNotFound",
    "SittingNotFound",
    "eligibility",
    "examines",
    "next_sitting",
    "reasons",
    "registration_for",
    "registrations_of",
    "sitting_for",
    "sittings_for",
]
