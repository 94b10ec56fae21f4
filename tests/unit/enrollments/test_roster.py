"""What a list of participants may say: each wrong cell is named, and no identity number is shown."""

from datetime import date

import pytest

from lms.accounts.rules.identity import IdentityNumber
from lms.enrollments.rules.roster import (
    LOST_DIGITS,
    FileProblem,
    Known,
    RosterRow,
    columns_of,
    quarrel,
    read_rows,
    shown_number,
)

TODAY = date(2026, 3, 2)
# Region 000000 exists nowhere, so these are nobody's.
WANG, LI = "000000198001010013", "000000198001010021"
COLUMNS = {"name": 0, "identity": 1, "phone": 2, "email": 3}


def problems_in(*rows: list[str]) -> list[tuple[int, str, str, str]]:
    _people, problems = read_rows(enumerate(rows, start=2), COLUMNS, today=TODAY)
    return [(each.row, each.column, each.code, each.value) for each in problems]


def test_a_good_row_is_a_person_in_normal_form() -> None:
    people, problems = read_rows(
        [(2, [" 王示例 ", "０００００01980 01010013", "139 0000 0001", "W@Example.test"])], COLUMNS, today=TODAY
    )

    assert problems == []
    assert people == [RosterRow(2, "王示例", IdentityNumber(WANG), "+8613900000001", "w@example.test")]


@pytest.mark.parametrize(
    ("label", "row", "found"),
    [
        ("no name", ["", WANG, "13900000001", ""], [(2, "name", "name_missing", "")]),
        ("a long name", ["王" * 61, WANG, "13900000001", ""], [(2, "name", "name_too_long", "王" * 61)]),
        ("no number", ["王", "", "13900000001", ""], [(2, "identity", "identity_missing", "")]),
        (
            "a mistyped number, shown masked",
            ["王", "000000198001010012", "13900000001", ""],
            [(2, "identity", "identity_check_digit", "000***********0012")],
        ),
        ("a short number", ["王", "1101", "13900000001", ""], [(2, "identity", "identity_length", "110*")]),
        ("digits lost", ["王", LOST_DIGITS, "13900000001", ""], [(2, "identity", "identity_as_number", "")]),
        ("no contact", ["王", WANG, "", ""], [(2, "phone", "contact_missing", "")]),
        ("a bad phone", ["王", WANG, "12345", ""], [(2, "phone", "phone_form", "12345")]),
        ("a bad address", ["王", WANG, "", "w@nowhere"], [(2, "email", "email_form", "w@nowhere")]),
        ("a cell without end", ["王", WANG, "1" * 201, ""], [(2, "phone", "cell_too_long", "")]),
        (
            "everything at once",
            ["", "1", "2", ""],
            [(2, "name", "name_missing", ""), (2, "identity", "identity_length", "1"), (2, "phone", "phone_form", "2")],
        ),
    ],
)
def test_it_names_every_wrong_cell(label: str, row: list[str], found: list[tuple[int, str, str, str]]) -> None:
    assert problems_in(row) == found, label


def test_it_names_what_is_twice_with_the_row_that_has_it_first() -> None:
    people, problems = read_rows(
        [(2, ["王", WANG, "13900000001", ""]), (3, ["李", LI, "139-0000-0001", ""]), (4, ["王", WANG, "", "w@a.test"])],
        COLUMNS,
        today=TODAY,
    )

    assert len(people) == 3
    assert [(each.row, each.column, each.other, each.value) for each in problems] == [
        (3, "phone", 2, "+8613900000001"),
        (4, "identity", 2, "000***********0013"),
    ]


def test_it_passes_over_empty_rows_and_keeps_the_numbers_of_the_file() -> None:
    people, problems = read_rows([(2, ["", "", "", ""]), (7, ["李", LI, "", "l@a.test"])], COLUMNS, today=TODAY)

    assert problems == []
    assert [each.row for each in people] == [7]


@pytest.mark.parametrize(
    ("headings", "found"),
    [
        (["姓名", "身份证号", "手机号", "邮箱"], {"name": 0, "identity": 1, "phone": 2, "email": 3}),
        (["序号", "手机", "姓名*", "身份证 号码"], {"phone": 1, "name": 2, "identity": 3}),
        (["Name", "Identity number", "E-mail"], {"name": 0, "identity": 1, "email": 2}),
    ],
)
def test_headings_may_stand_in_any_order(headings: list[str], found: dict[str, int]) -> None:
    assert columns_of(headings) == found


def test_a_list_without_headings_shows_nobodys_number() -> None:
    problem = columns_of(["王示例", WANG, "13900000001"])

    assert isinstance(problem, FileProblem)
    assert (problem.code, problem.value) == ("headings", "")


ROW = RosterRow(5, "王", IdentityNumber(WANG), "+8613900000001", "w@a.test")
MASKED = "000***********0013"


@pytest.mark.parametrize(
    ("label", "owner", "by_phone", "by_email", "found"),
    [
        ("nobody is known", None, None, None, []),
        ("the person is known", Known(1, "王", True, False), Known(1, "王", True, False), None, []),
        ("another name", Known(1, "李", True, False), None, None, [("identity", "identity_of_another", MASKED)]),
        ("in the class", Known(1, "王", True, True), None, None, [("identity", "already_in_class", MASKED)]),
        ("a teacher", Known(1, "王", False, False), None, None, [("identity", "not_a_learner", MASKED)]),
        ("somebody's phone", None, Known(2, "赵", True, False), None, [("phone", "phone_taken", "+8613900000001")]),
        (
            "another's address",
            Known(1, "王", True, False),
            None,
            Known(2, "赵", True, False),
            [("email", "email_taken", "w@a.test")],
        ),
    ],
)
def test_it_names_what_is_registered_against_a_row(
    label: str, owner: Known | None, by_phone: Known | None, by_email: Known | None, found: list[tuple[str, str, str]]
) -> None:
    problems = quarrel(ROW, owner, by_phone, by_email)

    assert [(each.column, each.code, each.value) for each in problems] == found, label


def test_a_number_is_never_shown_whole() -> None:
    assert shown_number("000000198001010") == "000************"
    assert WANG not in repr(ROW)
