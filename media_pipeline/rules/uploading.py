"""The life of an upload that comes in parts, and what it is refused for.

receiving -> checking -> done, or out of the way: `spoiled` (what lies here is not what was sent), `abandoned` (by its
owner) and `expired` (nobody went on with it). Whatever is not in the table is refused.
"""

from typing import Final

RECEIVING: Final = "receiving"
CHECKING: Final = "checking"
DONE: Final = "done"
SPOILED: Final = "spoiled"
ABANDONED: Final = "abandoned"
EXPIRED: Final = "expired"

STATES: Final = (RECEIVING, CHECKING, DONE, SPOILED, ABANDONED, EXPIRED)
UNFINISHED: Final = (RECEIVING, CHECKING)
# Nothing of these is left to go on with: the protocol calls them gone.
GONE: Final = (SPOILED, ABANDONED, EXPIRED)

TRANSITIONS: Final[dict[str, frozenset[str]]] = {
    RECEIVING: frozenset({CHECKING, ABANDONED, EXPIRED}),
    CHECKING: frozenset({DONE, SPOILED}),
    DONE: frozenset(),
    SPOILED: frozenset(),
    ABANDONED: frozenset(),
    EXPIRED: frozenset(),
}

# Reasons why no upload is begun.
EMPTY: Final = "empty"
TOO_LARGE: Final = "too_large"
TOO_MANY: Final = "too_many"
NO_SPACE: Final = "no_space"


class UploadTransitionRefused(Exception):
    """An upload was asked to go where the table does not lead."""


def check_transition(from_state: str, to_state: str) -> None:
    """Raise UploadTransitionRefused unless the table leads from one state to the other."""
    if to_state not in TRANSITIONS[from_state]:
        raise UploadTransitionRefused(f"{from_state} -> {to_state}")


def why_not_begin(
    *, bytes_total: int, bytes_max: int, unfinished: int, unfinished_max: int, bytes_free: int, bytes_kept_free: int
) -> tuple[str, ...]:
    """Every reason not to begin an upload of so many bytes; none when it may begin.

    `bytes_free` is what is left on the disk after what other unfinished uploads are still to bring.
    """
    reasons = []
    if bytes_total <= 0:
        reasons.append(EMPTY)
    if bytes_total > bytes_max:
        reasons.append(TOO_LARGE)
    if unfinished >= unfinished_max:
        reasons.append(TOO_MANY)
    if bytes_total > bytes_free - bytes_kept_free:
        reasons.append(NO_SPACE)
    return tuple(reasons)


def room_for_part(*, received: int, bytes_total: int, part_bytes_max: int) -> int:
    """How many bytes the next part may have: as many as are missing, and no more than one request may bring."""
    return min(bytes_total - received, part_bytes_max)


def percent_of(done: int, total: int) -> int:
    """Whole percent, rounded down, so that 100 is said only of everything."""
    return min(100, done * 100 // total) if total else 0
