"""What may be claimed, with which evidence, and what a year's figures may be."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from lms.teachers.rules.claims import (
    FILE_BYTES_MAX,
    Claimed,
    Surroundings,
    claim_problems,
    content_type_of,
    file_problems,
    reason_problems,
    shown_name,
)
from lms.teachers.rules.terms import term_problems

PDF, PNG, JPEG = b"%PDF-1.7 x", b"\x89PNG\r\n\x1a\nx", b"\xff\xd8\xffx"
DAY = date(2026, 3, 12)
HOUR_MS = 3_600_000
CLAIM = Claimed("classroom", DAY, DAY, 0, 3 * HOUR_MS, "教师研修班", "省培训中心", "")
AROUND = Surroundings(
    made_lately=0,
    year=2026,
    kinds=frozenset({"classroom"}),
    is_short=False,
    taken=False,
    waiting=0,
    now_ms=99 * HOUR_MS,
)

REFUSED = {
    "to_at: ends_before_it_begins": (replace(CLAIM, to_ms=0), AROUND),
    "to_at: longer_than_a_day": (replace(CLAIM, last_day=date(2026, 3, 13)), AROUND),
    "to_at: in_the_future": (replace(CLAIM, from_ms=97 * HOUR_MS, to_ms=100 * HOUR_MS), AROUND),
    "to_at: longer_than_half_a_day": (replace(CLAIM, to_ms=12 * HOUR_MS + 1), AROUND),
    "from_at: before_the_year": (replace(CLAIM, first_day=date(2025, 3, 1), last_day=date(2025, 3, 1)), AROUND),
    "from_at: after_the_year": (replace(CLAIM, first_day=date(2027, 3, 1), last_day=date(2027, 3, 1)), AROUND),
    "from_at: taken": (CLAIM, replace(AROUND, taken=True)),
    "title: title_missing": (replace(CLAIM, title=" "), AROUND),
    "title: title_too_long": (replace(CLAIM, title="长" * 121), AROUND),
    "place: place_missing": (replace(CLAIM, place=""), AROUND),
    "place: place_too_long": (replace(CLAIM, place="长" * 121), AROUND),
    "text: text_too_long": (replace(CLAIM, text="长" * 2001), AROUND),
    "kind: kind": (replace(CLAIM, kind="workshop"), AROUND),
    "claim: too_many_waiting": (CLAIM, replace(AROUND, waiting=30)),
    "claim: too_many_lately": (CLAIM, replace(AROUND, made_lately=40)),
}


def test_a_claim_of_the_year_with_a_name_and_a_place_may_be_made() -> None:
    assert claim_problems(CLAIM, AROUND) == []


@pytest.mark.parametrize("expected", REFUSED)
def test_a_claim_is_refused_for_the_one_thing_that_is_wrong(expected: str) -> None:
    claimed, around = REFUSED[expected]

    assert [f"{each.field}: {each.code}" for each in claim_problems(claimed, around)] == [expected]


def test_online_hours_are_never_claimed() -> None:
    online = replace(AROUND, kinds=frozenset({"online"}))

    assert [each.code for each in claim_problems(replace(CLAIM, kind="online"), online)] == ["kind"]


def test_who_is_short_makes_up_after_the_year() -> None:
    late = replace(CLAIM, first_day=date(2027, 3, 1), last_day=date(2027, 3, 1))

    assert claim_problems(late, replace(AROUND, is_short=True)) == []


def test_all_that_is_wrong_is_told_at_once() -> None:
    wrong = replace(CLAIM, to_ms=0, title="", place="", kind="online")

    assert len(claim_problems(wrong, replace(AROUND, taken=True))) == 5


FILES = {
    "a pdf": ([("证明.pdf", PDF)], []),
    "pictures": ([("a.png", PNG), ("b.jpg", JPEG)], []),
    "none": ([], ["files"]),
    "six": ([("a.pdf", PDF)] * 6, ["files"]),
    "a page that calls itself a pdf": ([("证明.pdf", b"<html>")], ["file_type"]),
    "a gif": ([("a.gif", b"GIF89a")], ["file_type"]),
    "an empty one": ([("a.pdf", b"")], ["file_type"]),
    "a large one beside a good one": ([("a.pdf", PDF + bytes(FILE_BYTES_MAX)), ("b.pdf", PDF)], ["file_too_large"]),
}


@pytest.mark.parametrize("case", FILES)
def test_evidence_is_what_its_first_bytes_say(case: str) -> None:
    files, expected = FILES[case]

    assert [each.code for each in file_problems(files)] == expected


NAMES = {
    "证明.pdf": "证明.pdf",
    "picture.jpeg": "picture.pdf",
    "../../etc/passwd": "passwd.pdf",
    "C:\\papers\\a.PDF": "a.pdf",
    'a"\r\nSet-Cookie: x.pdf': "aSet-Cookie x.pdf",
    "": "file.pdf",
    "长" * 300 + ".pdf": "长" * 116 + ".pdf",
}


@pytest.mark.parametrize("given", NAMES, ids=range(len(NAMES)))
def test_a_name_is_kept_so_that_it_can_be_shown(given: str) -> None:
    assert shown_name(given, content_type_of(PDF)) == NAMES[given]


def test_who_is_refused_is_told_why() -> None:
    assert [each.code for each in reason_problems("refuse", " ")] == ["reason_missing"]
    assert reason_problems("accept", "") == []
    assert [each.code for each in reason_problems("accept", "长" * 201)] == ["reason_too_long"]
    assert [each.code for each in reason_problems("maybe", "")] == ["verb"]


GOOD = {
    "today": DAY,
    "year": 2026,
    "make_up_until": date(2027, 6, 30),
    "required_hours": Decimal(40),
    "carry_over_hours_max": Decimal(10),
    "caps": [(1, Decimal(16))],
    "categories": {1, 2},
}
FIGURES = {
    "year": {"year": 2015},
    "make_up_until": {"make_up_until": date(2026, 12, 31)},
    "required_hours": {"required_hours": Decimal(0), "carry_over_hours_max": Decimal(0)},
    "carry_over_hours_max": {"carry_over_hours_max": Decimal(41)},
    "caps": {"caps": [(3, Decimal(16))]},
}


def test_good_figures_open_a_year() -> None:
    assert term_problems(**GOOD) == []  # type: ignore[arg-type]


@pytest.mark.parametrize("field", FIGURES)
def test_a_wrong_figure_is_named(field: str) -> None:
    assert [each.field for each in term_problems(**{**GOOD, **FIGURES[field]})] == [field]  # type: ignore[arg-type]


def test_grace_that_is_over_already_opens_no_year() -> None:
    last_summer = {**GOOD, "year": 2025, "make_up_until": DAY}

    assert [each.field for each in term_problems(**last_summer)] == ["make_up_until"]  # type: ignore[arg-type]


@pytest.mark.parametrize("hours", ["NaN", "0.001", "-1", "1001"])
def test_hours_that_are_none_are_refused(hours: str) -> None:
    wrong = {**GOOD, "required_hours": Decimal(hours), "carry_over_hours_max": Decimal(0)}

    assert "required_hours" in [each.field for each in term_problems(**wrong)]  # type: ignore[arg-type]


def test_one_cap_for_a_category() -> None:
    twice = {**GOOD, "caps": [(1, Decimal(16)), (1, Decimal(20))]}

    assert [each.code for each in term_problems(**twice)] == ["caps"]  # type: ignore[arg-type]
