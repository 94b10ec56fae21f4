"""docs/hours.md is the rule in prose; its tables are replayed here."""

import re
from datetime import datetime
from pathlib import Path

import pytest

from tests.timeline import START, ZONE, tell

PAGE = Path(__file__).parents[3] / "docs" / "hours.md"
ROW = re.compile(
    r"^\| (?P<what>[^|]+) \| `(?P<timeline>[^`]+)`(?: \((?P<terms>[^)]*)\))? "
    r"\| (?P<credited>\d+) \| (?P<covered>\d+) \|(?P<refused>[^|]*)\|$"
)


def rows() -> list[re.Match[str]]:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    return [match for line in lines if (match := ROW.match(line))]


def start_of(terms: str) -> datetime:
    clock = re.search(r"starts (\d+):(\d+):(\d+)", terms)
    if not clock:
        return START
    hour, minute, second = (int(part) for part in clock.groups())
    return datetime(2026, 3, 2, hour, minute, second, tzinfo=ZONE)


def delivered_by(terms: str) -> list[tuple[int, int]] | None:
    """`keys 0-60 120-180` are the windows whose keys the session got, `no keys` none; else the lesson has no keys."""
    if "keys" not in terms:
        return None
    return [(int(lower) * 1000, int(upper) * 1000) for lower, upper in re.findall(r"(\d+)-(\d+)", terms)]


def test_the_page_has_all_its_examples() -> None:
    assert len(rows()) == PAGE.read_text(encoding="utf-8").count("@0 ") + PAGE.read_text(encoding="utf-8").count(
        "`0@0`"
    )


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["what"].strip())
def test_the_rule_gives_what_the_page_says(row: re.Match[str]) -> None:
    terms = row["terms"] or ""
    cap = re.search(r"cap (\d+)", terms)
    refused = {code: int(s) * 1000 for code, s in re.findall(r"(\w+) (\d+)", row["refused"])}

    told = tell(
        row["timeline"],
        cap_s=int(cap[1]) if cap else 14_400,
        start=start_of(terms),
        delivered=delivered_by(terms),
    )

    assert (told.credited_ms, told.covered_ms, told.refused) == (
        int(row["credited"]) * 1000,
        int(row["covered"]) * 1000,
        refused,
    )
