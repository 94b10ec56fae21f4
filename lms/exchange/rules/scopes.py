"""What a client may be allowed to read."""

from collections.abc import Iterable

HOURS, ELIGIBILITY, ATTESTATIONS = "hours.read", "eligibility.read", "attestations.read"
SCOPES = (HOURS, ELIGIBILITY, ATTESTATIONS)


def unknown(wanted: Iterable[str]) -> tuple[str, ...]:
    """Those that do not exist, sorted."""
    return tuple(sorted(set(wanted) - set(SCOPES)))
