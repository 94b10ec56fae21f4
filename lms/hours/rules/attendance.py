"""Attendance by code: what stands on the teacher's screen, when a sheet takes marks, and what two marks are worth.

The code is a MAC of the sheet, the direction and a step of time under the sheet's own secret, so nobody makes one
without the server, and one that was photographed and sent on is worth nothing half a minute later.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from uuid import UUID

from lms.hours.rules.spans import Span, Spans, measure_ms, outside, union

STEP_MS = 15_000
"""How long one code stands on the screen. It and the one before are taken: time to scan, read and press."""

EARLY_MS = 30 * 60_000
"""Learners come before a class begins. What lies before the planned time earns nothing."""

LATE_MS = 60 * 60_000
"""A class runs over, and a queue stands at the door. What lies after the planned time earns nothing."""

SPAN_MS_MAX = 12 * 3_600_000
"""Nobody teaches one group for longer in one go; a longer span is a slip of the pen."""

PIECES_MAX = 20
"""Entries that one presence becomes: online study in between cuts it up, and a beat a second would cut it finely."""

LEARNERS_MAX = 300
"""Learners of one proposal: somebody outside has to read it."""

DIRECTIONS = ("in", "out")
REASON_MAX = 200
EVIDENCE_MAX = 1_000
PLACE_MAX = 120
CODE_BYTES = 10


def code_at(secret: bytes, sheet: UUID, direction: str, at_ms: int) -> str:
    """The code of a sheet and direction at a moment: 16 letters and digits that stand for one step of time."""
    return _code(secret, sheet, direction, at_ms // STEP_MS)


def is_code_good(secret: bytes, sheet: UUID, direction: str, code: str, at_ms: int) -> bool:
    """Is this the code of the step at `at_ms` or of the one before? None of the future is."""
    step = at_ms // STEP_MS
    given = code.encode()
    good = [hmac.compare_digest(_code(secret, sheet, direction, each).encode(), given) for each in (step, step - 1)]
    return direction in DIRECTIONS and any(good)


def step_left_ms(at_ms: int) -> int:
    """How long the code of this moment stays on the screen."""
    return STEP_MS - at_ms % STEP_MS


def takes_marks(planned: Span, at_ms: int) -> bool:
    """Is it close enough to the planned time to sign in or out?"""
    return planned[0] - EARLY_MS <= at_ms < planned[1] + LATE_MS


def span_problem(span: Span) -> str:
    """`span` when it is empty or too long, "" when it can be."""
    return "" if span[0] < span[1] <= span[0] + SPAN_MS_MAX else "span"


def earned(marks: Span, planned: Span, taken: Spans) -> list[Span]:
    """What a presence earns: between its marks, inside the planned time, without what other hours have taken.

    In the order of time; of very many pieces only the longest, so that no one presence fills the ledger.
    """
    lower, upper = max(marks[0], planned[0]), min(marks[1], planned[1])
    if lower >= upper:
        return []
    pieces = outside((lower, upper), union(taken))
    longest = sorted(pieces, key=lambda piece: piece[0] - piece[1])[:PIECES_MAX]
    return sorted(longest)


def standing_ms(window: Span, attended: Iterable[tuple[int, Span]], taken: Iterable[tuple[int, Span]]) -> int:
    """How much attended time still counts inside a window.

    `attended` are entries, each by its number in the ledger and its time; `taken` the times that were taken back, each
    by the number of the entry that did it: it took what was posted before it, and nothing that came later.
    """
    gone = list(taken)
    left: list[Span] = []
    for number, (from_ms, to_ms) in attended:
        lower, upper = max(from_ms, window[0]), min(to_ms, window[1])
        if lower < upper:
            left += outside((lower, upper), union(span for after, span in gone if after > number))
    return measure_ms(left)


def _code(secret: bytes, sheet: UUID, direction: str, step: int) -> str:
    told = f"{sheet}:{direction}:{step}".encode()
    return base64.b32encode(hmac.digest(secret, told, hashlib.sha256)[:CODE_BYTES]).decode().lower()
