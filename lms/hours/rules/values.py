"""The values that the rules of the hours speak of: what a client says, what is known, and what a beat comes to."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple, Protocol

from lms.hours.rules import limits
from lms.hours.rules.days import Day
from lms.hours.rules.spans import Span, Spans

Event = Literal["play", "tick", "pause", "seek", "end"]
Code = Literal[
    "too_fast",
    "gap",
    "overlap",
    "already_covered",
    "capped",
    "hidden",
    "paused",
    "not_delivered",
    "check_unanswered",
    "superseded",
]
State = Literal["counting", "paused", "hidden", "capped", "check"]

NOTHING: Mapping[Code, int] = MappingProxyType({})


class Said(Protocol):
    """What the client says. Positions are media milliseconds; `from_ms` is where a seek started.

    A `Beat` is it, and so is the message as it was read from the wire: twenty thousand a second are not copied.
    """

    @property
    def seq(self) -> int: ...
    @property
    def event(self) -> Event: ...
    @property
    def position_ms(self) -> int: ...
    @property
    def playing(self) -> bool: ...
    @property
    def visible(self) -> bool: ...
    @property
    def from_ms(self) -> int | None: ...


class Beat(NamedTuple):
    """What a client says, by itself."""

    seq: int
    event: Event
    position_ms: int
    playing: bool
    visible: bool
    from_ms: int | None = None


class Lesson(NamedTuple):
    """A lesson version: its measured length and what this learner's posted coverage of it is.

    `delivered` is the media whose keys this session has got; None where there are no keys, as in a reading.
    """

    duration_ms: int
    covered: Spans = ()
    delivered: Spans | None = None


class Terms(NamedTuple):
    """What may differ between syllabi and installations."""

    day_cap_ms: int
    max_rate_permille: int = limits.MAX_RATE_PERMILLE


class Stretch(NamedTuple):
    """Credited time not yet posted: [from, to) on the server's clock, [media_from, media_to) of the lesson."""

    from_ms: int
    to_ms: int
    media_from_ms: int
    media_to_ms: int
    ms: int

    @property
    def media(self) -> Span:
        return (self.media_from_ms, self.media_to_ms)


class Clock(NamedTuple):
    """A learner's clock under one lease, given at `leased_ms`. Until the first beat, which only sets the anchor,
    `at_ms` is None.

    `late_ms` is time that stood still before the last beat: some of it may belong to a "play" that was slow on its way.
    `ahead_ms` is how much tolerance all sessions of the learner used in the hour that began at `ahead_from_ms`.
    `busy_until_ms` is the end of the last posted interval: time before it is taken. `day` and `day_ms` are the calendar
    day of the installation's zone and what it has credited so far.
    """

    tolerance_ms: int
    seq: int = 0
    at_ms: int | None = None
    position_ms: int = 0
    playing: bool = False
    visible: bool = False
    carry_ms: int = 0
    leased_ms: int | None = None
    late_ms: int = 0
    ahead_from_ms: int | None = None
    ahead_ms: int = 0
    day: Day | None = None
    day_ms: int = 0
    gap_from_ms: int | None = None
    gap_ms: int = 0
    busy_until_ms: int = 0
    stretch: Stretch | None = None


class Outcome(NamedTuple):
    """What a beat came to. `ended` are stretches to be posted now, oldest first."""

    clock: Clock
    credited_ms: int = 0
    refused: Mapping[Code, int] = NOTHING
    ended: tuple[Stretch, ...] = ()
