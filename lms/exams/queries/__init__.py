"""Every read of sittings, registrations and eligibility."""

from lms.exams.queries.sittings import (
    ListedSitting,
    RegistrationNotFound,
    SittingNotFound,
    examines,
    last_seat,
    next_sitting,
    own_syllabi,
    registration_for,
    registrations_of,
    seat_elsewhere,
    seats_to_come,
    sitting_for,
    sittings_for,
    sittings_instead_of,
)
from lms.exams.queries.tickets import NoTicket, printed_ticket, ticketed_seat
from lms.exams.queries.verdicts import Eligibility, eligibility, reasons, reasons_of
from lms.exams.queries.waiting import PlaceNotFound, ahead_of, place_for, place_of, places_to_come

__all__ = [
    "Eligibility",
    "ListedSitting",
    "NoTicket",
    "PlaceNotFound",
    "RegistrationNotFound",
    "SittingNotFound",
    "ahead_of",
    "eligibility",
    "examines",
    "last_seat",
    "next_sitting",
    "own_syllabi",
    "place_for",
    "place_of",
    "places_to_come",
    "printed_ticket",
    "reasons",
    "reasons_of",
    "registration_for",
    "registrations_of",
    "seat_elsewhere",
    "seats_to_come",
    "sitting_for",
    "sittings_for",
    "sittings_instead_of",
    "ticketed_seat",
]
