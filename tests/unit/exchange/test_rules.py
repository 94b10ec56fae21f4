import pytest

from lms.exchange.rules import cursors, scopes
from lms.exchange.rules.cursors import BEGINNING, BadCursor, Cursor
from lms.exchange.rules.requirements import requirements_met


def test_a_cursor_comes_back_as_it_was() -> None:
    assert cursors.read(cursors.written(Cursor(12, 3456))) == Cursor(12, 3456)


def test_nothing_is_the_beginning() -> None:
    assert cursors.read("") == BEGINNING == Cursor(0, 0)


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "12",
        "MTox",  # 1:1
        "MjoxOjE",  # 2:1:1, of another version
        "MTowMDE6MQ",  # 1:001:1
        "MToxOjE=",  # padded
        "MToxOjF",  # stray bits in the last place
        "MToxOi0x",  # 1:1:-1
        "МToxOjE",  # a Cyrillic letter
        "A" * 81,
    ],
)
def test_a_cursor_of_somebody_elses_making_is_refused(text: str) -> None:
    with pytest.raises(BadCursor):
        cursors.read(text)


def test_scopes_that_do_not_exist_are_named() -> None:
    assert scopes.unknown(["hours.read", "hours.write", "all"]) == ("all", "hours.write")


@pytest.mark.parametrize(
    ("codes", "met"),
    [
        ([], True),
        (["already_registered", "full", "registration_closed", "registration_not_open"], True),
        (["hours_missing", "already_registered"], False),
        (["unknown"], False),
        (["a code of tomorrow"], False),
    ],
)
def test_only_what_is_about_booking_leaves_the_requirements_met(codes: list[str], met: bool) -> None:
    assert requirements_met(codes) is met
