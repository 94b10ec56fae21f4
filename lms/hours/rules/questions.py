"""Simple questions that need no lesson: a sum, or a word to find. Text only, for the keyboard and the screen reader.

They ask whether somebody is there, not what they know; every worker can answer them at once. Pure: a seed gives the
question, and options come shuffled.
"""

from lms.hours.rules.checks import LessonQuestions, Place, Question, Words, shuffled

_KINDS = (
    (
        Words("下面哪一个是动物？", "Which of these is an animal?"),
        (Words("牛", "Cow"), Words("猫", "Cat"), Words("鱼", "Fish"), Words("马", "Horse"), Words("羊", "Sheep")),
    ),
    (
        Words("下面哪一个是水果？", "Which of these is a fruit?"),
        (Words("苹果", "Apple"), Words("香蕉", "Banana"), Words("桃子", "Peach"), Words("梨", "Pear")),
    ),
    (
        Words("下面哪一个是工具？", "Which of these is a tool?"),
        (Words("锤子", "Hammer"), Words("钳子", "Pliers"), Words("扳手", "Wrench"), Words("锯", "Saw")),
    ),
    (
        Words("下面哪一个是颜色？", "Which of these is a colour?"),
        (Words("红色", "Red"), Words("蓝色", "Blue"), Words("绿色", "Green"), Words("黄色", "Yellow")),
    ),
    (
        Words("下面哪一个是衣物？", "Which of these is a piece of clothing?"),
        (Words("帽子", "Hat"), Words("手套", "Gloves"), Words("外套", "Coat"), Words("袜子", "Socks")),
    ),
)
_OPTIONS = 4
_ADDEND_MIN = 2
_ADDEND_COUNT = 8


class SimpleQuestions:
    """A sum or a word to find; there is always one."""

    name = "simple"

    def question(self, place: Place, seed: int) -> Question | None:
        seed, kind = divmod(seed, 2)
        return _sum(seed) if kind else _word(seed)

    def passes(self, right: int, choice: int) -> bool:
        return choice == right


METHODS = (LessonQuestions(), SimpleQuestions())
"""In the order in which they are tried. Proofs of identity have their place before these; none is in the box."""


def _sum(seed: int) -> Question:
    seed, left = divmod(seed, _ADDEND_COUNT)
    seed, right = divmod(seed, _ADDEND_COUNT)
    left, right = left + _ADDEND_MIN, right + _ADDEND_MIN
    seed, below = divmod(seed, _OPTIONS)
    # The right number is as often the smallest as the largest of its neighbours.
    options = tuple(Words(str(left + right - below + index)) for index in range(_OPTIONS))
    prompt = Words(f"{left} 加 {right} 等于多少？", f"How much is {left} plus {right}?")
    return shuffled(Question(prompt, options, below), seed)


def _word(seed: int) -> Question:
    seed, wanted = divmod(seed, len(_KINDS))
    prompt, words = _KINDS[wanted]
    seed, word = divmod(seed, len(words))
    options = [words[word]]
    for step in range(1, _OPTIONS):
        others = _KINDS[(wanted + step) % len(_KINDS)][1]
        seed, other = divmod(seed, len(others))
        options.append(others[other])
    return shuffled(Question(prompt, tuple(options), 0), seed)
