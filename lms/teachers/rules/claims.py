"""What may be claimed: a time in a place, of a day in the year that has passed, with evidence.

Whether the time is free is told here for whoever claims; the exclusion constraint of the ledger judges when it is
decided, and sees what no query can miss.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from lms.hours.rules.attendance import span_problem

CLAIMED_KINDS = ("classroom", "workshop")
VERBS = ("accept", "refuse")

TITLE_MAX = 120
PLACE_MAX = 120
TEXT_MAX = 2_000
REASON_MAX = 200
"""A reason is read on a telephone."""

WAITING_MAX = 30
"""Undecided claims of one teacher: people read each of them, and a script could write thousands."""
MADE_A_DAY_MAX = 40
"""Claims of one teacher in 24 hours, those that were taken back too: their evidence is kept."""

FILES_MAX = 5
FILE_BYTES_MAX = 10 * 1024 * 1024
NAME_MAX = 120

PDF, JPEG, PNG = "application/pdf", "image/jpeg", "image/png"
FIRST_BYTES = ((b"%PDF-", PDF), (b"\xff\xd8\xff", JPEG), (b"\x89PNG\r\n\x1a\n", PNG))
SUFFIXES = {PDF: ".pdf", JPEG: ".jpg", PNG: ".png"}


@dataclass(frozen=True, slots=True)
class Problem:
    """Why something cannot be claimed or decided: `field` names what is wrong, `code` why, `value` what was given."""

    field: str
    code: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Claimed:
    """What somebody claims. Days are of the installation's zone; `last_day` is the day of the last moment."""

    kind: str
    first_day: date
    last_day: date
    from_ms: int
    to_ms: int
    title: str
    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the claim is held against: the year, which kinds its category asks, the claimant's own, and the moment.

    `is_short`: the year is over and the teacher has less than it asks, so that hours may be made up. `taken` is whether
    other hours, or another claim that stands, have any of this time.
    """

    year: int
    kinds: frozenset[str]
    is_short: bool
    taken: bool
    waiting: int
    made_lately: int
    now_ms: int


def claim_problems(claimed: Claimed, around: Surroundings) -> list[Problem]:
    """Everything that speaks against a claim; empty when it may be made."""
    return [*_time_problems(claimed, around), *_word_problems(claimed), *_place_problems(claimed, around)]


def file_problems(files: Sequence[tuple[str, bytes]]) -> list[Problem]:
    """What is wrong with the evidence: (name, content) of each file. A file is what its first bytes say."""
    if not 1 <= len(files) <= FILES_MAX:
        return [Problem("evidence", "files", str(len(files)))]
    found = []
    for name, content in files:
        if len(content) > FILE_BYTES_MAX:
            found.append(Problem("evidence", "file_too_large", shown_name(name, "")))
        elif not content_type_of(content):
            found.append(Problem("evidence", "file_type", shown_name(name, "")))
    return found


def reason_problems(verb: str, reason: str) -> list[Problem]:
    """Whoever is refused is told why."""
    found = []
    if verb not in VERBS:
        found.append(Problem("verb", "verb", verb[:20]))
    if verb == "refuse" and not reason.strip():
        found.append(Problem("reason", "reason_missing"))
    if len(reason.strip()) > REASON_MAX:
        found.append(Problem("reason", "reason_too_long", str(len(reason.strip()))))
    return found


def content_type_of(content: bytes) -> str:
    """`""` for what is none of the kinds that are taken."""
    return next((kind for first, kind in FIRST_BYTES if content.startswith(first)), "")


def shown_name(name: str, content_type: str) -> str:
    """A file's name as it is kept and shown: the last part, without what could break a header or a line, with the
    ending of what the file is.
    """
    bare = re.split(r"[/\\]", name)[-1]
    clean = "".join(each for each in bare if each.isprintable() and each not in '"<>:|?*;%').strip(" .")
    suffix = SUFFIXES.get(content_type, "")
    stem = re.sub(r"\.(pdf|jpe?g|png)$", "", clean, flags=re.IGNORECASE) if suffix else clean
    return f"{(stem or 'file')[: NAME_MAX - len(suffix)]}{suffix}"


def _time_problems(claimed: Claimed, around: Surroundings) -> Iterable[Problem]:
    if claimed.to_ms <= claimed.from_ms:
        yield Problem("to_at", "ends_before_it_begins")
    elif claimed.first_day != claimed.last_day:
        yield Problem("to_at", "longer_than_a_day")
    elif span_problem((claimed.from_ms, claimed.to_ms)):
        yield Problem("to_at", "longer_than_half_a_day")
    if claimed.to_ms > around.now_ms:
        yield Problem("to_at", "in_the_future")
    if claimed.first_day.year < around.year:
        yield Problem("from_at", "before_the_year", str(around.year))
    elif claimed.last_day.year > around.year and not around.is_short:
        yield Problem("from_at", "after_the_year", str(around.year))
    if around.taken:
        yield Problem("from_at", "taken")


def _word_problems(claimed: Claimed) -> Iterable[Problem]:
    for field, text, most in (("title", claimed.title, TITLE_MAX), ("place", claimed.place, PLACE_MAX)):
        if not text.strip():
            yield Problem(field, f"{field}_missing")
        elif len(text.strip()) > most:
            yield Problem(field, f"{field}_too_long", str(len(text.strip())))
    if len(claimed.text.strip()) > TEXT_MAX:
        yield Problem("text", "text_too_long", str(len(claimed.text.strip())))


def _place_problems(claimed: Claimed, around: Surroundings) -> Iterable[Problem]:
    if claimed.kind not in CLAIMED_KINDS or claimed.kind not in around.kinds:
        yield Problem("kind", "kind", claimed.kind[:20])
    if around.waiting >= WAITING_MAX:
        yield Problem("claim", "too_many_waiting", str(around.waiting))
    elif around.made_lately >= MADE_A_DAY_MAX:
        yield Problem("claim", "too_many_lately", str(around.made_lately))
