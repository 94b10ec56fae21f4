"""Decides how a long lecture is split, so that any number of workers convert it at once.

Every cut lies on the grid of segments: each chunk begins with a keyframe where a segment begins, and the joined result
has the segments and key windows of an unsplit run. Chunks are of equal length up to one segment, so that none is the
straggler that all others wait for. The sound is one job for the whole file (an AAC encoder that starts in the middle
would be heard), told by the ordinal 0.
"""

from dataclasses import dataclass
from typing import Final

GRID_MS: Final = 4_000
"""The length of a segment (`graph.SEGMENT_MS`)."""
SPLIT_ABOVE_MS: Final = 450_000
"""Up to seven and a half minutes the seeks and the join cost more than a second worker gains."""
CHUNK_MS: Final = 300_000
SOUND_ORDINAL: Final = 0
SOUND_SHARE: Final = 20
"""Converting sound costs about a twentieth of what the pictures of the same length do."""


@dataclass(frozen=True)
class Span:
    """Media from `from_ms` (inclusive) to `to_ms` (exclusive), both on the grid of segments.

    Nominal milliseconds: at 29.97 pictures a second a segment really lasts a little longer, and the converter counts
    pictures.
    """

    from_ms: int
    to_ms: int


@dataclass(frozen=True)
class ChunkPlan:
    """One job: `work_ms` is what it weighs in the progress of the whole, in ms of pictures."""

    ordinal: int
    span: Span
    work_ms: int


def picture_spans(duration_ms: int, *, end_ms: int, split_above_ms: int, chunk_ms: int) -> tuple[Span, ...]:
    """The spans of the pictures, in order and without holes; one span when the video is short.

    The duration is the file's own claim: the last span therefore ends at `end_ms`, the longest video that we accept,
    and its job where the pictures end.
    """
    cells = max(1, -(-duration_ms // GRID_MS))
    wanted = -(-duration_ms // max(GRID_MS, chunk_ms)) if duration_ms > split_above_ms else 1
    count = max(1, min(cells, wanted))
    cuts_ms = [cells * number // count * GRID_MS for number in range(count)]
    ends_ms = [*cuts_ms[1:], max(end_ms, cells * GRID_MS)]
    return tuple(Span(from_ms, to_ms) for from_ms, to_ms in zip(cuts_ms, ends_ms, strict=True))


def plan_chunks(
    duration_ms: int, *, end_ms: int, split_above_ms: int = SPLIT_ABOVE_MS, chunk_ms: int = CHUNK_MS
) -> tuple[ChunkPlan, ...]:
    """The jobs of a long lecture, sound first; none when it is short enough to be converted in one go."""
    spans = picture_spans(duration_ms, end_ms=end_ms, split_above_ms=split_above_ms, chunk_ms=chunk_ms)
    if len(spans) < 2:
        return ()
    sound = ChunkPlan(SOUND_ORDINAL, Span(0, spans[-1].to_ms), max(1, duration_ms // SOUND_SHARE))
    pictures = [
        ChunkPlan(number, span, max(1, min(span.to_ms, duration_ms) - span.from_ms))
        for number, span in enumerate(spans, start=SOUND_ORDINAL + 1)
    ]
    return (sound, *pictures)
