import pytest

from lms.hours.rules.checks import (
    DUE_MS_MAX,
    LessonQuestions,
    Place,
    Question,
    Words,
    answer_within_ms,
    ask,
    due_after_ms,
    may_confirm,
    shuffled,
)
from lms.hours.rules.questions import METHODS, SimpleQuestions
from tests.timeline import tell

PUMP = Question(
    Words("先做什么？", "What comes first?"), (Words("停电", "Switch off"), Words("验电", "Test")), 0, key=7
)


@pytest.mark.parametrize(
    ("share", "after_ms"),
    [(0.0, 300_000), (0.5, 512_103), (0.9, 1_004_591), (0.99, 1_500_000), (1 - 2**-53, 1_500_000)],
)
def test_it_comes_due_between_five_and_twenty_five_minutes(share: float, after_ms: int) -> None:
    assert due_after_ms(share) == after_ms


def test_it_comes_due_every_ten_minutes_on_average() -> None:
    draws = [due_after_ms((step + 0.5) / 100_000) for step in range(100_000)]

    assert min(draws) >= 300_000
    assert max(draws) == DUE_MS_MAX
    assert abs(sum(draws) / len(draws) - 600_000) < 1_000


def test_extra_time_is_twice_the_time() -> None:
    assert (answer_within_ms(extra_time=False), answer_within_ms(extra_time=True)) == (120_000, 240_000)


@pytest.mark.parametrize(
    ("is_due", "provisional_ms", "unproven_ms", "may"),
    [
        (False, 299_000, 0, True),
        (True, 299_000, 0, False),
        (False, 100_000, 1_400_000, True),
        (False, 100_001, 1_400_000, False),
    ],
)
def test_a_session_that_ends_confirms_unless_a_check_is_due_or_too_much_stayed_unproven(
    is_due: bool, provisional_ms: int, unproven_ms: int, may: bool
) -> None:
    assert may_confirm(is_due=is_due, provisional_ms=provisional_ms, unproven_ms=unproven_ms) is may


def test_the_lessons_own_question_comes_first() -> None:
    method, question = ask(METHODS, Place([PUMP]), 1)

    assert (method.name, question.key, question.options[question.right].en) == ("lesson", 7, "Switch off")


def test_without_one_there_is_a_simple_question() -> None:
    method, question = ask(METHODS, Place(), 12_345)

    assert (method.name, question.key) == ("simple", None)


@pytest.mark.parametrize("seed", [*range(200), 2**64 - 1, 2**63 + 12_345])
def test_a_simple_question_has_one_right_option_in_both_languages(seed: int) -> None:
    question = SimpleQuestions().question(Place(), seed)

    assert question is not None
    assert len({option.zh for option in question.options}) == 4
    assert 0 <= question.right < 4
    assert all(option.spoken("en") and option.spoken("zh-hans") for option in question.options)
    if "plus" in question.prompt.en:
        left, right = (int(word) for word in question.prompt.en.rstrip("?").split() if word.isdigit())
        assert question.options[question.right].zh == str(left + right)


def test_every_place_in_the_list_may_be_the_right_one() -> None:
    places = {question.right for seed in range(400) if (question := SimpleQuestions().question(Place(), seed * 7919))}

    assert places == {0, 1, 2, 3}


def test_shuffling_keeps_the_right_option_right() -> None:
    turned = [shuffled(PUMP, seed) for seed in range(2)]

    assert [question.options[question.right].en for question in turned] == ["Switch off", "Switch off"]
    assert {question.right for question in turned} == {0, 1}


def test_only_the_right_choice_passes() -> None:
    assert [LessonQuestions().passes(1, choice) for choice in (0, 1, 2)] == [False, True, False]


def test_a_text_without_english_is_spoken_in_chinese() -> None:
    assert Words("停电").spoken("en") == "停电"
    assert (PUMP.prompt.spoken("en-gb"), PUMP.prompt.spoken("")) == ("What comes first?", "先做什么？")


def test_nothing_is_credited_while_a_check_waits() -> None:
    from lms.hours.rules.checks import held
    from lms.hours.rules.days import day_at
    from lms.hours.rules.values import Beat, Lesson, Terms
    from tests.timeline import START, ZONE

    clock = tell("0@0 15@15").clock
    at_ms = int(START.timestamp() * 1000) + 30_000
    beat = Beat(seq=3, event="tick", position_ms=30_000, playing=True, visible=True)

    outcome = held(
        clock=clock,
        beat=beat,
        at_ms=at_ms,
        day=day_at(at_ms, ZONE),
        lesson=Lesson(3_600_000, ((0, 15_000),)),
        terms=Terms(day_cap_ms=14_400_000),
    )

    assert (outcome.credited_ms, dict(outcome.refused)) == (0, {"check_unanswered": 15_000})
    assert (outcome.clock.seq, outcome.clock.position_ms, outcome.clock.carry_ms) == (3, 30_000, 0)
