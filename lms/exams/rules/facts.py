"""What a verdict is made from, and its one written form.

Every field may be None: not known. `as_json` and `from_json` are each other's inverse, so a stored decision can be
judged again; `digest` is the SHA-256 over the canonical form of the facts and the rule version.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from lms.exams.rules.requirements import Requirements

MOMENTS = frozenset({"at", "opens_at", "closes_at", "reported_at", "begins_at"})


@dataclass(frozen=True, slots=True)
class KindFacts:
    """Class hours of one kind that a module asks (0: none) and what the ledger has confirmed."""

    kind: str
    required_hours: Decimal | None
    minutes: int | None
    confirmed_ms: int | None


@dataclass(frozen=True, slots=True)
class ModuleFacts:
    module: str
    kinds: tuple[KindFacts, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """One learner, one sitting, and one of the learner's enrollments in a class of the sitting's syllabus.

    `begins_at` is the first moment of the class's first day in the installation's zone. `requirements` are those in
    force when the class was reported; `training` is initial or refresher. Of the teachers named in the report,
    `teachers_certified` held a certificate on its first day. `earlier_certificate`: one of the trade was held then.

    `sitting_state` is cancelled or the state of its plan. `booked` counts the seats that are held and those promised to
    who waited before. `registered_elsewhere`: a seat is held in another sitting of the syllabus; `another_exam_then`:
    one at the same time. `trained_by_examiner`: the body that examines is the one that trained.
    """

    at: datetime | None = None
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    capacity: int | None = None
    booked: int | None = None
    person_suspended: bool | None = None
    identity_present: bool | None = None
    already_registered: bool | None = None
    enrolled: bool | None = None
    class_state: str | None = None
    reported_at: datetime | None = None
    begins_at: datetime | None = None
    institution_suspended: bool | None = None
    requirements: Requirements | None = None
    training: str | None = None
    identity_verified: bool | None = None
    teachers_named: int | None = None
    teachers_certified: int | None = None
    earlier_certificate: bool | None = None
    sitting_state: str | None = None
    registered_elsewhere: bool | None = None
    another_exam_then: bool | None = None
    trained_by_examiner: bool | None = None
    modules: tuple[ModuleFacts, ...] | None = None


def as_json(facts: Facts) -> dict[str, Any]:
    """Only JSON's own types: moments as ISO 8601 in UTC, class hours as decimal strings."""
    written: dict[str, Any] = {field.name: getattr(facts, field.name) for field in fields(facts)}
    for name in MOMENTS:
        written[name] = written[name].astimezone(UTC).isoformat() if written[name] is not None else None
    if facts.requirements is not None:
        written["requirements"] = asdict(facts.requirements)
    if facts.modules is not None:
        written["modules"] = [
            {"module": each.module, "kinds": [_kind(k) for k in each.kinds]} for each in facts.modules
        ]
    return written


def from_json(written: dict[str, Any]) -> Facts:
    """What an older rule did not ask for is not known."""
    read = dict(written)
    for name in MOMENTS:
        read[name] = datetime.fromisoformat(read[name]) if read[name] is not None else None
    if read["modules"] is not None:
        read["modules"] = tuple(
            ModuleFacts(each["module"], tuple(_read_kind(kind) for kind in each["kinds"])) for each in read["modules"]
        )
    if read.get("requirements") is not None:
        read["requirements"] = Requirements(**read["requirements"])
    return Facts(**read)


def digest(inputs: dict[str, Any], rule_version: str) -> str:
    canonical = json.dumps(
        {"inputs": inputs, "rule_version": rule_version}, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    return hashlib.sha256(canonical.encode()).hexdigest()


def _kind(facts: KindFacts) -> dict[str, Any]:
    hours = f"{facts.required_hours:f}" if facts.required_hours is not None else None
    return {
        "kind": facts.kind,
        "required_hours": hours,
        "minutes": facts.minutes,
        "confirmed_ms": facts.confirmed_ms,
    }


def _read_kind(written: dict[str, Any]) -> KindFacts:
    hours = written["required_hours"]
    return KindFacts(
        kind=written["kind"],
        required_hours=Decimal(hours) if hours is not None else None,
        minutes=written["minutes"],
        confirmed_ms=written["confirmed_ms"],
    )
