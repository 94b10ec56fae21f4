"""What a paper says, from the snapshot of its document: the data that `typesetting/` sets, and the totals of a page.

Chinese with the English beside it, whatever language the reader has chosen: the paper is for others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from lms.enrollments.rules.syllabus import CLASSROOM, KINDS, ONLINE, WORKSHOP
from lms.enrollments.rules.units import done_hours, plain
from lms.oversight.rules.documents import CERTIFICATE, RECORD_CARD, REVOKED, UNCOVERED
from lms.paper_codes import grouped

TITLES = {
    CERTIFICATE: ("按大纲培训合格证明", "Certificate of training completed to the syllabus"),
    RECORD_CARD: ("培训记录卡", "Training record card"),
}
KIND_NAMES = {ONLINE: ("网络", "Online"), CLASSROOM: ("面授", "Classroom"), WORKSHOP: ("实操", "Workshop")}
STAMPS = {REVOKED: ("已撤销", "REVOKED"), UNCOVERED: ("学时已变更", "HOURS CHANGED")}
ABSENT = "—"
TEACHERS_PRINTED_MAX = 8


@dataclass(frozen=True, slots=True)
class Total:
    """Class hours of one kind over all modules, as they are printed."""

    kind: str
    minutes: int
    required: str
    confirmed: str


def totals_of(snapshot: Mapping[str, Any]) -> list[Total]:
    """In the order of kinds; only those that the syllabus asks."""
    found = []
    for kind in KINDS:
        cells = [module["kinds"][kind] for module in snapshot["modules"] if kind in module["kinds"]]
        if cells:
            minutes = snapshot["minutes"][kind]
            required = sum((Decimal(cell["required"]) for cell in cells), Decimal(0))
            confirmed = done_hours(sum(cell["confirmed_ms"] for cell in cells), minutes)
            found.append(Total(kind, minutes, plain(required), plain(confirmed)))
    return found


def paper_of(
    snapshot: Mapping[str, Any],
    *,
    kind: str,
    number: str,
    code: str,
    digest: str,
    issued_on: date,
    address: str,
    state: str,
) -> dict[str, Any]:
    """The data of a layout. A revoked paper, and one whose hours were taken back, says so across the page.

    What was issued before teachers were written down has none, and is set as it always was.
    """
    totals = totals_of(snapshot)
    stamp = STAMPS.get(state)
    return {
        "title_zh": TITLES[kind][0],
        "title_en": TITLES[kind][1],
        "number": number,
        "code": grouped(code),
        "digest": digest,
        "address": address,
        "stamp": {"zh": stamp[0], "en": stamp[1]} if stamp else None,
        "name": snapshot["name"],
        "identity": snapshot["identity"] or ABSENT,
        "syllabus_zh": snapshot["syllabus_zh"],
        "syllabus_en": snapshot["syllabus_en"],
        "syllabus_version": snapshot["syllabus_version"],
        "institution_zh": snapshot["institution_zh"],
        "institution_en": snapshot["institution_en"] or snapshot["institution_zh"],
        "region_zh": snapshot["region_zh"],
        "class_title": snapshot["class_title"],
        "teachers": _named(snapshot.get("teachers", [])),
        "first_on": _day(snapshot["first_on"]),
        "last_on": _day(snapshot["last_on"]),
        "completed_on": _day(snapshot["completed_on"]),
        "completed_iso": snapshot["completed_on"] or ABSENT,
        "reported_on": _day(snapshot["reported_on"]),
        "issued_on": _day(issued_on.isoformat()),
        "kinds": [_heading(each) for each in totals],
        "modules": [_row(module, [each.kind for each in totals]) for module in snapshot["modules"]],
        "has_surplus": any(_is_short(module) for module in snapshot["modules"]),
    }


def _named(teachers: Sequence[str]) -> str:
    """`何老师、吕老师等 12 人`: a class may have fifty, and the card has one page."""
    more = f"等 {len(teachers)} 人" if len(teachers) > TEACHERS_PRINTED_MAX else ""
    return "、".join(teachers[:TEACHERS_PRINTED_MAX]) + more


def _heading(total: Total) -> dict[str, Any]:
    zh, en = KIND_NAMES[total.kind]
    return {"zh": zh, "en": en, "minutes": total.minutes, "required": total.required, "confirmed": total.confirmed}


def _row(module: Mapping[str, Any], kinds: list[str]) -> dict[str, Any]:
    cells = [module["kinds"].get(kind) for kind in kinds]
    hours = [cell and {"required": cell["required"], "confirmed": cell["confirmed"]} for cell in cells]
    return {"zh": module["name_zh"], "en": module["name_en"], "hours": hours}


def _is_short(module: Mapping[str, Any]) -> bool:
    """Less online than asked: classroom hours stood in, or nothing would have been issued."""
    online = module["kinds"].get(ONLINE)
    return online is not None and Decimal(online["confirmed"]) < Decimal(online["required"])


def _day(written: str | None) -> str:
    if written is None:
        return ABSENT
    day = date.fromisoformat(written)
    return f"{day.year} 年 {day.month} 月 {day.day} 日"
