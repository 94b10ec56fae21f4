"""A little language for beats: `0@0 15@15 30@30>10 45@25`. Server second @ media second.

A token is `SECOND@POSITION` (a tick while playing and visible), with an optional suffix:
`play`, `pause`, `end`; `hide` and `show` (a tick that says the page became hidden or visible); `>TARGET` a seek from
POSITION to TARGET; `>TARGET!` a seek that keeps quiet about where it started. Seconds may have three decimals.
A timeline starts at 08:00:00 on 2026-03-02 in Asia/Shanghai unless it says otherwise.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from lms.hours.rules.counting import close, count
from lms.hours.rules.days import day_at
from lms.hours.rules.limits import TOLERANCE_MS
from lms.hours.rules.spans import measure_ms, union
from lms.hours.rules.values import Beat, Clock, Lesson, Outcome, Stretch, Terms

ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 3, 2, 8, tzinfo=ZONE)
TOKEN = re.compile(
    r"^(?P<at>[\d.]+)@(?P<position>[\d.]+)(?:(?P<word>play|pause|end|hide|show)|>(?P<target>[\d.]+)(?P<mute>!?))?$"
)


@dataclass
class Told:
    """What a timeline came to, all in milliseconds."""

    credited: list[int] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)
    stretches: list[Stretch] = field(default_factory=list)
    covered: list[tuple[int, int]] = field(default_factory=list)
    clock: Clock = field(default_factory=lambda: Clock(tolerance_ms=TOLERANCE_MS))

    @property
    def credited_ms(self) -> int:
        return sum(self.credited)

    @property
    def covered_ms(self) -> int:
        return measure_ms(self.covered)


def beats(timeline: str, *, first_seq: int = 1) -> list[tuple[int, Beat]]:
    """The beats of a timeline as (milliseconds since its start, beat), numbered from `first_seq`."""
    parsed: list[tuple[int, Beat]] = []
    for seq, token in enumerate(timeline.split(), start=first_seq):
        match = TOKEN.match(token)
        assert match, f"not a beat: {token}"
        position_ms = _ms(match["position"])
        word = match["word"] or ("seek" if match["target"] else "tick")
        event = {"hide": "tick", "show": "tick"}.get(word, word)
        beat = Beat(
            seq=seq,
            event=event,  # type: ignore[arg-type]
            position_ms=_ms(match["target"]) if match["target"] else position_ms,
            from_ms=position_ms if match["target"] and not match["mute"] else None,
            playing=word not in ("pause", "end"),
            visible=word != "hide",
        )
        parsed.append((_ms(match["at"]), beat))
    return parsed


def tell(
    timeline: str,
    *,
    lesson_s: int = 3600,
    covered: list[tuple[int, int]] | None = None,
    cap_s: int = 8 * 1800,
    start: datetime = START,
    clock: Clock | None = None,
    delivered: list[tuple[int, int]] | None = None,
) -> Told:
    """Let the rule judge a timeline, then end the lease; what a learner would have earned."""
    told = Told(covered=list(covered or []))
    if clock is not None:
        told.clock = clock
    for at_ms, beat in beats(timeline):
        moment_ms = int(start.astimezone(UTC).timestamp() * 1000) + at_ms
        outcome = count(
            clock=told.clock,
            beat=beat,
            at_ms=moment_ms,
            day=day_at(moment_ms, ZONE),
            lesson=Lesson(lesson_s * 1000, tuple(told.covered), delivered),
            terms=Terms(day_cap_ms=cap_s * 1000),
        )
        told.credited.append(outcome.credited_ms)
        _take(told, outcome)
    _take(told, close(told.clock))
    return told


def _take(told: Told, outcome: Outcome) -> None:
    told.clock = outcome.clock
    told.stretches += outcome.ended
    told.covered = union(told.covered, (stretch.media for stretch in outcome.ended))
    for code, ms in outcome.refused.items():
        told.refused[code] = told.refused.get(code, 0) + ms


def _ms(seconds: str) -> int:
    return round(float(seconds) * 1000)
