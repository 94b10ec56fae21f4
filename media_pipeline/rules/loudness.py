"""How much louder or softer a film's sound is made, from what was measured over its whole length (EBU R 128).

One gain for the whole film: speech keeps its own ups and downs, and a pause is not pumped up to noise. What would then
exceed the true peak goes through a limiter.
"""

from dataclasses import dataclass
from typing import Final

TARGET_LUFS: Final = -16.0
TRUE_PEAK_DB: Final = -1.5
# Below this there is nothing to hear, and nothing is made louder.
SILENT_LUFS: Final = -60.0
GAIN_DB_MAX: Final = 24.0


@dataclass(frozen=True)
class Loudness:
    """Integrated loudness in LUFS and the highest true peak in dBFS."""

    integrated_lufs: float
    true_peak_db: float


@dataclass(frozen=True)
class Mastering:
    """What is done to the sound."""

    gain_db: float
    is_limited: bool


def mastering(loudness: Loudness | None) -> Mastering:
    """The way to the loudness wanted; None, or silence, is left as it is."""
    if loudness is None or loudness.integrated_lufs <= SILENT_LUFS:
        return Mastering(0.0, False)
    gain_db = min(GAIN_DB_MAX, TARGET_LUFS - loudness.integrated_lufs)
    return Mastering(gain_db, loudness.true_peak_db + gain_db > TRUE_PEAK_DB)


def parse_loudness(printed: str) -> Loudness | None:
    """The last of the running measures that ffmpeg's ebur128 printed; None when it printed none."""
    integrated = _last(printed, "lavfi.r128.I=")
    peaks = [_last(printed, f"lavfi.r128.true_peaks_ch{channel}=") for channel in (0, 1)]
    if integrated is None:
        return None
    return Loudness(integrated, max((peak for peak in peaks if peak is not None), default=0.0))


def _last(printed: str, name: str) -> float | None:
    start = printed.rfind(name)
    if start < 0:
        return None
    try:
        return float(printed[start + len(name) :].partition("\n")[0])
    except ValueError:
        return None
