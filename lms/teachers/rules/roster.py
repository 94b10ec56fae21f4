"""What the roster 师资库 asks of a teacher, and what it shows to strangers.

Practice is asked in whole years (REQUIREMENTS section 4: at least five, Yunnan 2016, Changzhou 2017); how many is dated
data, and an application is judged by what was in force on its day.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from lms.institutions.rules.certificates import Term, is_valid_on

LAPSING = timedelta(days=90)
"""A certificate that is valid today and not so long from now is about to run out."""
TRADES_MAX = 12
LINES_MAX = 12
LINE_MAX = 120
SEARCH_MIN = 2
SEARCH_MAX = 60
SHOWN_AT_EACH_END = 2
_BRACKETS = re.compile(r"\s*[（(][^（）()]*[）)]\s*$")


def is_lapsing(terms: Collection[Term], day: date) -> bool:
    """Of the certificates of one person: one is valid on the day, and none is LAPSING later."""
    later = day + LAPSING
    return any(is_valid_on(each, day) for each in terms) and not any(is_valid_on(each, later) for each in terms)


@dataclass(frozen=True, slots=True)
class Practice:
    """So many years of practice are asked of who applies from that day on."""

    in_force_from: date
    years_min: int
    source: str


def practice_on(asked: Iterable[Practice], day: date) -> Practice | None:
    """What is in force on a day: the latest that began; None before the first."""
    begun = [each for each in asked if each.in_force_from <= day]
    return max(begun, key=lambda each: each.in_force_from, default=None)


def years_over(since: date, years: int) -> date:
    """The day on which so many years since then are over. From 29 February it is 28 February in a common year, as
    PostgreSQL adds years."""
    try:
        return since.replace(year=since.year + years)
    except ValueError:
        return since.replace(year=since.year + years, day=28)


def whole_years(since: date, day: date) -> int:
    """Years of practice as they are told: whole ones, never less than none."""
    years = day.year - since.year
    return max(0, years if years_over(since, years) <= day else years - 1)


def file_problems(
    *, trades: Iterable[str], known: Iterable[str], since: date, day: date, practice: Practice | None, lines: list[str]
) -> list[tuple[str, str, str]]:
    """(field, value, allowed) for everything that speaks against what is applied for; empty when nothing does."""
    chosen, codes = list(trades), set(known)
    problems = []
    if not 1 <= len(chosen) <= TRADES_MAX or len(set(chosen)) != len(chosen):
        problems.append(("trades", ", ".join(chosen), f"1 to {TRADES_MAX} trades, each once"))
    problems += [("trades", code, "a trade that a syllabus knows") for code in chosen if code not in codes]
    if since > day:
        problems.append(("practising_since", since.isoformat(), f"a day until {day.isoformat()}"))
    elif practice is not None and years_over(since, practice.years_min) > day:
        text = f"at least {practice.years_min} years ago ({practice.source})"
        problems.append(("practising_since", since.isoformat(), text))
    if len(lines) > LINES_MAX:
        problems.append(("qualifications", str(len(lines)), f"at most {LINES_MAX} lines"))
    problems += [
        ("qualifications", line[:40], f"{LINE_MAX} characters a line") for line in lines if len(line) > LINE_MAX
    ]
    return problems


def lines_of(text: str) -> list[str]:
    """One qualification a line, without the empty ones."""
    return [line for each in text.splitlines() if (line := " ".join(each.replace("\0", "").split()))]


def plain_name(name: str) -> str:
    """`低压电工作业（初次培训）` -> `低压电工作业`: a trade is the same for every kind of its training."""
    return _BRACKETS.sub("", name) or name


def names_of(codes: Iterable[str], known: Mapping[str, str]) -> list[str]:
    """Trades as people read them; one that no syllabus knows any more keeps its code."""
    return [known.get(code, code) for code in codes]


def masked_number(number: str) -> str:
    """`示例教证 0001` -> `示例•••••01`: enough to compare with a card that is held up, too little to make one."""
    shown = SHOWN_AT_EACH_END
    if len(number) <= 2 * shown:
        return "•" * len(number[:-1]) + number[-1:]
    return f"{number[:shown]}{'•' * (len(number) - 2 * shown)}{number[-shown:]}"


def search_words(text: str) -> str | None:
    """What is looked for in public, cleaned; None when it is too short or too long to be answered."""
    words = " ".join(text.replace("\0", "").split())
    return words if SEARCH_MIN <= len(words) <= SEARCH_MAX else None
