"""What a statement holds, and how it stands later."""

from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

import pytest

from lms.teachers.rules.forty import Earned, Terms, year_account
from lms.teachers.rules.papers import paper_of
from lms.teachers.rules.statements import digest, exact_hours, signed_claims, standing

THEN = {"counted": "41/3", "carried_in": "0", "a": "41/3", "b": "0"}


def test_sums_are_kept_exactly() -> None:
    terms = Terms(2026, Fraction(40), Fraction(0), {1: Fraction(5), 2: None})
    account = year_account(terms, [Earned(1, 11_400_000, 30), Earned(2, 1, 45)], Fraction(1, 2))

    assert exact_hours(account, ["a", "b"]) == {
        "counted": "14850001/2700000",
        "carried_in": "1/2",
        "a": "19/3",
        "b": "1/2700000",
    }


# What changed since -> how the statement stands.
LATER: dict[str, tuple[dict[str, str], str]] = {
    "nothing": ({}, "same"),
    "a millisecond more": ({"counted": "36900001/2700000", "b": "1/2700000"}, "grown"),
    "more, but beyond a cap": ({"a": "50"}, "grown"),
    "a millisecond less": ({"counted": "36899999/2700000", "a": "36899999/2700000"}, "fallen"),
    "all of it": ({"counted": "0", "a": "0"}, "fallen"),
    "moved to another category": ({"a": "38/3", "b": "1"}, "grown"),
}


@pytest.mark.parametrize("case", LATER)
def test_it_stands_as_the_account_does(case: str) -> None:
    changed, expected = LATER[case]

    assert standing(THEN, {**THEN, **changed}) == expected


def test_the_digest_is_of_every_fact_whatever_their_order() -> None:
    facts = {"name": "何老师", "counted": "12"}

    assert digest(facts) == "179eed259c5048768045e0b2c5b36a37b68714dc72fcac634c595db2cfd5d168"
    assert digest({"counted": "12", "name": "何老师"}) == digest(facts)
    assert digest({**facts, "counted": "13"}) != digest(facts)


def test_the_signature_says_whose_and_upon_what() -> None:
    claims = signed_claims(
        statement="s",
        person="p",
        education_year="y",
        issued_at=datetime(2026, 11, 30, 1, 2, 3, 400_000, tzinfo=UTC),
        counted="12",
        digest="d",
    )

    assert claims == {"jti": "s", "sub": "p", "year": "y", "iat": 1796000523, "counted": "12", "facts_digest": "d"}


FACTS: dict[str, Any] = {
    "name": "何老师",
    "identity": None,
    "certificates": ["T-1", "T-2"],
    "year": 2026,
    "region_zh": "云岭省",
    "region_en": "Yunling",
    "institution_zh": "师资培训基地",
    "institution_en": "",
    "as_of": "2026-11-30",
    "state": "running",
    "required": "40",
    "counted": "22",
    "missing": "18",
    "carried_in": "2",
    "carried_out": "0",
    "categories": [
        {"name_zh": "网络课程", "name_en": "Online", "earned": "26", "counted": "20", "cap": "20", "beyond": "6"},
        {"name_zh": "实践", "name_en": "Workshops", "earned": "0", "counted": "0", "cap": None, "beyond": "0"},
    ],
}


def paper(state: str) -> dict[str, Any]:
    issued_on = date(2026, 11, 30)
    return paper_of(
        FACTS, code="AAAQEAYEAUDAOCAJBIFQ", digest="d" * 64, issued_on=issued_on, address="https://x", state=state
    )


def test_a_paper_says_how_the_year_stood() -> None:
    data = paper("same")

    assert data["title_zh"] == "2026 年教师继续教育学时证明"
    assert (data["as_of"], data["state_zh"]) == ("2026 年 11 月 30 日", "年度进行中")
    assert (data["identity"], data["certificates"]) == ("—", "T-1、T-2")
    assert data["code"] == "AAAQ-EAYE-AUDA-OCAJ-BIFQ"
    assert [each["tone"] for each in data["categories"]] == ["#0a5261", "#5f9aa5"]
    assert data["ring"].count("<path") == 4, "two of the scale, one carried over, one category"


def test_a_running_year_that_lacks_nothing_says_so() -> None:
    facts = {**FACTS, "counted": "40", "missing": "0"}

    data = paper_of(facts, code="A" * 20, digest="d" * 64, issued_on=date(2026, 11, 30), address="", state="same")

    assert data["state_zh"] == "已达到本年度要求"


@pytest.mark.parametrize(
    ("state", "stamp"),
    [("same", None), ("grown", None), ("fallen", "学时已变更"), ("unproven", "签名失效")],
    ids=["same", "grown", "fallen", "unproven"],
)
def test_a_paper_that_holds_no_more_says_so_across_the_page(state: str, stamp: str | None) -> None:
    assert (paper(state)["stamp"] or {}).get("zh") == stamp
