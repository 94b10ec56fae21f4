"""Chapters of a video: what is refused, and that they always cover the measured length."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.rules.reading import Span
from courses.rules.video import ChapterFault, ChapterMark, chapter_faults, video_timeline


@pytest.mark.parametrize(
    ("label", "seconds", "expected"),
    [
        ("none", [], ()),
        ("from the start", [0, 10, 20], ()),
        ("later than the start", [5], ()),
        ("twice the same", [0, 10, 10], (ChapterFault(2, "not_ascending", 10, 11),)),
        ("backwards", [20, 10], (ChapterFault(1, "not_ascending", 10, 21),)),
        ("at the very end of 30 s", [0, 30], (ChapterFault(1, "after_the_end", 30, 29),)),
        ("after the end", [0, 99], (ChapterFault(1, "after_the_end", 99, 29),)),
    ],
)
def test_chapters_must_lie_inside_the_video_in_order(
    label: str, seconds: list[int], expected: tuple[ChapterFault, ...]
) -> None:
    marks = [ChapterMark(f"第{second}秒", second) for second in seconds]

    assert chapter_faults(marks, duration_ms=30_000) == expected, label


def test_an_unknown_length_leaves_the_end_unchecked() -> None:
    assert chapter_faults([ChapterMark("一", 9_999)], duration_ms=None) == ()


def test_a_video_without_chapters_is_one_section() -> None:
    assert video_timeline("触电急救", [], duration_ms=30_480) == (Span("触电急救", 0, 30_480),)


def test_what_comes_before_the_first_chapter_has_the_lessons_title() -> None:
    spans = video_timeline("触电急救", [ChapterMark("脱离电源", 12)], duration_ms=30_480)

    assert spans == (Span("触电急救", 0, 12_000), Span("脱离电源", 12_000, 30_480))


@given(st.lists(st.integers(0, 600), unique=True, max_size=10).map(sorted), st.integers(600_001, 900_000))
def test_chapters_cover_the_video_without_a_hole(seconds: list[int], duration_ms: int) -> None:
    marks = [ChapterMark(str(second), second) for second in seconds]

    spans = video_timeline("全部", marks, duration_ms=duration_ms)

    assert chapter_faults(marks, duration_ms=duration_ms) == ()
    assert spans[0].from_ms == 0
    assert spans[-1].to_ms == duration_ms
    assert all(before.to_ms == after.from_ms for before, after in pairwise(spans))
    assert all(span.to_ms > span.from_ms for span in spans)
