"""What is told by letter of decisions on claims. Called inside the transaction of the decision."""

from datetime import datetime

from django.utils import timezone

from lms.letters.actions import NewLetter, write_letters
from lms.teachers.models import Claim


def tell_claim_decided(*, at: datetime, claim: Claim) -> None:
    """To the claimant, with the reason."""
    facts = {"day": timezone.localdate(claim.from_at).isoformat(), "reason": claim.reason}
    once = about = str(claim.uuid)
    write_letters(at=at, letters=[NewLetter(f"claim.{claim.state}", claim.person, once, about, facts)])
