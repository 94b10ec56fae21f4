"""The identity number. All numbers are made up: no region has the code 999999."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.accounts.rules.identity import IdentityNumber, Reason, check_digit, masked, normalised, read_number

TODAY = date(2026, 5, 1)
GOOD = "999999199001010016"
GOOD_X = "99999919900101018X"


def codes(text: str) -> list[str]:
    read = read_number(text, today=TODAY)
    return [] if isinstance(read, IdentityNumber) else [reason.code for reason in read]


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("plain", GOOD),
        ("check digit ten", GOOD_X),
        ("small x", "99999919900101018x"),
        ("grouped by blanks", " 999999 19900101 0016 "),
        ("full-width places", "９９９９９９１９９００１０１００１６"),
        ("leap day of 2000", "999999200002290035"),
    ],
)
def test_it_takes(label: str, text: str) -> None:
    assert codes(text) == []


@pytest.mark.parametrize(
    ("label", "text", "expected"),
    [
        ("nothing", "", ["identity_length"]),
        ("the old form of 15 places", "999999900101001", ["identity_length"]),
        ("one too many", GOOD + "1", ["identity_length"]),
        ("a letter inside", "99999919900101O016", ["identity_characters"]),
        ("an X not at the end", "X99999199001010016", ["identity_characters"]),
        ("digits of another script", "९९९९९९१९९००१०१००१६", ["identity_characters"]),
        ("June 30th twice over", "999999198506310022", ["identity_birth_date", "identity_check_digit"]),
        ("no leap day in 1900", "999999190002290039", ["identity_birth_date"]),
        ("born in 1899", "999999189912310037", ["identity_birth_date"]),
        ("born in 2099", "999999209901010034", ["identity_future"]),
        ("wrong check digit", "999999199001010017", ["identity_check_digit"]),
    ],
)
def test_it_refuses(label: str, text: str, expected: list[str]) -> None:
    assert codes(text) == expected


def test_it_takes_a_child_born_today() -> None:
    first = "99999920260501001"

    assert codes(first + check_digit(first)) == []


births = st.dates(min_value=date(1900, 1, 1), max_value=TODAY)


@st.composite
def numbers(draw: st.DrawFn) -> str:
    region = draw(st.integers(0, 99999))
    sequence = draw(st.integers(0, 999))
    first = f"9{region:05d}{draw(births):%Y%m%d}{sequence:03d}"
    return first + check_digit(first)


@given(number=numbers(), place=st.integers(0, 17), by=st.integers(1, 9))
def test_it_refuses_any_single_changed_digit(number: str, place: int, by: int) -> None:
    was = 10 if number[place] == "X" else int(number[place])
    changed = number[:place] + str((was + by) % 10 if was < 10 else by) + number[place + 1 :]

    assert codes(number) == []
    assert codes(changed) != []


@given(number=numbers(), place=st.integers(0, 15))
def test_it_refuses_neighbours_that_changed_places(number: str, place: int) -> None:
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]

    assert codes(swapped) != [] or swapped == number


@given(text=st.text(max_size=30))
def test_a_reason_never_holds_the_value(text: str) -> None:
    read = read_number(text, today=TODAY)

    assert not isinstance(read, IdentityNumber)
    assert all(reason == Reason("identity_number", reason.code) for reason in read)
    assert all(reason.code.startswith("identity_") for reason in read)


def test_a_number_shows_itself_masked() -> None:
    number = read_number(GOOD, today=TODAY)

    assert repr(number) == "IdentityNumber(999***********0016)"
    assert f"{number}" == "IdentityNumber(999***********0016)"
    assert isinstance(number, IdentityNumber)
    assert number.reveal() == GOOD


def test_it_masks_the_middle_and_everything_of_what_is_no_number() -> None:
    assert masked(GOOD) == "999***********0016"
    assert masked("12345") == "*****"


def test_it_normalises_before_it_compares() -> None:
    assert normalised("99999919900101018x") == GOOD_X
