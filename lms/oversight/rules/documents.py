"""Who has completed a training to its syllabus, and what a document about it says.

Hours are compared exactly, in fractions of a class hour, as the exam gate compares them: a surplus of classroom hours
of a module stands in for its missing online hours, never the other way, and practice is only earned in a workshop.
It fails closed: a syllabus that asks nothing is a mistake, not a certificate.
"""

import hashlib
import json
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from lms.enrollments.rules import units
from lms.enrollments.rules.classes import CONTINUING
from lms.enrollments.rules.syllabus import CLASSROOM, ONLINE

CERTIFICATE, RECORD_CARD = "certificate", "record_card"
TRAINED_STATES = frozenset({"accepted", "ended"})
VALID, REVOKED, UNCOVERED = "valid", "revoked", "uncovered"

_NUMBER = re.compile(r"\d{4}-\d{2,12}-\d{6,9}")


@dataclass(frozen=True, slots=True)
class AskedHours:
    """Class hours of one kind that a module asks, and the milliseconds that the ledger has confirmed."""

    module: str
    kind: str
    hours: Decimal
    minutes: int
    confirmed_ms: int


@dataclass(frozen=True, slots=True)
class Completion:
    """Everything that is judged about one enrollment."""

    training: str
    is_enrolled: bool
    has_identity: bool
    class_state: str
    is_institution_suspended: bool
    asked: tuple[AskedHours, ...]


@dataclass(frozen=True, slots=True)
class Unmet:
    """One reason against. `required`, `actual` and `missing` are class hours, for `hours_missing` only."""

    code: str
    module: str = ""
    kind: str = ""
    required: Decimal | None = None
    actual: Decimal | None = None
    missing: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A ledger entry that changed confirmed hours by `ms`; negative where it took some away."""

    uuid: str
    number: int
    module: str
    kind: str
    sort: str
    ms: int
    posted_at: datetime


def kinds_of(training: str) -> tuple[str, ...]:
    """What a completed training of this sort gives: every one a certificate, a refresher a record card as well; a
    teacher's year none of them, it has a statement of its own."""
    if training == CONTINUING:
        return ()
    return (CERTIFICATE, RECORD_CARD) if training == "refresher" else (CERTIFICATE,)


def unmet_of(facts: Completion, kind: str) -> tuple[Unmet, ...]:
    """Every reason why this document may not be issued; empty when it may."""
    found = []
    if kind not in (given := kinds_of(facts.training)):
        found.append(Unmet("kind_of_another_training" if given else "no_document"))
    if not facts.is_enrolled:
        found.append(Unmet("not_enrolled"))
    if not facts.has_identity:
        found.append(Unmet("identity_missing"))
    if facts.class_state not in TRAINED_STATES:
        found.append(Unmet("class_not_accepted"))
    if facts.is_institution_suspended:
        found.append(Unmet("institution_suspended"))
    return (*found, *shortages(facts.asked))


def shortages(asked: Sequence[AskedHours]) -> tuple[Unmet, ...]:
    """Requirements that the confirmed hours do not meet, in the order given."""
    if not asked:
        return (Unmet("nothing_asked"),)
    surplus = {each.module: max(_earned(each) - Fraction(each.hours), Fraction(0)) for each in asked if _is_spare(each)}
    found = []
    for each in asked:
        missing = Fraction(each.hours) - _earned(each)
        if each.kind == ONLINE:
            missing -= surplus.get(each.module, Fraction(0))
        if missing > 0:
            found.append(_hours_missing(each, missing))
    return tuple(found)


def digest(lines: Iterable[Line]) -> str:
    """SHA-256 over the canonical form of the entries: by number, each as [uuid, module, kind, sort, ms]."""
    ordered = sorted(lines, key=lambda each: each.number)
    written = [[each.uuid, each.module, each.kind, each.sort, each.ms] for each in ordered]
    canonical = json.dumps(written, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def summed(lines: Iterable[Line]) -> dict[tuple[str, str], int]:
    """Confirmed milliseconds by (module, kind)."""
    sums: dict[tuple[str, str], int] = {}
    for each in lines:
        sums[each.module, each.kind] = sums.get((each.module, each.kind), 0) + each.ms
    return sums


def with_hours(asked: Iterable[AskedHours], confirmed: dict[tuple[str, str], int]) -> tuple[AskedHours, ...]:
    """The same requirements with these confirmed milliseconds by (module, kind)."""
    return tuple(
        AskedHours(each.module, each.kind, each.hours, each.minutes, confirmed.get((each.module, each.kind), 0))
        for each in asked
    )


def completed_at(asked: Sequence[AskedHours], lines: Iterable[Line]) -> datetime | None:
    """Since when the hours have been complete without a break; None when they are not. Reads `lines` alone."""
    since: datetime | None = None
    confirmed: dict[tuple[str, str], int] = {}
    # Judging is dear, and a ledger judges thousands: who has less than all together cannot have enough of each.
    scale = math.lcm(*(each.minutes for each in asked))
    weights = {(each.module, each.kind): scale // each.minutes for each in asked}
    needed = sum((Fraction(each.hours) for each in asked), Fraction(0)) * units.MS_PER_MINUTE * scale
    held = 0
    for each in sorted(lines, key=lambda line: line.number):
        key = (each.module, each.kind)
        before = confirmed.get(key, 0)
        confirmed[key] = before + each.ms
        held += (max(confirmed[key], 0) - max(before, 0)) * weights.get(key, 0)
        # More hours never undo what is complete, so only a loss has to be judged again.
        if since is not None and each.ms >= 0:
            continue
        if held < needed or shortages(with_hours(asked, confirmed)):
            since = None
        elif since is None:
            since = each.posted_at
    return since


def state_of(*, is_revoked: bool, missing: Sequence[Unmet]) -> str:
    """What a stranger is told: a revocation outweighs everything, missing hours outweigh the paper."""
    if is_revoked:
        return REVOKED
    return UNCOVERED if missing else VALID


def number_of(year: int, region_code: str, serial: int) -> str:
    """`2026-530102-000017`."""
    return f"{year:04}-{region_code}-{serial:06}"


def read_number(text: str) -> str | None:
    """The document number that somebody typed; None when it is none."""
    places = re.sub(r"\s+", "", text).replace("–", "-").replace("—", "-")
    return places if _NUMBER.fullmatch(places) and places.isascii() else None


def _is_spare(each: AskedHours) -> bool:
    return each.kind == CLASSROOM


def _earned(each: AskedHours) -> Fraction:
    return Fraction(max(each.confirmed_ms, 0), each.minutes * units.MS_PER_MINUTE)


def _hours_missing(each: AskedHours, missing: Fraction) -> Unmet:
    return Unmet(
        "hours_missing",
        module=each.module,
        kind=each.kind,
        required=each.hours,
        actual=units.done_hours(max(each.confirmed_ms, 0), each.minutes),
        missing=Decimal(math.ceil(missing * 100)) * units.SHOWN,
    )
