"""What a lesson's own question must be before anybody is asked it, told field by field. Pure.

A question decides over a learner's hours, so it must have one right answer, be about a place that the lesson has, and
be understood in every language in which it is written at all: English is whole or absent.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from lms.hours.rules.appeals import Problem, text_problems
from lms.hours.rules.checks import Question, Words

PROMPT_MAX = 300
OPTION_MAX = 100
"""An option is a button of a phone: two lines at most."""

OPTIONS_MIN = 2
OPTIONS_MAX = 5

QUESTIONS_MAX = 200
"""Questions of one version of a lesson: one a minute of the longest lecture."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A question as it was written. `options` are the rows of the form, some may be empty; `right` is a row's index."""

    from_ms: int
    prompt: Words
    options: Sequence[Words]
    right: int | None


def question_problems(draft: Draft, duration_ms: int) -> list[Problem]:
    """Everything that speaks against asking it in a lesson of this length; empty when it may be asked.

    Fields are `from_ms`, `prompt`, `right`, `option_1` .. for a row, each text also with `_en`.
    """
    found = [] if 0 <= draft.from_ms < duration_ms else [Problem("from_ms", "beyond_the_end")]
    found += text_problems("prompt", draft.prompt.zh, PROMPT_MAX)
    found += _option_problems(draft.options)
    found += _english_problems(draft)
    if draft.right is None or not 0 <= draft.right < len(draft.options) or not draft.options[draft.right].zh.strip():
        found.append(Problem("right", "right_missing"))
    return found


def question_of(draft: Draft) -> Question:
    """The question of a draft without problems: empty rows left out, texts without space around them."""
    written = [index for index, each in enumerate(draft.options) if each.zh.strip()]
    assert draft.right is not None
    options = tuple(_trimmed(draft.options[index]) for index in written)
    return Question(_trimmed(draft.prompt), options, written.index(draft.right))


def _option_problems(options: Sequence[Words]) -> list[Problem]:
    found: list[Problem] = []
    seen: set[str] = set()
    for number, option in enumerate(options, start=1):
        text = option.zh.strip()
        if text in seen:
            found.append(Problem(f"option_{number}", "same_option"))
        elif text or option.en.strip():
            found += text_problems(f"option_{number}", option.zh, OPTION_MAX)
        seen |= {text} if text else set()
    if len(options) > OPTIONS_MAX:
        found.append(Problem(f"option_{OPTIONS_MAX + 1}", "too_many_options"))
    if len(seen) < OPTIONS_MIN and not found:
        empty = next((number for number, each in enumerate(options, start=1) if not each.zh.strip()), len(options) + 1)
        found.append(Problem(f"option_{empty}", "too_few_options"))
    return found


def _english_problems(draft: Draft) -> list[Problem]:
    rows = [("prompt_en", draft.prompt, PROMPT_MAX)]
    rows += [(f"option_{number}_en", each, OPTION_MAX) for number, each in enumerate(draft.options, start=1)]
    if not any(words.en.strip() for _field, words, _max in rows):
        return []
    found: list[Problem] = []
    seen: set[str] = set()
    for field, words, length_max in rows:
        text = words.en.strip()
        if not text and words.zh.strip():
            found.append(Problem(field, "english_missing"))
        elif len(text) > length_max:
            found.append(Problem(field, "text_too_long"))
        elif text in seen and field != "prompt_en":
            found.append(Problem(field, "same_option"))
        seen |= {text} if text and field != "prompt_en" else set()
    return found


def _trimmed(words: Words) -> Words:
    return Words(words.zh.strip(), words.en.strip())
