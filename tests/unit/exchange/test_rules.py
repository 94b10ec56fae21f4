from uuid import UUID

import pytest

from lms.exchange.rules import cursors, scopes
from lms.exchange.rules.cursors import BEGINNING, BadCursor, Cursor
from lms.exchange.rules.requirements import requirements_met


def test_a_cursor_comes_back_as_it_was() -> None:
    mark = UUID("3f0c1de0-8a6b-4c1d-9b2e-5a7f10c2d3e4")
    assert cursors.read(cursors.written(Cursor(12, mark))) == Cursor(12, mark)


def test_nothing_is_the_beginning() -> None:
    assert cursors.read("") == BEGINNING == Cursor(0, UUID(int=0))


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "12",
        "Mjox",  # 2:1
        "MzoxOjE",  # 3:1:1, of another version
        "MjowMDE6MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDE",  # 2:001:0...1
        "MjoxOjAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAx=",  # padded
        "MjoxOjAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAy1",  # stray bits in the last place
        "MjotMTowMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMQ",  # 2:-1:0...1
        "МjoxOjAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAx",  # a Cyrillic letter
        "A" * 81,
    ],
)
def test_a_cursor_of_somebody_elses_making_is_refused(text: str) -> None:
    with pytest.raises(BadCursor):
        cursors.read(text)


def test_a_cursor_of_the_version_before_stands_where_no_row_is() -> None:
    assert cursors.read("MToxOjE") == Cursor(1, UUID(int=0))  # 1:1:1


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
