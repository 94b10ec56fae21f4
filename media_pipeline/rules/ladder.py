"""Chooses the renditions of a video: at least two, at most three, none larger than the source.

The side that counts is the shorter one, so that a video held upright on a phone gets the same quality. The
lowest rung is for a worker on a bad network; a poor source still gets two rungs, the lower one cheaper.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Final

from media_pipeline.rules.probing import Source

# (shorter side in pixels, highest video bit rate in kbit/s)
RUNGS: Final = ((1080, 2800), (720, 1600), (480, 800), (240, 250))
AUDIO_KBITS: Final = 96
FRAME_RATES: Final = tuple(
    Fraction(rate) for rate in ("10", "12", "15", "20", "24000/1001", "24", "25", "30000/1001", "30")
)


@dataclass(frozen=True)
class Rung:
    """One rendition to be made; both sides are even, as H.264 with 4:2:0 colour asks."""

    width: int
    height: int
    video_kbits: int

    @property
    def name(self) -> str:
        """Folder of the rendition; unique within a ladder."""
        return str(self.height)


def ladder(source: Source) -> tuple[Rung, ...]:
    """The rungs for a source, highest first."""
    shorter = min(source.width, source.height)
    fitting = [rung for rung in RUNGS if rung[0] <= shorter]
    if len(fitting) > 3:
        fitting = [*fitting[:2], fitting[-1]]
    if len(fitting) < 2:
        top_kbits = 400
        fitting = [(shorter, top_kbits), (max(16, shorter * 2 // 3), top_kbits // 2)]
    return tuple(_rung(source, side, kbits) for side, kbits in fitting)


def frame_rate(source: Source) -> Fraction:
    """A constant frame rate near the source's: never above 30, halved when the source is a fast one."""
    wanted = source.frame_rate
    if wanted > 31:
        wanted = wanted / 2 if wanted <= 61 else Fraction(30)
    return next((rate for rate in FRAME_RATES if wanted <= rate * Fraction(10_005, 10_000)), FRAME_RATES[-1])


def keyframe_gap(rate: Fraction, segment_ms: int) -> int:
    """Most frames between keyframes: loose enough that the forced ones at segment starts decide."""
    return 2 * ceil(rate * segment_ms / 1000)


def _rung(source: Source, shorter_side: int, video_kbits: int) -> Rung:
    scale = Fraction(shorter_side, min(source.width, source.height))
    return Rung(_even(source.width * scale), _even(source.height * scale), video_kbits)


def _even(side: Fraction) -> int:
    """The even number at or below, so that a rendition is never larger than the source."""
    return max(2, int(side) // 2 * 2)
