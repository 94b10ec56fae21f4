"""Tables as a spreadsheet to take away: written row by row into a temporary file and sent in pieces.

Whoever was enrolled chose their own name, so no text is ever a formula or a link. Identity numbers come masked or not
at all: the caller never has others.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import IO, Final
from urllib.parse import quote

import xlsxwriter
from django.http import StreamingHttpResponse

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CHUNK_BYTES: Final = 256 * 1024
COLUMN_CHARACTERS: Final = 18
TITLE_MAX: Final = 31
"""A sheet's name cannot be longer, nor hold any of FORBIDDEN."""
FORBIDDEN: Final = str.maketrans("[]:*?/\\", "（）：＊？／＼")

Cell = str | int | Decimal | date | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table with its headings; `rows` may be read as they are written. `widths` are characters of each column."""

    title: str
    headings: Sequence[str]
    rows: Iterable[Sequence[Cell]]
    widths: Sequence[int] = ()


def workbook_response(name: str, sheets: Sequence[Sheet]) -> StreamingHttpResponse:
    """The sheets as `name`.xlsx for download. Memory does not grow with the rows."""
    with ExitStack() as stack:
        file = stack.enter_context(tempfile.TemporaryFile())
        write_workbook(file, sheets)
        length = file.seek(0, 2)
        file.seek(0)
        # From here on the response closes it.
        stack.pop_all()
    headers = {
        "Content-Disposition": f"attachment; filename=\"figures.xlsx\"; filename*=UTF-8''{quote(name)}.xlsx",
        "Content-Length": str(length),
        "Cache-Control": "no-store",
    }
    return StreamingHttpResponse(_Pieces(file), content_type=XLSX, headers=headers)


def write_workbook(file: IO[bytes], sheets: Sequence[Sheet]) -> None:
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        heading = book.add_format({"bold": True, "bg_color": "#DCEBEC", "bottom": 1, "text_wrap": True})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for sheet in sheets:
            page = book.add_worksheet(sheet.title.translate(FORBIDDEN)[:TITLE_MAX])
            page.freeze_panes(1, 1)
            page.set_column(0, len(sheet.headings) - 1, COLUMN_CHARACTERS)
            for column, width in enumerate(sheet.widths):
                page.set_column(column, column, width)
            page.write_row(0, 0, list(sheet.headings), heading)
            for number, row in enumerate(sheet.rows, start=1):
                for column, cell in enumerate(row):
                    _write(page, number, column, cell, day)


def _write(page: xlsxwriter.worksheet.Worksheet, row: int, column: int, cell: Cell, day: object) -> None:
    """By type: xlsxwriter guesses what a text means, and a name must not mean anything."""
    if cell is None or cell == "":
        return
    if isinstance(cell, str):
        page.write_string(row, column, cell)
    elif isinstance(cell, date):
        page.write_datetime(row, column, cell, day)
    else:
        page.write_number(row, column, cell)


class _Pieces:
    """The file from its beginning, in pieces. The response closes it where nobody waited for the first one."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.close = file.close

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            while piece := await asyncio.to_thread(self._file.read, CHUNK_BYTES):
                yield piece
        finally:
            self.close()
