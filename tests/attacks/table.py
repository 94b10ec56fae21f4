"""The same attacks against every rule: credited seconds per real second. Printed by `make attacks`, kept in README.md
and docs/attacks.md.

An attack here is a timeline of claims, not a script against a server: so all rules can be asked the same thing. Each
learner works for the real time in `real_s`. Honest study is worth 1 everywhere, or a rule would be useless.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.attacks.peers import PEERS, Claim, Claims

REAL_S = 600


@dataclass(frozen=True)
class Row:
    """An attack: what it is called, and the claims that a learner's scripts send in `real_s` seconds."""

    name: str
    claims: Claims
    real_s: int = REAL_S


def claim(at_s: float, position_s: float, **fields: object) -> Claim:
    told = Claim(round(at_s * 1000), round(position_s * 1000), round(at_s * 1000))
    return replace(told, **fields)  # type: ignore[arg-type]


def ticks(rate: float, *, every_s: float = 15, until_s: float = REAL_S, **fields: object) -> list[Claim]:
    """Beats of a film that is just as long as it is played."""
    fields = {"duration_ms": round(until_s * rate * 1000), **fields}
    return [claim(i * every_s, i * every_s * rate, **fields) for i in range(round(until_s / every_s) + 1)]


def _merged(*timelines: list[Claim]) -> list[Claim]:
    return sorted((each for timeline in timelines for each in timeline), key=lambda each: each.at_ms)


def honest() -> Row:
    return Row("honest study", ticks(1))


def storm() -> Row:
    return Row("a beat a second instead of four a minute", ticks(1, every_s=1))


def double_speed() -> Row:
    return Row("double speed", ticks(2))


def clock_forged() -> Row:
    forged = [replace(each, client_ms=each.client_ms * 24) for each in ticks(1, until_s=150)]
    return Row("a client clock that runs 24 times as fast", forged, 150)


def last_position() -> Row:
    jump = [claim(0, 0), claim(15, 3_590, event="end", playing=False)]
    return Row("a jump to the end", jump, 15)


def seek_to_the_end() -> Row:
    jump = [claim(0, 0), claim(5, 3_300, event="seek", from_ms=5_000), claim(15, 3_310)]
    return Row("a seek to the end that says so", jump, 15)


def many_tabs() -> Row:
    tabs = [ticks(1, tab=f"tab-{tab}", video=f"video-{tab}") for tab in range(17)]
    return Row("seventeen videos in seventeen tabs", _merged(*tabs))


def same_video_in_tabs() -> Row:
    tabs = [ticks(1, tab=f"tab-{tab}") for tab in range(10)]
    return Row("one video in ten tabs", _merged(*tabs))


def salami() -> Row:
    return Row("five seconds ahead with every request", [claim(i * 0.1, i * 5.05) for i in range(601)], 60)


def salami_of_many() -> Row:
    films = [
        [claim(i * 0.1, i * 5.05, tab=f"tab-{film}", video=f"film-{film}") for i in range(601)] for film in range(2)
    ]
    return Row("the same on two videos", _merged(*films), 60)


def loop() -> Row:
    return Row("the same fifteen seconds again and again", [claim(i * 15, (i % 2) * 15) for i in range(41)])


def paused() -> Row:
    return Row("paused, and beating on", [claim(i * 15, 0) for i in range(41)])


def burst() -> Row:
    burst_ms = [claim(i * 0.01, i * 15) for i in range(240)]
    return Row("an hour of beats in three seconds", burst_ms, 3)


def store_of_pauses() -> Row:
    """Nine seconds of pause, one of play that claims ten."""
    told = []
    for turn in range(60):
        told += [
            claim(turn * 10, turn * 10, event="play"),
            claim(turn * 10 + 1, turn * 10 + 10, event="pause", playing=False),
        ]
    return Row("a pause is claimed when it is over", told)


def scatter() -> Row:
    return Row("a second here, a second there", [claim(i * 0.1, i * 37 % 3600) for i in range(600)], 60)


def to_and_fro() -> Row:
    return Row("to and fro over the same minute", [claim(i * 15, (i % 2) * 60) for i in range(41)])


def beyond_the_end() -> Row:
    return Row("on and on behind the end", ticks(1, duration_ms=60_000))


def hidden() -> Row:
    return Row("in a hidden tab", ticks(1, visible=False))


def asleep() -> Row:
    return Row("a beat every four minutes", [claim(i * 240, i * 240) for i in range(16)], 3_600)


ROWS: list[Callable[[], Row]] = [
    honest,
    storm,
    double_speed,
    clock_forged,
    last_position,
    seek_to_the_end,
    many_tabs,
    same_video_in_tabs,
    salami,
    salami_of_many,
    loop,
    paused,
    burst,
    store_of_pauses,
    scatter,
    to_and_fro,
    beyond_the_end,
    hidden,
    asleep,
]


@functools.cache
def rates() -> dict[str, dict[str, float]]:
    """Credited seconds per real second: attack -> rule -> rate."""
    return {
        row.name: {name: peer(row.claims) / 1000 / row.real_s for name, peer in PEERS.items()}
        for row in (make() for make in ROWS)
    }


def table() -> str:
    """The table in Markdown, as README.md and docs/attacks.md hold it."""
    lines = ["| attack | " + " | ".join(PEERS) + " |", "| --- |" + " ---: |" * len(PEERS)]
    lines += [f"| {attack} | " + " | ".join(map(_figure, row.values())) + " |" for attack, row in rates().items()]
    return "\n".join(lines)


def _figure(rate: float) -> str:
    return f"{rate:.2f}" if rate < 10 else f"{rate:.0f}"
