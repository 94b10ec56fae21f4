"""What a client may be allowed to read."""

from collections.abc import Iterable

HOURS, ELIGIBILITY, ATTESTATIONS = "hours.read", "eligibility.read", "attestations.read"
SCOPES = (HOURS, ELIGIBILITY, ATTESTATIONS)


def unknown(wanted: Iterable[str]) -> tuple[str, ...]:
    """Those that do not exist, sorted."""
    return tuple(sorted(set(wanted) - set(SCOPES)))


def granted(asked: str, allowed: Iterable[str]) -> tuple[str, ...] | None:
    """The scopes of a token: what was asked for (words), or all that is allowed when nothing was.

    None when something was asked for that is not allowed: a token with less than was asked for would surprise later.
    """
    may = set(allowed)
    wanted = set(asked.split()) or may
    return tuple(each for each in SCOPES if each in wanted) if wanted <= may and wanted <= set(SCOPES) else None
