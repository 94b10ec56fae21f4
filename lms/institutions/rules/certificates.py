"""When a teacher's certificate is valid: in [valid_from, valid_to), and not from the day on which it was revoked."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Term:
    valid_from: date
    valid_to: date
    revoked_on: date | None


def is_valid_on(term: Term, day: date) -> bool:
    return term.valid_from <= day < term.valid_to and (term.revoked_on is None or day < term.revoked_on)
