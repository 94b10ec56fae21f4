"""What the signature of a decision says: whose it is, upon what, and what came out."""

from datetime import datetime
from typing import Any

SIGNED_TYPE = "decision+jwt"


def signed_claims(
    *, decision: str, learner: str, sitting: str, made_at: datetime, rule_version: str, digest: str, eligible: bool
) -> dict[str, Any]:
    """Uuids as text. `iat` is in whole seconds; the decision itself holds the moment."""
    return {
        "jti": decision,
        "sub": learner,
        "sitting": sitting,
        "iat": int(made_at.timestamp()),
        "rule_version": rule_version,
        "inputs_digest": digest,
        "eligible": eligible,
    }
