"""A statement of a teacher's year: what it holds for ever, what its signature says, how it stands today.

A statement says how the account stood at a moment. Hours may be added later or taken back; whether they were is judged
anew whenever somebody looks, by the exact hours of each category and not by what was rounded for the paper.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

from lms.teachers.rules.forty import YearAccount

SIGNED_TYPE = "year-statement+jwt"
SAME, GROWN, FALLEN, UNPROVEN = "same", "grown", "fallen", "unproven"

ISSUED_A_DAY_MAX = 10
"""Statements of one teacher's year: each is kept for ever, and a script could ask for thousands."""


def exact_hours(account: YearAccount, categories: Sequence[str]) -> dict[str, str]:
    """Every sum that a statement is compared by, as exact fractions; `categories` are the uuids of the modules."""
    found = {"counted": str(account.counted), "carried_in": str(account.carried_in)}
    return found | {uuid: str(each.earned) for uuid, each in zip(categories, account.categories, strict=True)}


def standing(then: Mapping[str, str], now: Mapping[str, str]) -> str:
    """How an account stands against `exact_hours` of its statement: the same, grown, or fallen below what was said.

    Hours that moved between categories and count no less are `grown`: something was added since.
    """
    if dict(then) == dict(now):
        return SAME
    return FALLEN if Fraction(now["counted"]) < Fraction(then["counted"]) else GROWN


def digest(facts: Mapping[str, Any]) -> str:
    """SHA-256 over the canonical form of the facts: keys sorted, no spaces, ASCII."""
    canonical = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def signed_claims(
    *, statement: str, person: str, education_year: str, issued_at: datetime, counted: str, digest: str
) -> dict[str, Any]:
    """Uuids as text; `iat` is in whole seconds. It has no end: it says what was true then."""
    return {
        "jti": statement,
        "sub": person,
        "year": education_year,
        "iat": int(issued_at.timestamp()),
        "counted": counted,
        "facts_digest": digest,
    }
