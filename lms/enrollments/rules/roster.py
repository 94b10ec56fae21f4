"""What a list of participants may say, row by row, before anybody looks into the database.

A list has a row of headings and a person a row. Every wrong cell is named by its row, its column and a code; the value
comes along so that it can be found, masked where it is an identity number. A list with one wrong row imports nothing.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from lms.accounts.rules.identity import IdentityNumber, masked, normalised, read_number
from lms.accounts.rules.login_names import normalised_email, normalised_phone

ROWS_MAX = 10_000
COLUMNS_MAX = 20
CELL_MAX = 200
NAME_MAX = 60
EMAIL_MAX = 254

# In place of a number of more than fifteen digits in a cell that holds numbers: its last digits are lost for good.
# No file can hold this text itself: XML forbids it, and a text file with it is refused.
LOST_DIGITS = "\0"

NAME, IDENTITY, PHONE, EMAIL = "name", "identity", "phone", "email"
HEADINGS: Mapping[str, str] = {
    "姓名": NAME,
    "name": NAME,
    "身份证号": IDENTITY,
    "身份证号码": IDENTITY,
    "身份证": IDENTITY,
    "identitynumber": IDENTITY,
    "手机号": PHONE,
    "手机号码": PHONE,
    "手机": PHONE,
    "phone": PHONE,
    "邮箱": EMAIL,
    "电子邮箱": EMAIL,
    "e-mail": EMAIL,
    "email": EMAIL,
}
_EMAIL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+")


@dataclass(frozen=True, slots=True)
class RosterRow:
    """A person as a list names them. `row` is the row of the file as a spreadsheet program counts it."""

    row: int
    name: str
    number: IdentityNumber
    phone: str | None
    email: str | None


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A cell that forbids the import. `other` is the row that it quarrels with, if that is the trouble."""

    row: int
    column: str
    code: str
    value: str
    other: int | None = None


@dataclass(frozen=True, slots=True)
class FileProblem:
    """What makes a whole file unreadable: a code, the value that was found and what is allowed."""

    code: str
    value: str
    allowed: str


def columns_of(headings: Sequence[str]) -> dict[str, int] | FileProblem:
    """Where each column stands. Name and identity number must be there, and a phone or an e-mail."""
    found: dict[str, int] = {}
    for index, text in enumerate(headings):
        column = HEADINGS.get("".join(text.split()).strip("*＊").lower())
        if column is not None and column not in found:
            found[column] = index
    if NAME in found and IDENTITY in found and (PHONE in found or EMAIL in found):
        return found
    # Headings only: a file without them has people in its first row, whose numbers must not be shown.
    shown = ", ".join(text for text in headings if HEADINGS.get("".join(text.split()).lower()))
    return FileProblem("headings", shown, "姓名, 身份证号, 手机号 / 邮箱")


def read_rows(
    rows: Iterable[tuple[int, Sequence[str]]], columns: Mapping[str, int], *, today: date
) -> tuple[list[RosterRow], list[RowProblem]]:
    """The people of a list and every problem in it, in the order of the rows; empty rows are passed over."""
    people: list[RosterRow] = []
    problems: list[RowProblem] = []
    for number, cells in rows:
        said = {column: cells[at].strip() if at < len(cells) else "" for column, at in columns.items()}
        if not any(said.values()):
            continue
        found = read_person(number, said, today=today)
        if isinstance(found, RosterRow):
            people.append(found)
        else:
            problems += found
    problems += _twice(people)
    return people, sorted(problems, key=lambda each: each.row)


def read_person(row: int, said: Mapping[str, str], *, today: date) -> RosterRow | list[RowProblem]:
    """One person, or every reason why this is none."""
    problems = [
        RowProblem(row, column, "cell_too_long", "", None) for column, text in said.items() if len(text) > CELL_MAX
    ]
    if problems:
        return problems
    name = said.get(NAME, "")
    if not name:
        problems.append(RowProblem(row, NAME, "name_missing", ""))
    elif len(name) > NAME_MAX:
        problems.append(RowProblem(row, NAME, "name_too_long", name))
    number = _number(row, said.get(IDENTITY, ""), today)
    phone, email = _phone(row, said.get(PHONE, "")), _email(row, said.get(EMAIL, ""))
    for each in (number, phone, email):
        if isinstance(each, list):
            problems += each
    if phone is None and email is None:
        problems.append(RowProblem(row, PHONE, "contact_missing", ""))
    if problems or isinstance(number, list) or isinstance(phone, list) or isinstance(email, list):
        return problems
    return RosterRow(row, name, number, phone, email)


def shown_number(text: str) -> str:
    """A typed identity number as far as it may be shown, also when it is none."""
    places = normalised(text)
    return masked(places) if len(places) == 18 else places[:3] + "*" * max(len(places[3:]), 0)


def _number(row: int, text: str, today: date) -> IdentityNumber | list[RowProblem]:
    if text == LOST_DIGITS:
        return [RowProblem(row, IDENTITY, "identity_as_number", "")]
    if not text:
        return [RowProblem(row, IDENTITY, "identity_missing", "")]
    number = read_number(text, today=today)
    if isinstance(number, IdentityNumber):
        return number
    return [RowProblem(row, IDENTITY, each.code, shown_number(text)) for each in number]


def _phone(row: int, text: str) -> str | list[RowProblem] | None:
    if not text:
        return None
    return normalised_phone(text) or [RowProblem(row, PHONE, "phone_form", "" if text == LOST_DIGITS else text)]


def _email(row: int, text: str) -> str | list[RowProblem] | None:
    if not text:
        return None
    address = normalised_email(text)
    if len(address) <= EMAIL_MAX and _EMAIL.fullmatch(address):
        return address
    return [RowProblem(row, EMAIL, "email_form", "" if text == LOST_DIGITS else text)]


def _twice(people: Sequence[RosterRow]) -> list[RowProblem]:
    """Every number and contact that an earlier row has already."""
    found: list[RowProblem] = []
    seen: dict[tuple[str, object], int] = {}
    for each in people:
        claims = [(IDENTITY, each.number, masked(each.number.reveal())), (PHONE, each.phone, each.phone)]
        for column, value, shown in [*claims, (EMAIL, each.email, each.email)]:
            if value is None:
                continue
            first = seen.setdefault((column, value), each.row)
            if first != each.row:
                found.append(RowProblem(each.row, column, "twice_in_file", shown or "", first))
    return found


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody who is registered already, as far as a list can quarrel with it. `key` is the caller's."""

    key: int
    name: str
    is_learner: bool
    is_in_class: bool


def quarrel(row: RosterRow, owner: Known | None, by_phone: Known | None, by_email: Known | None) -> list[RowProblem]:
    """What is registered against this row: `owner` has its number, the others its contacts.

    Whoever has the number is found by it and keeps what is registered of them; a contact of somebody else, or a name
    that is not the owner's, is a slip that would put the wrong person in the class.
    """
    found: list[RowProblem] = []
    shown = masked(row.number.reveal())
    if owner is not None:
        if owner.name != row.name:
            found.append(RowProblem(row.row, IDENTITY, "identity_of_another", shown))
        elif owner.is_in_class:
            found.append(RowProblem(row.row, IDENTITY, "already_in_class", shown))
        elif not owner.is_learner:
            found.append(RowProblem(row.row, IDENTITY, "not_a_learner", shown))
    for column, value, other in ((PHONE, row.phone, by_phone), (EMAIL, row.email, by_email)):
        if other is not None and (owner is None or other.key != owner.key):
            found.append(RowProblem(row.row, column, f"{column}_taken", value or ""))
    return found
