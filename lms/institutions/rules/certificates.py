"""When a teacher's certificate is valid: in [valid_from, valid_to), and not from the day on which it was revoked."""

from dataclasses import dataclass
from datetime import date

VALID, LATER, EXPIRED, REVOKED = "valid", "later", "expired", "revoked"


@dataclass(frozen=True, slots=True)
class Term:
    valid_from: date
    valid_to: date
    revoked_on: date | None


def is_valid_on(term: Term, day: date) -> bool:
    return term.valid_from <= day < term.valid_to and (term.revoked_on is None or day < term.revoked_on)


def state_on(term: Term, day: date) -> str:
    """What to say of it: a revocation weighs more than a term that has run out since."""
    if term.revoked_on is not None and day >= term.revoked_on:
        return REVOKED
    if day < term.valid_from:
        return LATER
    return VALID if day < term.valid_to else EXPIRED


def revocation_problem(term: Term, on: date) -> str:
    """Why it cannot be revoked from that day on: what is allowed; "" when it can."""
    if not term.valid_from <= on < term.valid_to:
        return f"{term.valid_from.isoformat()} to the day before {term.valid_to.isoformat()}"
    return ""
