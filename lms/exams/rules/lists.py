"""What a candidate list says, in one written form, so that a printed one can be held against the audit log."""

import hashlib
import json
from collections.abc import Iterable


def list_digest(sitting: str, admitted: Iterable[tuple[int, str]], refused: Iterable[tuple[str, list[str]]]) -> str:
    """SHA-256 over the seats with their registrations in order, and over who is not admitted and for what."""
    written = {"sitting": sitting, "admitted": list(admitted), "refused": list(refused)}
    canonical = json.dumps(written, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
