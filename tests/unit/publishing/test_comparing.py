"""What changed between two versions, sentence by sentence."""

import pytest

from courses.rules.comparing import Piece, Section, compare, sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("先停电。再验电！", ["先停电。", "再验电！"]),
        ("A gap of 3.5 m. Done", ["A gap of 3.5 m. ", "Done"]),
        ("", []),
    ],
)
def test_a_text_falls_into_sentences_and_loses_nothing(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected
    assert "".join(sentences(text)) == text


def test_an_unchanged_section_is_said_to_be_so() -> None:
    (only,) = compare([Section("一", "先停电。")], [Section("一", "先停电。")])

    assert (only.state, only.pieces) == ("same", (Piece("same", "先停电。"),))


def test_a_changed_sentence_stands_where_it_was() -> None:
    (only,) = compare([Section("一", "先停电。再验电。挂牌。")], [Section("一", "先停电。后验电。挂牌。")])

    assert only.state == "changed"
    assert only.pieces == (
        Piece("same", "先停电。"),
        Piece("removed", "再验电。"),
        Piece("added", "后验电。"),
        Piece("same", "挂牌。"),
    )


def test_sections_are_matched_by_their_titles() -> None:
    old = [Section("一", "甲。"), Section("二", "乙。"), Section("三", "丙。")]
    new = [Section("一", "甲。"), Section("三", "丙。"), Section("四", "丁。")]

    assert [(each.title, each.state) for each in compare(old, new)] == [
        ("一", "same"),
        ("二", "removed"),
        ("三", "same"),
        ("四", "added"),
    ]


def test_a_text_too_long_to_be_compared_by_sentence_is_shown_as_a_whole() -> None:
    old, new = "甲。" * 1_500, "乙。" * 1_500

    (only,) = compare([Section("一", old)], [Section("一", new)])

    assert [piece.state for piece in only.pieces] == ["removed", "added"]
