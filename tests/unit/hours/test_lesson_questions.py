import pytest

from lms.hours.rules.appeals import Problem
from lms.hours.rules.checks import Question, Words
from lms.hours.rules.lesson_questions import Draft, question_of, question_problems

HOUR_MS = 3_600_000


def draft(*options: str | Words, right: int | None = 0, prompt: str | Words = "先做什么？", from_ms: int = 0) -> Draft:
    words = [Words(each) if isinstance(each, str) else each for each in options]
    return Draft(from_ms, Words(prompt) if isinstance(prompt, str) else prompt, words, right)


@pytest.mark.parametrize(
    ("written", "problems"),
    [
        (draft("停电", "验电"), []),
        (draft("停电", "验电", "", "", "", right=1), []),
        (draft("停电", "", "验电", right=2), []),
        (draft("停电", "验电", from_ms=HOUR_MS - 1), []),
        (draft("停电", "验电", from_ms=HOUR_MS), [Problem("from_ms", "beyond_the_end")]),
        (draft("停电", "验电", from_ms=-1), [Problem("from_ms", "beyond_the_end")]),
        (draft("停电", "验电", prompt="  "), [Problem("prompt", "text_missing")]),
        (draft("停电", "验电", prompt="问" * 301), [Problem("prompt", "text_too_long")]),
        (draft("停电", "验" * 101), [Problem("option_2", "text_too_long")]),
        (draft("停电"), [Problem("option_2", "too_few_options")]),
        (draft("", "停电", right=1), [Problem("option_1", "too_few_options")]),
        (draft("停电", " 停电 "), [Problem("option_2", "same_option")]),
        (draft(*"一二三四五六"), [Problem("option_6", "too_many_options")]),
        (draft("停电", "验电", right=None), [Problem("right", "right_missing")]),
        (draft("停电", "验电", "", right=2), [Problem("right", "right_missing")]),
        (draft("停电", "验电", right=2), [Problem("right", "right_missing")]),
        (draft("停电", "验电", right=-1), [Problem("right", "right_missing")]),
    ],
)
def test_it_names_every_field_that_speaks_against_a_question(written: Draft, problems: list[Problem]) -> None:
    assert question_problems(written, HOUR_MS) == problems


@pytest.mark.parametrize(
    ("written", "problems"),
    [
        (draft(Words("停电", "off"), Words("验电", "test"), prompt=Words("先？", "First?")), []),
        (
            draft(Words("停电", "off"), "验电", prompt=Words("先？", "First?")),
            [Problem("option_2_en", "english_missing")],
        ),
        (draft(Words("停电", "off"), Words("验电", "test")), [Problem("prompt_en", "english_missing")]),
        (
            draft(Words("停电", "off"), Words("验电", "off"), prompt=Words("先？", "First?")),
            [Problem("option_2_en", "same_option")],
        ),
        (
            draft(Words("停电", "off"), Words("验电", "x" * 101), prompt=Words("先？", "First?")),
            [Problem("option_2_en", "text_too_long")],
        ),
        (
            draft(Words("停电", "off"), Words("验电", "test"), Words("", "only"), prompt=Words("先？", "First?")),
            [Problem("option_3", "text_missing")],
        ),
    ],
)
def test_english_is_whole_or_absent(written: Draft, problems: list[Problem]) -> None:
    assert question_problems(written, HOUR_MS) == problems


def test_rows_that_stay_empty_are_left_out_and_the_right_one_stays_right() -> None:
    written = draft(" 停电 ", "", "验电", right=2, prompt=" 先做什么？ ")

    assert question_of(written) == Question(Words("先做什么？"), (Words("停电"), Words("验电")), 1)
