"""Every write of years of continuing education and of claims."""

from lms.teachers.actions.claims import ClaimRefused, NotReviewer, claim_hours, decide_claim, take_claim_back
from lms.teachers.actions.years import NotOpening, YearRefused, open_year, take_part_in_year

__all__ = [
    "ClaimRefused",
    "NotOpening",
    "NotReviewer",
    "YearRefused",
    "claim_hours",
    "decide_claim",
    "open_year",
    "take_claim_back",
    "take_part_in_year",
]
