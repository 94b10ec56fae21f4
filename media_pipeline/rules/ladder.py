"""Chooses the renditions of a video: what the source deserves, none larger than it.

The side that counts is the shorter one, so that a video held upright on a phone gets the same quality. The lowest
rung is for a worker on a bad network; a source below it keeps its own size, alone.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from media_pipeline.rules.probing import Source

# (shorter side in pixels, highest video bit rate in kbit/s)
RUNGS: Final = ((1080, 2800), (720, 1600), (480, 800), (360, 400))
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
    fitting = [rung for rung in RUNGS if rung[0] <= shorter] or [(shorter, RUNGS[-1][1])]
    return tuple(_rung(source, side, kbits) for side, kbits in fitting)


def frame_rate(source: Source) -> Fraction:
    """A constant frame rate near the source's: never above 30, halved when the source is a fast one."""
    wanted = source.frame_rate
    if wanted > 31:
        wanted = wanted / 2 if wanted <= 61 else Fraction(30)
    return next((rate for rate in FRAME_RATES if wanted <= rate * Fraction(10_005, 10_000)), FRAME_RATES[-1])


def segment_frames(rate: Fraction, segment_ms: int) -> int:
    """Frames of one segment: 100 at 25 frames a second; 96 at 23.976, where a segment lasts 4.004 s."""
    return round(rate * segment_ms / 1000)


def _rung(source: Source, shorter_side: int, video_kbits: int) -> Rung:
    scale = Fraction(shorter_side, min(source.width, source.height))
    return Rung(_even(source.width * scale), _even(source.height * scale), video_kbits)


def _even(side: Fraction) -> int:
    """The even number at or below, so that a rendition is never larger than the source."""
    return max(2, int(side) // 2 * 2)
