"""What the roster asks of a file and what strangers see of a certificate's number."""

from datetime import date

import pytest

from lms.teachers.rules.roster import (
    Practice,
    file_problems,
    lines_of,
    masked_number,
    names_of,
    plain_name,
    practice_on,
    search_words,
    whole_years,
    years_over,
)

FIVE = Practice(date(2016, 1, 1), 5, "云南 2016")
EIGHT = Practice(date(2027, 1, 1), 8, "以后")


def problems(**changes: object) -> list[str]:
    given = {
        "trades": ["welding"],
        "known": {"welding", "scaffolding"},
        "since": date(2020, 3, 2),
        "day": date(2026, 3, 2),
        "practice": FIVE,
        "lines": ["高级工程师"],
        **changes,
    }
    return [f"{name}: {value}: {allowed}" for name, value, allowed in file_problems(**given)]  # type: ignore[arg-type]


def test_nothing_speaks_against_a_trade_that_is_known_and_practised_for_long_enough() -> None:
    assert problems() == []


@pytest.mark.parametrize(
    ("since", "is_enough"),
    [
        (date(2021, 3, 2), True),  # five years over today
        (date(2021, 3, 3), False),  # tomorrow
        (date(1990, 1, 1), True),
        (date(2026, 3, 2), False),  # began today
        (date(2026, 3, 3), False),  # begins tomorrow
    ],
    ids=str,
)
def test_the_years_of_practice_are_whole_ones(since: date, is_enough: bool) -> None:
    assert (problems(since=since) == []) is is_enough


def test_it_says_what_was_given_what_is_allowed_and_by_which_rule() -> None:
    assert problems(since=date(2021, 3, 3)) == ["practising_since: 2021-03-03: at least 5 years ago (云南 2016)"]
    assert problems(since=date(2026, 3, 3)) == ["practising_since: 2026-03-03: a day until 2026-03-02"]


def test_where_nothing_is_in_force_any_practice_is_enough() -> None:
    assert problems(since=date(2026, 3, 1), practice=None) == []


@pytest.mark.parametrize(
    ("trades", "said"),
    [
        ([], ["trades: : 1 to 12 trades, each once"]),
        (["welding", "welding"], ["trades: welding, welding: 1 to 12 trades, each once"]),
        (["diving"], ["trades: diving: a trade that a syllabus knows"]),
    ],
    ids=["none", "one twice", "one that nobody knows"],
)
def test_trades_are_known_ones_each_once(trades: list[str], said: list[str]) -> None:
    assert problems(trades=trades) == said


def test_qualifications_are_bounded() -> None:
    assert problems(lines=["一"] * 12) == []
    assert problems(lines=["一"] * 13) == ["qualifications: 13: at most 12 lines"]
    assert problems(lines=["一" * 120]) == []
    assert problems(lines=["一" * 121]) == [f"qualifications: {'一' * 40}: 120 characters a line"]


@pytest.mark.parametrize(
    ("day", "years"),
    [(date(2015, 12, 31), None), (date(2016, 1, 1), 5), (date(2026, 12, 31), 5), (date(2027, 1, 1), 8)],
    ids=str,
)
def test_an_application_is_judged_by_what_is_in_force_on_its_day(day: date, years: int | None) -> None:
    found = practice_on([EIGHT, FIVE], day)

    assert (found.years_min if found else None) == years


@pytest.mark.parametrize(
    ("since", "day", "years"),
    [
        (date(2020, 2, 29), date(2025, 2, 27), 4),
        (date(2020, 2, 29), date(2025, 2, 28), 5),  # as PostgreSQL adds years
        (date(2020, 3, 2), date(2026, 3, 1), 5),
        (date(2020, 3, 2), date(2026, 3, 2), 6),
        (date(2026, 3, 2), date(2026, 3, 1), 0),
    ],
    ids=str,
)
def test_practice_is_told_in_whole_years(since: date, day: date, years: int) -> None:
    assert whole_years(since, day) == years


def test_years_from_the_last_of_february_end_on_the_last_of_february() -> None:
    assert [years_over(date(2020, 2, 29), years) for years in (4, 5)] == [date(2024, 2, 29), date(2025, 2, 28)]


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("低压电工作业（初次培训）", "低压电工作业"),
        ("Low-voltage electrician (initial training)", "Low-voltage electrician"),
        ("熔化焊接与热切割作业", "熔化焊接与热切割作业"),
        ("（全部）", "（全部）"),
    ],
    ids=["chinese", "english", "without", "nothing else"],
)
def test_a_trade_is_called_the_same_for_every_kind_of_its_training(name: str, plain: str) -> None:
    assert plain_name(name) == plain


def test_a_trade_that_no_syllabus_knows_any_more_keeps_its_code() -> None:
    assert names_of(["welding", "gone"], {"welding": "焊接"}) == ["焊接", "gone"]


@pytest.mark.parametrize(
    ("number", "masked"),
    [("示例教证 0001", "示例•••••01"), ("T 1", "••1"), ("1234", "•••4"), ("12345", "12•45"), ("7", "7")],
    ids=["long", "short", "four", "five", "one"],
)
def test_a_number_is_enough_to_compare_and_too_little_to_forge(number: str, masked: str) -> None:
    assert masked_number(number) == masked


@pytest.mark.parametrize(
    ("text", "words"),
    [("张伟", "张伟"), ("  张   伟 ", "张 伟"), ("张", None), (" 张\0 ", None), ("", None), ("一" * 61, None)],
    ids=["two signs", "spaces", "one sign", "one sign and a zero byte", "nothing", "too long"],
)
def test_a_search_needs_two_signs(text: str, words: str | None) -> None:
    assert search_words(text) == words


def test_lines_are_cleaned_and_empty_ones_left_out() -> None:
    assert lines_of(" 高级 \t 工程师 \r\n\n\x00\n注册安全工程师") == ["高级 工程师", "注册安全工程师"]
