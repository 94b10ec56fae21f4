"""A learner's hours once more from nothing but their entries: totals, coverage, and what is still provisional.

A balance is a fold over the ledger. What the fold cannot make sense of (a hole in the numbers, a balance that does not
follow, time that overlaps) is told as a fault, and the fold goes on.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from lms.hours.rules.spans import Span, union

HELD = frozenset({"attendance", "claim"})
"""Sorts whose whole time is confirmed as it is posted."""

Account = tuple[int, int, str]
"""Enrollment, module and kind."""


@dataclass(frozen=True, slots=True)
class Posted:
    """One entry as it was posted. `from_ms`/`to_ms` on the server's clock; `media` of `version`, for a credit."""

    number: int
    sort: str
    account: Account
    ms: int
    provisional_ms: int
    confirmed_ms: int
    provisional_after_ms: int
    confirmed_after_ms: int
    session: int | None = None
    version: int | None = None
    from_ms: int | None = None
    to_ms: int | None = None
    media: Span = (0, 0)


@dataclass(slots=True)
class Replayed:
    """What the entries come to. Coverage is {version: spans}; `settled` is the part that cannot be voided any more."""

    confirmed_ms: dict[Account, int] = field(default_factory=dict)
    provisional_ms: dict[Account, int] = field(default_factory=dict)
    credited_ms: dict[int, int] = field(default_factory=dict)
    covered: dict[int, list[Span]] = field(default_factory=dict)
    settled: dict[int, list[Span]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def replay(entries: Iterable[Posted]) -> Replayed:
    """Fold a learner's entries, oldest first."""
    replayed = Replayed()
    taken_until: list[Span] = []
    for expected, entry in enumerate(entries, start=1):
        if entry.number != expected:
            replayed.faults.append(f"entry {entry.number} stands where {expected} should")
        _add(replayed, entry)
        _check_balance(replayed, entry)
        _check_held(replayed, entry)
        if entry.from_ms is not None and entry.to_ms is not None:
            taken_until.append((entry.from_ms, entry.to_ms))
            if entry.ms > entry.to_ms - entry.from_ms:
                replayed.faults.append(f"entry {entry.number} credits more than its interval holds")
    replayed.faults += _overlaps(taken_until)
    return replayed


def _add(replayed: Replayed, entry: Posted) -> None:
    account, version = entry.account, entry.version
    replayed.confirmed_ms[account] = replayed.confirmed_ms.get(account, 0) + entry.confirmed_ms
    replayed.provisional_ms[account] = replayed.provisional_ms.get(account, 0) + entry.provisional_ms
    if version is None:
        return
    if entry.sort == "credit":
        replayed.credited_ms[version] = replayed.credited_ms.get(version, 0) + entry.ms
        replayed.covered[version] = union(replayed.covered.get(version, []), [entry.media])
    elif entry.sort == "correction":
        replayed.credited_ms[version] = replayed.credited_ms.get(version, 0) + entry.ms
        replayed.covered[version] = union(replayed.covered.get(version, []), [entry.media])
        replayed.settled[version] = union(replayed.settled.get(version, []), [entry.media])
    elif entry.sort == "confirm":
        replayed.settled[version] = replayed.covered.get(version, [])
    elif entry.sort == "void":
        replayed.credited_ms[version] = replayed.credited_ms.get(version, 0) - entry.ms
        replayed.covered[version] = replayed.settled.get(version, [])


def _check_balance(replayed: Replayed, entry: Posted) -> None:
    after = (replayed.provisional_ms[entry.account], replayed.confirmed_ms[entry.account])
    if after != (entry.provisional_after_ms, entry.confirmed_after_ms):
        replayed.faults.append(
            f"entry {entry.number} says {entry.provisional_after_ms} ms provisional and "
            f"{entry.confirmed_after_ms} ms confirmed after it; the entries up to it come to {after[0]} and {after[1]}"
        )


def _check_held(replayed: Replayed, entry: Posted) -> None:
    if entry.sort not in HELD:
        return
    if (entry.provisional_ms, entry.confirmed_ms) != (0, entry.ms) or entry.from_ms is None or entry.to_ms is None:
        replayed.faults.append(
            f"entry {entry.number} ({entry.sort}) confirms {entry.confirmed_ms} ms of {entry.ms} ms that were held"
        )


def _overlaps(intervals: list[Span]) -> list[str]:
    faults = []
    until_ms = 0
    for from_ms, to_ms in sorted(intervals):
        if from_ms < until_ms:
            faults.append(f"credited time overlaps by {until_ms - from_ms} ms at {from_ms}")
        until_ms = max(until_ms, to_ms)
    return faults
