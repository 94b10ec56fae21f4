"""How much time a section of a textbook chapter may earn: its ceiling, from what there is to read.

A reader may take longer, but earns no more. The ceilings follow measured silent reading (Brysbaert 2019, "How many
words do we read per minute?": about 390 Chinese characters or 238 English words a minute), plus what a reader needs
to look at a picture, find the way in a table and take in a warning. All sections together, one after the other
from 0, are the chapter's time line.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Final

HAN_MS: Final = 155  # 60 000 / 390 characters
LATIN_WORD_MS: Final = 250  # 60 000 / 238 words; a number counts as one word
PICTURE_MS: Final = 6_000  # one slow look, and one back from the text
TABLE_CELL_MS: Final = 300  # finding row and column, beside reading what the cell says
WARNING_MS: Final = 3_000  # a warning is read twice
# Less could not be told from scrolling past.
SECTION_MS_MIN: Final = 8_000
# Whole seconds, so that what the page shows adds up.
STEP_MS: Final = 1_000

# CJK ideographs with extension A, the compatibility block and the supplementary planes; no punctuation.
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
_LATIN_WORD = re.compile(r"[0-9A-Za-z\u00c0-\u024f]+(?:[.,'’/-][0-9A-Za-z\u00c0-\u024f]+)*")


@dataclass(frozen=True)
class SectionContent:
    """What a section holds: all its words as plain text (heading, tables, captions, warnings included), and counts."""

    title: str
    text: str
    pictures: int = 0
    table_cells: int = 0
    warnings: int = 0


@dataclass(frozen=True)
class Span:
    """A section on the time line of its lesson: from `from_ms` (inclusive) to `to_ms` (exclusive)."""

    title: str
    from_ms: int
    to_ms: int


def ceiling_ms(section: SectionContent) -> int:
    """The most that reading this section can earn, in whole seconds, rounded up."""
    raw_ms = (
        len(_HAN.findall(section.text)) * HAN_MS
        + len(_LATIN_WORD.findall(section.text)) * LATIN_WORD_MS
        + section.pictures * PICTURE_MS
        + section.table_cells * TABLE_CELL_MS
        + section.warnings * WARNING_MS
    )
    return max(SECTION_MS_MIN, -(-raw_ms // STEP_MS) * STEP_MS)


def reading_timeline(sections: Sequence[SectionContent]) -> tuple[Span, ...]:
    """The sections one after the other, without a hole, from 0; the last `to_ms` is the chapter's duration."""
    spans: list[Span] = []
    position_ms = 0
    for section in sections:
        end_ms = position_ms + ceiling_ms(section)
        spans.append(Span(section.title, position_ms, end_ms))
        position_ms = end_ms
    return tuple(spans)


def plain_text(html: str) -> str:
    """The words of a piece of HTML. Tags part words; scripts and styles have none."""
    reader = _TextReader()
    reader.feed(html)
    reader.close()
    return " ".join("".join(reader.parts).split())


class _TextReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in {"script", "style"}
        self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"script", "style"} and self._silent > 0
        self.parts.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)
