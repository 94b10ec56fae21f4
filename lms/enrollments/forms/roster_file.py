"""Reads a list of participants that somebody uploaded, and writes the template for one.

A file is what its content says, never what its name says: an xlsx workbook without macros, or text with commas in
UTF-8 or GB 18030. Everything that a file can make grow is bounded before it is read: bytes, unpacked bytes, rows,
columns, the length of a cell. Nothing in it is run or fetched; formulas give what the program last saved for them.
"""

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence

import xlsxwriter
from django.utils.translation import gettext as _
from openpyxl import load_workbook

from lms.enrollments.rules.roster import CELL_MAX, COLUMNS_MAX, LOST_DIGITS, ROWS_MAX, FileProblem

BYTES_MAX = 5 * 1024 * 1024
UNPACKED_BYTES_MAX = 60 * 1024 * 1024
ENTRIES_MAX = 200
WORKBOOK = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
OLD_OFFICE = b"\xd0\xcf\x11\xe0"
# A double holds this many decimal digits; of a longer number the last ones are lost when the program saves it.
DIGITS_KEPT = 15
# Lines of a spreadsheet that are looked at; formatted empty ones below the list are common.
LINES_MAX = 2 * ROWS_MAX

Rows = list[tuple[int, Sequence[str]]]


class FileRefused(ValueError):
    def __init__(self, problem: FileProblem) -> None:
        self.problem = problem
        super().__init__(problem.code)


def read_file(content: bytes) -> Rows:
    """Every row that is not empty, with its number; the first one holds the headings. Raises FileRefused."""
    if len(content) > BYTES_MAX:
        raise _refusal("too_large", f"{len(content) / 1024 / 1024:.1f} MB", "5 MB")
    rows: Rows = []
    for number, cells in _lines(content):
        if cells:
            rows.append((number, cells))
        if len(rows) > ROWS_MAX + 1:
            raise _refusal("too_many_rows", f"> {ROWS_MAX}", str(ROWS_MAX))
    if len(rows) < 2:
        raise _refusal("no_rows", "0", f"1 - {ROWS_MAX}")
    return rows


def template_file() -> bytes:
    """An empty list with its headings; the columns hold text, so that no digit is lost."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False}) as book:
        text, heading = book.add_format({"num_format": "@"}), book.add_format({"bold": True, "bg_color": "#dcebec"})
        sheet = book.add_worksheet("名单")
        for column, (title, width) in enumerate((("姓名", 16), ("身份证号", 24), ("手机号", 18), ("邮箱", 28))):
            sheet.set_column(column, column, width, text)
            sheet.write_string(0, column, title, heading)
        sheet.freeze_panes(1, 0)
        notes = book.add_worksheet("填写说明")
        notes.set_column(0, 0, 90)
        for row, line in enumerate(_notes()):
            notes.write_string(row, 0, line)
    return buffer.getvalue()


def _notes() -> list[str]:
    return [
        _("One person a row, at most %(n)s rows. Keep the headings.") % {"n": ROWS_MAX},
        _("Name and identity number as they stand on the card."),
        _("A phone number or an e-mail address is needed; with it the person logs in."),
        _("The cells hold text. A number cell loses the last digits of an identity number."),
    ]


def _refusal(code: str, value: str = "", allowed: str = "") -> FileRefused:
    return FileRefused(FileProblem(code, value, allowed))


def _lines(content: bytes) -> Iterator[tuple[int, list[str]]]:
    if content.startswith(b"PK"):
        return _workbook_lines(content)
    if content.startswith(OLD_OFFICE):
        raise _refusal("old_workbook", "xls", "xlsx, csv")
    return _text_lines(content)


def _text_lines(content: bytes) -> Iterator[tuple[int, list[str]]]:
    if b"\0" in content:
        raise _refusal("file_type", "", "xlsx, csv")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError:
            raise _refusal("encoding", "", "UTF-8, GB 18030") from None
    if any(ord(each) < 32 and each not in "\r\n\t" for each in text[:4096]):
        raise _refusal("file_type", "", "xlsx, csv")
    delimiter = "\t" if "\t" in text.split("\n", 1)[0] else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        # Counted as a spreadsheet program does: a cell of several lines is in one row.
        for number, cells in enumerate(reader, start=1):
            yield _row(number, cells)
    except csv.Error:
        raise _refusal("unreadable", "", "csv") from None


def _workbook_lines(content: bytes) -> Iterator[tuple[int, list[str]]]:
    _inspect(content)
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        # The size that a file claims for its sheet is not believed.
        sheet.reset_dimensions()
        lines = sheet.iter_rows(max_row=LINES_MAX + 1, max_col=COLUMNS_MAX + 1, values_only=True)
        for number, values in enumerate(lines, start=1):
            if number > LINES_MAX:
                raise _refusal("too_many_rows", f"> {ROWS_MAX}", str(ROWS_MAX))
            yield _row(number, [_text(value) for value in values])
    except FileRefused:
        raise
    except Exception:
        # openpyxl raises whatever a broken part happens to break: KeyError, ValueError, zlib's, the XML parser's.
        raise _refusal("unreadable", "", "xlsx") from None


def _inspect(content: bytes) -> None:
    """Refuse what is no plain workbook, and what unpacks to more than is read; openpyxl has no bounds of its own."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            entries = parts.infolist()
            if len(entries) > ENTRIES_MAX or sum(each.file_size for each in entries) > UNPACKED_BYTES_MAX:
                raise _refusal("unpacks_too_large", "", "60 MB")
            names = {each.filename for each in entries}
            if any(name.lower().endswith("vbaproject.bin") for name in names):
                raise _refusal("macros", "", "xlsx, csv")
            if "[Content_Types].xml" not in names or WORKBOOK not in parts.read("[Content_Types].xml"):
                raise _refusal("file_type", "", "xlsx, csv")
            # A document type can define texts that grow without bound when they are read; no workbook has one.
            if any(_has_doctype(parts, each) for each in entries if each.filename.endswith((".xml", ".rels"))):
                raise _refusal("file_type", "", "xlsx, csv")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError):
        raise _refusal("unreadable", "", "xlsx") from None


def _has_doctype(parts: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bool:
    with parts.open(entry) as part:
        return b"<!DOCTYPE" in part.read(4096)


def _text(value: object) -> str:
    """A cell as a person would read it. Whole numbers lose their `.0`, long ones are lost."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int | float):
        if abs(value) >= 10**DIGITS_KEPT:
            return LOST_DIGITS
        return str(int(value)) if float(value).is_integer() else str(value)
    return str(value)


def _row(number: int, cells: Sequence[str]) -> tuple[int, list[str]]:
    if any(cells[COLUMNS_MAX:]):
        raise _refusal("too_many_columns", f"> {COLUMNS_MAX}", str(COLUMNS_MAX))
    # One character more than is allowed, so that the rule says what is wrong.
    row = [each.strip()[: CELL_MAX + 1] for each in cells[:COLUMNS_MAX]]
    while row and not row[-1]:
        row.pop()
    return number, row
