"""A document as PDF, set by typst. What is printed travels as data (`sys_inputs`) and is never part of the source.

Chinese needs a Chinese font, and the package of typst brings none. Without one nothing is printed: a certificate whose
name is a row of empty boxes would be worse than an error that names the package. No Django here: `bin/prepare.py`
asks whether there is a font before anything else is known to work.
"""

import io
import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import segno
import typst

FONT_PACKAGE = "fonts-noto-cjk"
FAMILIES = ("Noto Serif CJK SC", "Noto Sans CJK SC")
STANDARD: Final = "a-2a"
"""PDF/A with structure: readable in twenty years, and by a screen reader. It refuses a sign that no font has."""


class FontMissing(RuntimeError):
    """The machine has no Chinese font; the text names the package that has one."""


def pdf_of(layout: Path, data: Mapping[str, Any], *, address: str, at: datetime) -> bytes:
    """The PDF of `layout` (a file of an app's `typesetting/`) with `data` and the QR code of `address`.

    The same arguments give the same bytes on the same machine; `at` is the date written into the file. Raises
    FontMissing.
    """
    if missing := missing_families():
        raise FontMissing(
            f"No Chinese font for printing ({', '.join(missing)}): install the package {FONT_PACKAGE} "
            f"(Debian, Ubuntu: apt-get install {FONT_PACKAGE}) and restart."
        )
    printed: bytes = typst.compile(
        layout,
        root=layout.parent,
        font_paths=fonts(),
        sys_inputs={"data": json.dumps(data, ensure_ascii=False), "qr": qr_svg(address)},
        pdf_standards=STANDARD,
        format="pdf",
        timestamp=int(at.timestamp()),
    )
    return printed


def missing_families() -> tuple[str, ...]:
    """Families that the layouts ask for and this machine does not have."""
    return tuple(family for family in FAMILIES if family not in fonts().families())


@cache
def fonts() -> typst.Fonts:
    """Found once a process: looking through a machine's fonts takes longer than setting a page."""
    return typst.Fonts()


def qr_svg(address: str) -> str:
    """A QR code as SVG; level M is read from paper that was folded once or twice."""
    written = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        written, kind="svg", border=0, xmldecl=False, svgns=True, unit=None
    )
    return written.getvalue().decode("utf-8")
