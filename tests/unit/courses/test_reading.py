"""Ceilings of reading time: literal examples, and what holds for every chapter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.rules.reading import SectionContent, Span, ceiling_ms, plain_text, reading_timeline

sections = st.builds(
    SectionContent,
    title=st.text(max_size=20),
    text=st.text(max_size=300),
    pictures=st.integers(0, 3),
    table_cells=st.integers(0, 40),
    warnings=st.integers(0, 3),
)


@pytest.mark.parametrize(
    ("label", "section", "expected_ms"),
    [
        ("an empty section still takes a moment", SectionContent("", ""), 8_000),
        ("100 Chinese characters: 15.5 s, in whole seconds", SectionContent("", "电" * 100), 16_000),
        ("punctuation is not read", SectionContent("", "电。" * 100), 16_000),
        ("60 English words: 15 s", SectionContent("", "current " * 60), 15_000),
        ("a figure is one word: 100 of 15.5 s, 2 of 0.5 s", SectionContent("", "电" * 100 + " 220 0.1"), 16_000),
        ("two pictures: 12 s", SectionContent("", "", pictures=2), 12_000),
        ("a table of 40 empty cells: 12 s", SectionContent("", "", table_cells=40), 12_000),
        ("three warnings: 9 s", SectionContent("", "", warnings=3), 9_000),
    ],
)
def test_a_section_earns_at_most_its_ceiling(label: str, section: SectionContent, expected_ms: int) -> None:
    assert ceiling_ms(section) == expected_ms, label


def test_sections_follow_one_another_from_zero() -> None:
    spans = reading_timeline([SectionContent("一", "电" * 100), SectionContent("二", "")])

    assert spans == (Span("一", 0, 16_000), Span("二", 16_000, 24_000))


def test_a_chapter_without_sections_has_no_time_line() -> None:
    assert reading_timeline([]) == ()


@given(st.lists(sections, max_size=20))
def test_a_time_line_has_no_hole_and_no_overlap(chapter: list[SectionContent]) -> None:
    spans = reading_timeline(chapter)

    assert [span.from_ms for span in spans] == [0, *[span.to_ms for span in spans]][: len(spans)]
    assert [span.to_ms - span.from_ms for span in spans] == [ceiling_ms(section) for section in chapter]
    assert all(span.to_ms % 1000 == 0 for span in spans)


@given(sections, st.text(max_size=100))
def test_more_text_never_takes_less_time(section: SectionContent, more: str) -> None:
    longer = SectionContent(
        section.title, f"{section.text} {more}", section.pictures, section.table_cells, section.warnings
    )

    assert ceiling_ms(longer) >= ceiling_ms(section) >= 8_000


@given(st.text(alphabet=st.characters(exclude_characters="<>&"), max_size=200))
def test_markup_adds_nothing_to_read(text: str) -> None:
    bare, marked = SectionContent("", text), SectionContent("", plain_text(f"<p class='long name'><b>{text}</b></p>"))

    assert ceiling_ms(marked) == ceiling_ms(bare)


def test_plain_text_keeps_words_apart_and_drops_scripts() -> None:
    html = "<p>先停电</p><script>alert('x')</script><table><td>220</td><td>V&amp;A</td></table>"

    assert plain_text(html) == "先停电 220 V&A"
