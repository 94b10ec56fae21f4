"""A learner's phone on a bad network, simulated: what was truly watched, which beats came of it, when they arrived.

A `Day` is told as steps of true life (`play`, `pause`, `stall`, `hide`, `lock`, `seek`). The player beats at every
change and every 15 s while it plays. A `Network` delays each beat, keeps those of an outage and sends them again in
order when it is back. The arrivals drive the pure rule; nothing here knows how the rule decides. Times in ms.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from zoneinfo import ZoneInfo

from lms.hours.rules.counting import close, count
from lms.hours.rules.days import day_at
from lms.hours.rules.limits import TOLERANCE_MS
from lms.hours.rules.spans import Span, measure_ms, outside, union
from lms.hours.rules.values import Beat, Clock, Event, Lesson, Outcome, Terms
from tests.timeline import START, ZONE

RESENT_APART_MS = 5
STRIKES = {"too_fast", "gap", "overlap"}
"""Refusals that say that a learner did something wrong; an honest one gets none."""


@dataclass
class Phone:
    """What the learner does with one lesson. `truth` is the media that was really seen, playing and visible."""

    beat_every_ms: int = 15_000
    at_ms: int = 0
    position_ms: int = 0
    rate_permille: int = 1_000
    playing: bool = False
    visible: bool = True
    beats: list[tuple[int, Beat]] = field(default_factory=list)
    truth: list[Span] = field(default_factory=list)

    def play(self, for_s: float) -> "Phone":
        """Play at the phone's rate, for so many seconds of life."""
        self._begin()
        left_ms = round(for_s * 1000)
        while left_ms > 0:
            step_ms = min(self.beat_every_ms, left_ms)
            before_ms = self.position_ms
            self.at_ms += step_ms
            self.position_ms += step_ms * self.rate_permille // 1000
            self.truth = union(self.truth, [(before_ms, self.position_ms)])
            left_ms -= step_ms
            if step_ms == self.beat_every_ms:
                self._beat("tick")
        return self

    def stall(self, for_s: float) -> "Phone":
        """The player waits for data: it plays, and nothing moves."""
        self._begin()
        for _ in range(round(for_s) // 15):
            self.at_ms += 15_000
            self._beat("tick")
        self.at_ms += round(for_s * 1000) % 15_000
        return self

    def pause(self, for_s: float) -> "Phone":
        if self.playing:
            self.playing = False
            self._beat("pause")
        self.at_ms += round(for_s * 1000)
        return self

    def hide(self, for_s: float) -> "Phone":
        """Another app for a while; our player pauses with it."""
        self.visible = False
        self._beat("tick")
        self.pause(for_s)
        self.visible = True
        self._beat("tick")
        return self

    def lock(self, for_s: float) -> "Phone":
        """The screen goes dark before the page could say a word; on waking it tells where it stopped."""
        self.playing = False
        self.at_ms += round(for_s * 1000)
        self._beat("pause")
        return self

    def seek(self, to_s: float) -> "Phone":
        self._beat("seek", to_ms=round(to_s * 1000))
        return self

    def back(self, by_s: float) -> "Phone":
        return self.seek(max(0.0, self.position_ms / 1000 - by_s))

    def _begin(self) -> None:
        if not self.playing:
            self.playing = True
            self._beat("play")

    def _beat(self, event: Event, *, to_ms: int | None = None) -> None:
        from_ms = self.position_ms if to_ms is not None else None
        self.position_ms = self.position_ms if to_ms is None else to_ms
        beat = Beat(len(self.beats) + 1, event, self.position_ms, self.playing, self.visible, from_ms)
        self.beats.append((self.at_ms, beat))


@dataclass
class Network:
    """How long a beat takes, and when there is no network. A beat never overtakes an earlier one."""

    delay_ms: Callable[[], int] = lambda: 60
    outages_s: Sequence[tuple[float, float]] = ()
    loss: Callable[[], bool] = lambda: False

    def deliver(self, beats: list[tuple[int, Beat]]) -> list[tuple[int, Beat]]:
        arrivals: list[tuple[int, Beat]] = []
        last_ms = -RESENT_APART_MS
        for sent_ms, beat in beats:
            if self.loss():
                continue
            at_ms = sent_ms
            for from_s, to_s in self.outages_s:
                if from_s * 1000 <= at_ms < to_s * 1000:
                    at_ms = round(to_s * 1000)
            last_ms = max(at_ms + self.delay_ms(), last_ms + RESENT_APART_MS)
            arrivals.append((last_ms, beat))
        return arrivals


@dataclass
class Told:
    """What the rule made of a day."""

    credited_ms: int
    truth_ms: int
    refused: dict[str, int]

    @property
    def share(self) -> float:
        return self.credited_ms / self.truth_ms

    @property
    def strikes(self) -> dict[str, int]:
        return {code: ms for code, ms in self.refused.items() if code in STRIKES}


@dataclass
class Server:
    """The rule with a memory: coverage and the day survive a session, as they do in the database."""

    lesson_s: int = 14_400
    cap_s: int = 14_400
    start: datetime = START
    zone: ZoneInfo = ZONE
    clock: Clock = field(default_factory=lambda: Clock(tolerance_ms=TOLERANCE_MS))
    covered: list[Span] = field(default_factory=list)
    credited_ms: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    steps_s: Sequence[tuple[float, float]] = ()
    """Steps of the server's own clock: (when, by how much)."""

    def hear(self, arrivals: list[tuple[int, Beat]]) -> None:
        begins_ms = int(self.start.timestamp() * 1000)
        for arrived_ms, beat in arrivals:
            stepped_ms = sum(round(by_s * 1000) for when_s, by_s in self.steps_s if arrived_ms >= when_s * 1000)
            at_ms = begins_ms + arrived_ms + stepped_ms
            outcome = count(
                clock=self.clock,
                beat=beat,
                at_ms=at_ms,
                day=day_at(at_ms, self.zone),
                lesson=Lesson(self.lesson_s * 1000, tuple(self.covered)),
                terms=Terms(day_cap_ms=self.cap_s * 1000),
            )
            self._take(outcome)

    def open(self, at_ms: int) -> None:
        """The lease is given when the page opens, before the first beat sets out."""
        self.clock = self.clock._replace(leased_ms=int(self.start.timestamp() * 1000) + at_ms)

    def end_lease(self) -> None:
        """The session ends, and the next one begins on the same learner's clock."""
        self._take(close(self.clock))
        kept = self.clock
        self.clock = Clock(
            tolerance_ms=TOLERANCE_MS,
            ahead_from_ms=kept.ahead_from_ms,
            ahead_ms=kept.ahead_ms,
            day=kept.day,
            day_ms=kept.day_ms,
            gap_from_ms=kept.gap_from_ms,
            gap_ms=kept.gap_ms,
            busy_until_ms=kept.busy_until_ms,
        )

    def _take(self, outcome: Outcome) -> None:
        self.clock = outcome.clock
        self.credited_ms += outcome.credited_ms
        self.covered = union(self.covered, (stretch.media for stretch in outcome.ended))
        for code, ms in outcome.refused.items():
            self.refused[code] = self.refused.get(code, 0) + ms


def lived(phone: Phone, network: Network | None = None, server: Server | None = None) -> Told:
    """A day on one phone, heard by the server."""
    server = server or Server()
    new_ms = measure_ms([part for span in phone.truth for part in outside(span, server.covered)])
    server.open(phone.beats[0][0])
    server.hear((network or Network()).deliver(phone.beats))
    server.end_lease()
    return Told(server.credited_ms, new_ms, dict(server.refused))


def jitter(seed: int, low_ms: int = 50, high_ms: int = 8_000, *, often: float = 0.2) -> Callable[[], int]:
    """Mostly quick, now and then up to `high_ms`: how a phone network really is."""
    random = Random(seed)
    return lambda: random.randint(low_ms, high_ms) if random.random() < often else random.randint(low_ms, 400)
