"""Presence checks: when one comes due, what is asked, and what an answer is worth. Pure; chance is handed in.

A check comes due on credited time, so nobody can wait it out, and at a moment that only the server knows. Credit stays
provisional until the next check passes or a session ends with none due; a check that fails takes it back.
`CheckMethod` is the place for other proofs of presence, such as a face or a card. docs/hours.md tells it in prose.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log1p
from typing import Protocol

from lms.hours.rules.counting import count
from lms.hours.rules.days import Day
from lms.hours.rules.values import Clock, Code, Lesson, Outcome, Said, Terms

DUE_MS_MIN = 300_000
"""Credited time that always passes between two checks: nobody is asked twice within five minutes."""

DUE_MS_MEAN_BEYOND = 306_000
"""Mean of the exponential part. Cut off at DUE_MS_MAX it leaves five minutes: ten on average from check to check."""

DUE_MS_MAX = 1_500_000
"""The longest time without a check, and so the most that one failed check takes back."""

ANSWER_WITHIN_MS = 120_000
"""Time to answer: long enough to come back from the kettle, short enough that nobody can be fetched for it."""

EXTRA_TIME_FACTOR = 2
"""Whoever asked for more time gets this many times as long."""

UNPROVEN_MS_MAX = DUE_MS_MAX
"""What ended sessions may confirm in all since two checks in a row were passed (or the first one). Who passes
never meets it; who always leaves before a question, or lets every one lapse, earns this much once and then nothing."""

LATELY_MS = 600_000
"""A lesson's own question is about the last ten minutes of it."""


@dataclass(frozen=True, slots=True)
class Words:
    """A text in both languages; where an editor wrote no English, the Chinese one serves."""

    zh: str
    en: str = ""

    def spoken(self, language: str) -> str:
        """The text for a language code such as `zh-hans` or `en`."""
        return self.en if self.en and language.lower().startswith("en") else self.zh


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. `right` is the index of the right option; `key` is the editor's question's id, if it is one."""

    prompt: Words
    options: tuple[Words, ...]
    right: int
    key: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where the learner is when a check comes due: the lesson's own questions about what was just covered."""

    questions: Sequence[Question] = ()


class CheckMethod(Protocol):
    """One way to find out whether the learner is there.

    `question` says what is asked at a place, out of a seed that nobody can foresee, or None when this method has
    nothing to ask there. `passes` judges the choice. A proof of identity implements the same two: its question tells
    the learner what to do, and its options are what an action outside the rules found in the evidence that it kept.
    """

    name: str

    def question(self, place: Place, seed: int) -> Question | None: ...

    def passes(self, right: int, choice: int) -> bool: ...


class LessonQuestions:
    """A question that the lesson's editor wrote about the last minutes."""

    name = "lesson"

    def question(self, place: Place, seed: int) -> Question | None:
        if not place.questions:
            return None
        seed, index = divmod(seed, len(place.questions))
        return shuffled(place.questions[index], seed)

    def passes(self, right: int, choice: int) -> bool:
        return choice == right


def due_after_ms(share: float) -> int:
    """Credited time until the next check for a uniform draw `share` in [0, 1).

    Five minutes plus an exponential wait: having waited tells nothing about how long it still takes.
    """
    return min(DUE_MS_MAX, DUE_MS_MIN + int(-log1p(-share) * DUE_MS_MEAN_BEYOND))


def answer_within_ms(*, extra_time: bool) -> int:
    """How long a learner may take to answer."""
    return ANSWER_WITHIN_MS * EXTRA_TIME_FACTOR if extra_time else ANSWER_WITHIN_MS


def ask(methods: Sequence[CheckMethod], place: Place, seed: int) -> tuple[CheckMethod, Question]:
    """The first method that has something to ask. Raises ValueError when none has."""
    for method in methods:
        question = method.question(place, seed)
        if question is not None:
            return method, question
    raise ValueError("no method of presence checks has a question")


def held(*, clock: Clock, beat: Said, at_ms: int, day: Day, lesson: Lesson, terms: Terms) -> Outcome:
    """Judge a beat while a check waits: the anchor moves on, and what is claimed is refused `check_unanswered`."""
    standing = clock._replace(playing=False)
    outcome = count(clock=standing, beat=beat, at_ms=at_ms, day=day, lesson=lesson, terms=terms)
    claimed_ms = sum(outcome.refused.values())
    code: Code = "check_unanswered" if clock.playing and clock.visible else "hidden" if clock.playing else "paused"
    refused = {code: claimed_ms} if claimed_ms else {}
    # Time during which the question stood there must not be worth anything afterwards either.
    return outcome._replace(clock=outcome.clock._replace(carry_ms=0, late_ms=0), refused=refused)


def may_confirm(*, is_due: bool, provisional_ms: int, unproven_ms: int) -> bool:
    """Whether the end of a session confirms what is provisional; `unproven_ms` is what earlier ends have confirmed."""
    return not is_due and unproven_ms + provisional_ms <= UNPROVEN_MS_MAX


def unproven_after_pass_ms(unproven_ms: int, *, passed_before: bool) -> int:
    """What ended sessions count as having confirmed, after a pass.

    One pass after a failure may be luck and gives nothing back: who clicks at random among four options and closes
    often would keep 62 minutes of a hundred; so it is 35.
    """
    return 0 if passed_before else unproven_ms


def shuffled(question: Question, seed: int) -> Question:
    """The same question with its options in the order that the seed gives."""
    order = list(range(len(question.options)))
    for last in range(len(order) - 1, 0, -1):
        seed, other = divmod(seed, last + 1)
        order[last], order[other] = order[other], order[last]
    options = tuple(question.options[index] for index in order)
    return Question(question.prompt, options, order.index(question.right), question.key)
