"""The life of an asset, as one table. Whatever is not in it is refused.

uploaded -> probing -> transcoding -> ready. A long lecture goes probing -> split, where its chunks are converted by any
number of workers, and then -> transcoding, where they are joined. Out of the way lead `rejected` (the file is no fit
video; a new upload is needed) and `quarantined` (we could not, three times; an editor may try again). A worker that
dies sends its job back to where it took it.
"""

from typing import Final

UPLOADED: Final = "uploaded"
PROBING: Final = "probing"
SPLIT: Final = "split"
TRANSCODING: Final = "transcoding"
READY: Final = "ready"
REJECTED: Final = "rejected"
QUARANTINED: Final = "quarantined"

STATES: Final = (UPLOADED, PROBING, SPLIT, TRANSCODING, READY, REJECTED, QUARANTINED)
WORKING: Final = (PROBING, TRANSCODING)
"""One worker holds the asset by a lease."""
UNDER_WAY: Final = (PROBING, SPLIT, TRANSCODING)
"""Somebody works on it; in `split` the leases are those of the chunks."""
SETTLED: Final = (READY, REJECTED, QUARANTINED)

TRANSITIONS: Final[dict[str, frozenset[str]]] = {
    UPLOADED: frozenset({PROBING, QUARANTINED}),
    PROBING: frozenset({TRANSCODING, SPLIT, UPLOADED, REJECTED, QUARANTINED}),
    SPLIT: frozenset({TRANSCODING, REJECTED, QUARANTINED}),
    TRANSCODING: frozenset({READY, UPLOADED, SPLIT, REJECTED, QUARANTINED}),
    READY: frozenset(),
    REJECTED: frozenset(),
    QUARANTINED: frozenset({UPLOADED}),
}


class TransitionRefused(Exception):
    """An asset was asked to go where the table does not lead."""


def check_transition(from_state: str, to_state: str) -> None:
    """Raise TransitionRefused unless the table leads from one state to the other."""
    if to_state not in TRANSITIONS[from_state]:
        raise TransitionRefused(f"{from_state} -> {to_state}")
