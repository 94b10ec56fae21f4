"""The life of an asset, as one table. Whatever is not in it is refused.

uploaded -> probing -> transcoding -> ready, or out of the way: `rejected` (the file is no fit video; a new
upload is needed) and `failed` (we could not; an editor may try again). A worker that dies sends its job back
to `uploaded`.
"""

from typing import Final

UPLOADED: Final = "uploaded"
PROBING: Final = "probing"
TRANSCODING: Final = "transcoding"
READY: Final = "ready"
REJECTED: Final = "rejected"
FAILED: Final = "failed"

STATES: Final = (UPLOADED, PROBING, TRANSCODING, READY, REJECTED, FAILED)
WORKING: Final = (PROBING, TRANSCODING)
SETTLED: Final = (READY, REJECTED, FAILED)

TRANSITIONS: Final[dict[str, frozenset[str]]] = {
    UPLOADED: frozenset({PROBING, FAILED}),
    PROBING: frozenset({TRANSCODING, UPLOADED, REJECTED, FAILED}),
    TRANSCODING: frozenset({READY, UPLOADED, REJECTED, FAILED}),
    READY: frozenset(),
    REJECTED: frozenset(),
    FAILED: frozenset({UPLOADED}),
}


class TransitionRefused(Exception):
    """An asset was asked to go where the table does not lead."""


def check_transition(from_state: str, to_state: str) -> None:
    """Raise TransitionRefused unless the table leads from one state to the other."""
    if to_state not in TRANSITIONS[from_state]:
        raise TransitionRefused(f"{from_state} -> {to_state}")
