"""Reads what ffmpeg says through `-progress pipe:1` and turns it into a share of the whole job."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

# Transcoding is nearly all of the work; reading, storing and checking share the rest of the bar.
TRANSCODING_FROM_PERCENT: Final = 2
TRANSCODING_TO_PERCENT: Final = 90
STORING_TO_PERCENT: Final = 98
PICTURES: Final = "pictures"
SOUND: Final = "sound"
JOINING: Final = "joining"
# What each step takes of a conversion: pictures nearly all.
STEPS: Final = {PICTURES: (0.0, 0.9), SOUND: (0.9, 0.98), JOINING: (0.98, 1.0)}
# A guess from less than this would jump about.
PERCENT_TO_GUESS_FROM: Final = 4
ELAPSED_MS_TO_GUESS_FROM: Final = 3_000


@dataclass(frozen=True)
class Progress:
    """How far ffmpeg is in the media; `speed` is media time per real time, None when not known yet."""

    position_ms: int
    speed: float | None
    finished: bool


class ProgressReader:
    """Feed it lines; it answers with a Progress at the end of each block and None in between."""

    def __init__(self) -> None:
        self._fields: dict[str, str] = {}

    def feed(self, line: str) -> Progress | None:
        name, _, value = line.strip().partition("=")
        self._fields[name] = value.strip()
        if name != "progress":
            return None
        fields, self._fields = self._fields, {}
        return Progress(_position_ms(fields), _speed(fields), value == "end")


def transcoding_percent(position_ms: int, duration_ms: int) -> int:
    """Percent of the whole job; a source that runs longer than it claimed does not overshoot."""
    span = TRANSCODING_TO_PERCENT - TRANSCODING_FROM_PERCENT
    share = min(position_ms, duration_ms) / duration_ms if duration_ms > 0 else 0
    return TRANSCODING_FROM_PERCENT + int(span * max(0.0, share))


def whole_way_ms(step: str, position_ms: int, duration_ms: int) -> int:
    """How far the three steps of a conversion are together, as a position in the film."""
    begins, ends = STEPS[step]
    share = min(1.0, max(0, position_ms) / duration_ms) if duration_ms > 0 else 0.0
    return round(duration_ms * (begins + (ends - begins) * share))


def storing_percent(done: int, total: int) -> int:
    """Percent of the whole job when `done` of `total` segments are stored."""
    span = STORING_TO_PERCENT - TRANSCODING_TO_PERCENT
    return TRANSCODING_TO_PERCENT + (span * done // total if total else 0)


def seconds_left(elapsed_ms: int, from_percent: int, percent: int) -> int | None:
    """How long the rest will take, when the way from one percent to the other took so long; None when too early."""
    made = percent - from_percent
    if made < PERCENT_TO_GUESS_FROM or elapsed_ms < ELAPSED_MS_TO_GUESS_FROM:
        return None
    return round(elapsed_ms * (100 - percent) / made / 1000)


def _position_ms(fields: Mapping[str, str]) -> int:
    # Both fields are microseconds; the second is named wrongly by ffmpeg and is all that old releases have.
    text = fields.get("out_time_us") or fields.get("out_time_ms") or "0"
    return max(0, int(text) // 1000) if text.lstrip("-").isdigit() else 0


def _speed(fields: Mapping[str, str]) -> float | None:
    text = fields.get("speed", "").removesuffix("x")
    try:
        speed = float(text)
    except ValueError:
        return None
    return speed if 0 < speed < 100_000 else None
