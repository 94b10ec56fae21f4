"""Chapters of a video on its time line: the measured duration, cut where the editor said.

Without chapters the whole video is one section. Seconds come from the editor, the duration from our measurement.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from courses.rules.reading import Span


@dataclass(frozen=True)
class ChapterMark:
    title: str
    starts_at_s: int


@dataclass(frozen=True)
class ChapterFault:
    """What is wrong with the chapter at `index` (from 0). Codes: not_ascending, after_the_end."""

    index: int
    code: str
    starts_at_s: int
    allowed_s: int


def chapter_faults(marks: Sequence[ChapterMark], *, duration_ms: int | None) -> tuple[ChapterFault, ...]:
    """Why these chapters cannot be; empty if they can. An unknown duration (None) leaves the end unchecked.

    `allowed_s` is the lowest allowed second for not_ascending, the highest for after_the_end.
    """
    faults: list[ChapterFault] = []
    lowest_s = 0
    for index, mark in enumerate(marks):
        if mark.starts_at_s < lowest_s:
            faults.append(ChapterFault(index, "not_ascending", mark.starts_at_s, lowest_s))
        elif duration_ms is not None and mark.starts_at_s * 1000 >= duration_ms:
            faults.append(ChapterFault(index, "after_the_end", mark.starts_at_s, (duration_ms - 1) // 1000))
        lowest_s = max(lowest_s, mark.starts_at_s + 1)
    return tuple(faults)


def video_timeline(title: str, marks: Sequence[ChapterMark], *, duration_ms: int) -> tuple[Span, ...]:
    """Sections that cover [0, duration_ms). A first chapter after 0 is led by one with the lesson's own title."""
    if not marks or marks[0].starts_at_s > 0:
        marks = [ChapterMark(title, 0), *marks]
    ends_ms = [mark.starts_at_s * 1000 for mark in marks[1:]] + [duration_ms]
    return tuple(Span(mark.title, mark.starts_at_s * 1000, end_ms) for mark, end_ms in zip(marks, ends_ms, strict=True))
