"""What the paper of a statement says, from its facts: the data that `typesetting/` sets.

Chinese with the English beside it, whatever language the reader has chosen: the paper is for others.
"""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from lms.paper_codes import grouped
from lms.teachers.rules.ring import CENTRE, RADIUS, SIZE, Ring, ring_of, ticks
from lms.teachers.rules.statements import FALLEN, UNPROVEN

ABSENT = "—"
STAMPS = {FALLEN: ("学时已变更", "HOURS CHANGED"), UNPROVEN: ("签名失效", "NOT PROVEN")}
STATES = {
    "running": ("年度进行中", "The year is running"),
    "done": ("已达到本年度要求", "All hours done; the year is running"),
    "complete": ("本年度已完成", "Complete"),
    "exempt": ("本年度不作要求", "Not owed for this year"),
    "grace": ("年度已结束，尚在补学期内", "Over; hours may still be made up"),
    "short": ("年度已结束，学时不足", "Over; hours are missing"),
}
TONES = ("#8a979a", "#0a5261", "#5f9aa5", "#85608f", "#4a6da7", "#8a7a2e")
"""Of what was carried over, and of the categories in turn; the same as on the page, in light."""

TRACK, INK, BEYOND = "#e6e7e0", "#76868a", "#17653a"


def tone_of(place: int) -> int:
    """Which tone the part at a place of the ring has: 0 is what was carried over, categories begin anew after five."""
    return 0 if place == 0 else (place - 1) % (len(TONES) - 1) + 1


def paper_of(
    facts: Mapping[str, Any], *, code: str, digest: str, issued_on: date, address: str, state: str
) -> dict[str, Any]:
    """The data of the layout. A paper whose hours were taken back, or that no key stands for, says so across it."""
    stamp = STAMPS.get(state)
    said = STATES["done" if facts["state"] == "running" and facts["missing"] == "0" else facts["state"]]
    return {
        "title_zh": f"{facts['year']} 年教师继续教育学时证明",
        "title_en": f"Statement of continuing education, {facts['year']}",
        "year": facts["year"],
        "stamp": {"zh": stamp[0], "en": stamp[1]} if stamp else None,
        "code": grouped(code),
        "digest": digest,
        "address": address,
        "name": facts["name"],
        "identity": facts["identity"] or ABSENT,
        "certificates": "、".join(facts["certificates"]) or ABSENT,
        "region_zh": facts["region_zh"],
        "region_en": facts["region_en"],
        "institution_zh": facts["institution_zh"],
        "institution_en": facts["institution_en"],
        "as_of": _day(date.fromisoformat(facts["as_of"])),
        "as_of_iso": facts["as_of"],
        "issued_on": _day(issued_on),
        "state_zh": said[0],
        "state_en": said[1],
        "required": facts["required"],
        "counted": facts["counted"],
        "missing": facts["missing"],
        "carried_in": facts["carried_in"],
        "carried_out": facts["carried_out"],
        "categories": [{**each, "tone": TONES[tone_of(place)]} for place, each in enumerate(facts["categories"], 1)],
        "carried_tone": TONES[0],
        "ring": ring_svg(_ring(facts), Fraction(facts["required"])),
    }


def ring_svg(ring: Ring, required: Fraction) -> str:
    """The ring as a picture of its own, in the colours of paper."""
    short, long = ticks(required)
    drawn = [
        f'<circle cx="{CENTRE:g}" cy="{CENTRE:g}" r="{RADIUS:g}" stroke="{TRACK}" stroke-width="11"/>',
        f'<path d="{short}" stroke="{INK}" stroke-width="0.6"/>',
        f'<path d="{long}" stroke="{INK}" stroke-width="1.2"/>',
    ]
    drawn += [f'<path d="{each.path}" stroke="{TONES[tone_of(each.tone)]}" stroke-width="11"/>' for each in ring.arcs]
    if ring.beyond:
        drawn.append(f'<path d="{ring.beyond_path}" stroke="{BEYOND}" stroke-width="3" stroke-linecap="round"/>')
    box = f'viewBox="0 0 {SIZE} {SIZE}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {box} fill="none">{"".join(drawn)}</svg>'


def _ring(facts: Mapping[str, Any]) -> Ring:
    parts = [facts["carried_in"], *(each["counted"] for each in facts["categories"])]
    return ring_of(Fraction(facts["required"]), [Fraction(each) for each in parts])


def _day(day: date) -> str:
    return f"{day.year} 年 {day.month} 月 {day.day} 日"
