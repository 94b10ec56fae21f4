"""Groups segments into key windows of about a minute.

A window holds a whole number of segments and begins exactly where a segment begins, so the key of a position
is the key of its segment, and all renditions share both. All positions are integer milliseconds, rounded once
from the running sum so that an hour of segments does not drift.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

SEGMENTS_PER_WINDOW: Final = 15


@dataclass(frozen=True)
class Window:
    """Media from `from_ms` (inclusive) to `to_ms` (exclusive) under one key."""

    ordinal: int
    from_ms: int
    to_ms: int


class SegmentsDiffer(Exception):
    """Renditions of one asset were cut at different positions; they could not share keys."""


def whole_durations_ms(durations_s: Sequence[float]) -> tuple[int, ...]:
    """Durations of segments in ms whose sums stay within half a millisecond of the real positions."""
    ends_ms, position_s = [], 0.0
    for duration_s in durations_s:
        position_s += duration_s
        ends_ms.append(round(position_s * 1000))
    return tuple(end - start for start, end in zip([0, *ends_ms[:-1]], ends_ms, strict=True))


def check_same_cuts(renditions: Sequence[Sequence[int]], tolerance_ms: int = 50) -> None:
    """Raise SegmentsDiffer unless all renditions have the same segments, the last one's length aside."""
    first = renditions[0]
    for other in renditions[1:]:
        if len(other) != len(first):
            raise SegmentsDiffer(f"{len(first)} and {len(other)} segments")
        if any(abs(one - two) > tolerance_ms for one, two in zip(first[:-1], other[:-1], strict=True)):
            raise SegmentsDiffer("segments begin at different positions")


def windows(durations_ms: Sequence[int]) -> tuple[Window, ...]:
    """The key windows of a rendition with these segments."""
    found: list[Window] = []
    position_ms = 0
    for start in range(0, len(durations_ms), SEGMENTS_PER_WINDOW):
        length_ms = sum(durations_ms[start : start + SEGMENTS_PER_WINDOW])
        found.append(Window(len(found), position_ms, position_ms + length_ms))
        position_ms += length_ms
    return tuple(found)


def window_of(found: Sequence[Window], position_ms: int) -> Window | None:
    """The window that holds a position; the very end belongs to the last window."""
    for window in found:
        if window.from_ms <= position_ms < window.to_ms:
            return window
    return found[-1] if found and position_ms == found[-1].to_ms else None
