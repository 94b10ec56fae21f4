"""The account of a year: the worked tables of docs/teachers.md, and what holds whatever anybody earns."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.teachers.rules.forty import Earned, Terms, YearAccount, accounts_of_years, year_account

ONLINE, SEMINARS, WORKSHOPS, CONTESTS = 1, 2, 3, 4
MINUTES = {ONLINE: 30, SEMINARS: 45, WORKSHOPS: 45, CONTESTS: 45}
CAPS: Mapping[int, Fraction | None] = {
    ONLINE: Fraction(30),
    SEMINARS: Fraction(16),
    WORKSHOPS: None,
    CONTESTS: Fraction(8),
}


def terms(year: int = 2026, *, required: int = 40, carry_over_max: int = 10) -> Terms:
    return Terms(year, Fraction(required), Fraction(carry_over_max), CAPS)


def hours(category: int, of_hours: float, made_up: float = 0) -> Earned:
    """So many class hours, the made-up ones included."""
    minute_ms = MINUTES[category] * 60_000
    return Earned(category, int(of_hours * minute_ms), MINUTES[category], int(made_up * minute_ms))


def shown(account: YearAccount) -> tuple[Decimal, Decimal, Decimal]:
    """Counted, missing, carried over."""
    return account.counted_hours, account.missing_hours, account.carried_out_hours


YEARS = {
    "nothing": ([], 0, ("0", "40", "0")),
    "three kinds": ([hours(ONLINE, 20), hours(SEMINARS, 12), hours(WORKSHOPS, 8)], 0, ("40", "0", "0")),
    "more than a cap": ([hours(ONLINE, 35), hours(CONTESTS, 9)], 0, ("38", "2", "0")),
    "more than the year asks": ([hours(ONLINE, 30), hours(SEMINARS, 16)], 0, ("46", "0", "6")),
    "more than can be carried": ([hours(ONLINE, 30), hours(WORKSHOPS, 30)], 0, ("60", "0", "10")),
    "carried hours are used first": ([hours(ONLINE, 30), hours(SEMINARS, 6)], 10, ("46", "0", "6")),
    "carried hours go no further": ([hours(ONLINE, 5)], 38, ("43", "0", "3")),
    "made up after the year": ([hours(ONLINE, 30), hours(WORKSHOPS, 10, made_up=10)], 0, ("40", "0", "0")),
    "made up too much": ([hours(ONLINE, 30), hours(WORKSHOPS, 25, made_up=25)], 0, ("55", "0", "0")),
}


@pytest.mark.parametrize("case", YEARS)
def test_a_year_counts_as_the_table_says(case: str) -> None:
    earned, carried_in, expected = YEARS[case]

    account = year_account(terms(), earned, Fraction(carried_in))

    assert shown(account) == tuple(map(Decimal, expected))


def test_a_category_shows_what_its_cap_left_out() -> None:
    account = year_account(terms(), [hours(CONTESTS, 9.5)])

    contests = account.categories[3]
    assert (contests.earned_hours, contests.counted_hours, contests.beyond_cap_hours, contests.cap_hours) == (
        Decimal("9.5"),
        Decimal(8),
        Decimal("1.5"),
        Decimal(8),
    )
    assert account.categories[2].cap_hours is None


def test_what_is_done_is_rounded_down_and_what_is_missing_up() -> None:
    """One millisecond short of forty hours is not forty hours."""
    account = year_account(terms(), [hours(ONLINE, 30), Earned(WORKSHOPS, 10 * 45 * 60_000 - 1, 45)])

    assert shown(account) == (Decimal("39.99"), Decimal("0.01"), Decimal(0))
    assert not account.is_complete


def test_a_year_carries_over_into_the_next_calendar_year_only() -> None:
    rich = [hours(ONLINE, 30), hours(WORKSHOPS, 18)]

    accounts = accounts_of_years([(terms(2028), []), (terms(2025), rich), (terms(2026), [hours(ONLINE, 32)])])

    assert [(each.year, *map(str, shown(each))) for each in accounts] == [
        (2025, "48", "0", "8"),
        (2026, "38", "2", "0"),
        (2028, "0", "40", "0"),
    ]


def test_time_of_a_category_that_the_year_does_not_have_is_a_fault() -> None:
    with pytest.raises(KeyError, match="the year 2026 has no category 9"):
        year_account(terms(), [Earned(9, 1, 45)])


@st.composite
def earnings(draw: st.DrawFn) -> list[Earned]:
    category = st.sampled_from(sorted(CAPS))
    found = []
    for each in draw(st.lists(category, max_size=12)):
        ms = draw(st.integers(0, 30 * 45 * 60_000))
        found.append(Earned(each, ms, draw(st.sampled_from([30, 45])), draw(st.integers(0, ms))))
    return found


figures = st.builds(
    lambda required, carry, caps: Terms(2026, required, carry, dict(zip(sorted(CAPS), caps, strict=True))),
    st.fractions(min_value=1, max_value=100, max_denominator=4),
    st.fractions(min_value=0, max_value=20, max_denominator=4),
    st.lists(st.none() | st.fractions(min_value=1, max_value=40, max_denominator=4), min_size=4, max_size=4),
)
carried = st.fractions(min_value=0, max_value=20, max_denominator=7)


@given(figures, earnings(), carried)
def test_a_category_never_counts_above_its_cap(asked: Terms, earned: list[Earned], carried_in: Fraction) -> None:
    account = year_account(asked, earned, carried_in)

    for each in account.categories:
        assert each.counted <= each.earned
        assert each.cap is None or each.counted <= each.cap


@given(figures, earnings(), carried)
def test_a_year_is_the_sum_of_its_entries(asked: Terms, earned: list[Earned], carried_in: Fraction) -> None:
    account = year_account(asked, earned, carried_in)

    assert account.earned == sum((Fraction(each.ms, each.minutes * 60_000) for each in earned), Fraction(0))
    assert account.counted == carried_in + sum((each.counted for each in account.categories), Fraction(0))
    assert account.counted - account.surplus + account.missing == account.required
    assert not (account.missing and account.surplus)


@given(figures, earnings(), carried)
def test_what_is_carried_over_is_bounded(asked: Terms, earned: list[Earned], carried_in: Fraction) -> None:
    """By the year's own figure, by what is above what it asks, and by what was earned in the year itself."""
    account = year_account(asked, earned, carried_in)
    in_time = sum((Fraction(each.ms - each.made_up_ms, each.minutes * 60_000) for each in earned), Fraction(0))

    assert 0 <= account.carried_out <= asked.carry_over_max
    assert account.carried_out <= account.surplus
    assert account.carried_out <= in_time


@given(figures, earnings(), earnings(), carried)
def test_more_hours_never_count_for_less(
    asked: Terms, earned: list[Earned], more: list[Earned], carried_in: Fraction
) -> None:
    before, after = year_account(asked, earned, carried_in), year_account(asked, [*earned, *more], carried_in)

    assert after.counted >= before.counted
    assert after.missing <= before.missing
    assert after.carried_out >= before.carried_out


@given(figures, st.permutations([hours(ONLINE, 7), hours(SEMINARS, 20), hours(SEMINARS, 3), hours(CONTESTS, 9)]))
def test_the_order_of_entries_does_not_matter(asked: Terms, earned: list[Earned]) -> None:
    assert year_account(asked, earned) == year_account(asked, sorted(earned, key=lambda each: (each.category, each.ms)))


@given(figures, earnings(), st.integers(1, 4))
def test_hours_are_carried_once_at_most(asked: Terms, earned: list[Earned], empty_years: int) -> None:
    """What came over does not go on: after a year in which nothing was earned nothing is left."""
    years = [(asked, earned)]
    years += [
        (Terms(asked.year + each, asked.required, asked.carry_over_max, asked.caps), [])
        for each in range(1, empty_years + 1)
    ]

    accounts = accounts_of_years(years)

    assert [each.carried_out for each in accounts[1:]] == [0] * empty_years
    assert [each.carried_in for each in accounts[2:]] == [0] * (empty_years - 1)
