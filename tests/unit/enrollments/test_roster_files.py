"""A file is what its content says; whatever it could make grow is refused before it is read."""

import io
import zipfile
from collections.abc import Sequence

import pytest
import xlsxwriter

from lms.enrollments.forms import roster_file
from lms.enrollments.forms.roster_file import FileRefused, read_file, template_file
from lms.enrollments.rules.roster import LOST_DIGITS

HEADINGS = ["姓名", "身份证号", "手机号"]


def workbook(*rows: Sequence[object]) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return buffer.getvalue()


def with_part(name: str, part: bytes) -> bytes:
    content = workbook(HEADINGS, ["a", "b", "c"])
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if entry.filename != name:
                new.writestr(entry.filename, old.read(entry))
        new.writestr(name, part)
    return buffer.getvalue()


def code_of(content: bytes) -> str:
    with pytest.raises(FileRefused) as refused:
        read_file(content)
    return refused.value.problem.code


def test_it_reads_a_workbook_with_the_numbers_of_its_rows() -> None:
    rows = read_file(workbook(HEADINGS, ["王", "00000019800101001X", 13900000001], [], ["李", "x", "y"]))

    assert rows == [(1, HEADINGS), (2, ["王", "00000019800101001X", "13900000001"]), (4, ["李", "x", "y"])]


def test_a_number_with_lost_digits_is_told_from_a_text() -> None:
    assert read_file(workbook(HEADINGS, ["王", 110101199001010012, ""]))[1] == (2, ["王", LOST_DIGITS])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_it_reads_text_in_the_encodings_of_the_field(encoding: str) -> None:
    content = "姓名,身份证号,手机号\r\n王,1,2\r\n".encode(encoding)

    assert read_file(content) == [(1, HEADINGS), (2, ["王", "1", "2"])]


@pytest.mark.parametrize(
    ("label", "content", "code"),
    [
        ("a picture", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "file_type"),
        ("an old workbook", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old_workbook"),
        ("some other archive", b"PK\x03\x04broken", "unreadable"),
        ("nothing", b"", "no_rows"),
        ("headings alone", "姓名,身份证号,手机号\n".encode(), "no_rows"),
        ("bytes of no text", b"\xff\xfe\xfa\xfb", "encoding"),
        ("too many bytes", b"a" * (5 * 1024 * 1024 + 1), "too_large"),
        ("too many columns", ("a," * 21 + "a\nb,c").encode(), "too_many_columns"),
    ],
)
def test_it_refuses(label: str, content: bytes, code: str) -> None:
    assert code_of(content) == code, label


def test_it_refuses_macros_whatever_the_name_says() -> None:
    assert code_of(with_part("xl/vbaProject.bin", b"x")) == "macros"


def test_it_refuses_a_part_that_defines_texts_of_its_own() -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><sst>&a;</sst>'

    assert code_of(with_part("xl/sharedStrings.xml", bomb)) == "file_type"


def test_it_refuses_what_unpacks_without_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roster_file, "UNPACKED_BYTES_MAX", 100_000)

    assert code_of(with_part("xl/media/a.bin", b"\0" * 100_001)) == "unpacks_too_large"


def test_it_refuses_one_row_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roster_file, "ROWS_MAX", 2)
    rows = [["a", "b", "c"]] * 2

    assert len(read_file(workbook(HEADINGS, *rows))) == 3
    assert code_of(workbook(HEADINGS, *rows, ["a", "b", "c"])) == "too_many_rows"


def test_the_template_is_a_list_that_it_reads_itself() -> None:
    with pytest.raises(FileRefused) as refused:
        read_file(template_file())

    assert refused.value.problem.code == "no_rows"
