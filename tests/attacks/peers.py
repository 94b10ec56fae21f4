"""How other learning systems count, restated in our own words as small pure functions, for comparison only.

Each reads the same `Claim`s that our rule reads and answers the milliseconds it would credit. They are the rules, not
the products: what a product adds (a report, a teacher's eye) is left out. `ours` is the rule of this project, with the
day's cap far away and, for videos, with every key delivered.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lms.hours.rules.counting import close, count
from lms.hours.rules.days import day_at
from lms.hours.rules.limits import TOLERANCE_MS
from lms.hours.rules.spans import Span, measure_ms, union
from lms.hours.rules.values import Beat, Clock, Event, Lesson, Stretch, Terms
from tests.timeline import START, ZONE

DAY_CAP_MS = 24 * 3_600_000
FIXED_BEAT_MS = 15_000
VIDEO_DONE_PERMILLE = 900
REQUEST_TOLERANCE_MS = 5_000
SILENCE_MS_MAX = 300_000


@dataclass(frozen=True)
class Claim:
    """A beat as a server receives it. `client_ms` is the client's own clock; `tab` and `video` say from where."""

    at_ms: int
    position_ms: int
    client_ms: int
    event: Event = "tick"
    tab: str = "tab-1"
    video: str = "video-1"
    duration_ms: int = 3_600_000
    from_ms: int | None = None
    playing: bool = True
    visible: bool = True


Claims = Sequence[Claim]
Peer = Callable[[Claims], int]


def fixed_per_beat(claims: Claims) -> int:
    """Every message is worth a fixed slice of time, whenever it comes."""
    return FIXED_BEAT_MS * sum(claim.playing for claim in claims)


def client_clock(claims: Claims) -> int:
    """Each tab reports how long it was open by its own clock; the reports are added up."""
    tabs: dict[tuple[str, str], list[int]] = {}
    for claim in claims:
        tabs.setdefault((claim.tab, claim.video), []).append(claim.client_ms)
    return sum(max(0, moments[-1] - moments[0]) for moments in tabs.values())


def position_counts_the_whole(claims: Claims) -> int:
    """Whoever has been at nine tenths of a video has seen it, and it is worth its length."""
    seen: dict[str, int] = {}
    for claim in claims:
        if claim.position_ms * 1000 >= claim.duration_ms * VIDEO_DONE_PERMILLE:
            seen[claim.video] = claim.duration_ms
    return sum(seen.values())


def server_clock_per_video(claims: Claims) -> int:
    """The server's own time between two messages of the same video and tab counts, up to five silent minutes."""
    last: dict[tuple[str, str], int] = {}
    total_ms = 0
    for claim in claims:
        place = (claim.tab, claim.video)
        passed_ms = claim.at_ms - last.get(place, claim.at_ms)
        total_ms += passed_ms if passed_ms <= SILENCE_MS_MAX else 0
        last[place] = claim.at_ms
    return total_ms


def ranges_with_tolerance(claims: Claims) -> int:
    """Each message adds the range it has played; it may run ahead of the server's clock by a tolerance each time."""
    last: dict[tuple[str, str], Claim] = {}
    watched: dict[str, list[Span]] = {}
    for claim in claims:
        before = last.get((claim.tab, claim.video))
        if before is not None:
            advance_ms = min(claim.position_ms, claim.duration_ms) - before.position_ms
            if 0 < advance_ms <= claim.at_ms - before.at_ms + REQUEST_TOLERANCE_MS:
                span = (before.position_ms, before.position_ms + advance_ms)
                watched[claim.video] = union(watched.get(claim.video, []), [span])
        last[(claim.tab, claim.video)] = claim
    return sum(measure_ms(spans) for spans in watched.values())


def ours(claims: Claims) -> int:
    """One learner, one lease: each tab and video opens when it first speaks, and takes the lease from the one before.

    Whoever lost the lease is refused; the honest moment at which a tab would ask for it back is left out.
    """
    clock = Clock(tolerance_ms=TOLERANCE_MS)
    holder, covered, known, total_ms = ("", ""), dict[str, list[Span]](), set[tuple[str, str]](), 0
    begins_ms = int(START.timestamp() * 1000)
    for seq, claim in enumerate(claims, start=1):
        place = (claim.tab, claim.video)
        if place not in known:
            known.add(place)
            ended = close(clock)
            _cover(covered, holder[1], ended.ended)
            kept = ended.clock
            clock = Clock(TOLERANCE_MS, day=kept.day, day_ms=kept.day_ms, busy_until_ms=kept.busy_until_ms)
            holder = place
        if place != holder:
            continue
        at_ms = begins_ms + claim.at_ms
        outcome = count(
            clock=clock,
            beat=Beat(seq, claim.event, claim.position_ms, claim.playing, claim.visible, claim.from_ms),
            at_ms=at_ms,
            day=day_at(at_ms, ZONE),
            lesson=Lesson(claim.duration_ms, tuple(covered.get(claim.video, []))),
            terms=Terms(DAY_CAP_MS),
        )
        clock = outcome.clock
        total_ms += outcome.credited_ms
        _cover(covered, claim.video, outcome.ended)
    return total_ms


def _cover(covered: dict[str, list[Span]], video: str, ended: Sequence[Stretch]) -> None:
    covered[video] = union(covered.get(video, []), (stretch.media for stretch in ended))


PEERS: dict[str, Peer] = {
    "fixed per beat": fixed_per_beat,
    "client's clock": client_clock,
    "position ≥ 90 %": position_counts_the_whole,
    "server clock per video": server_clock_per_video,
    "ranges, tolerance per request": ranges_with_tolerance,
    "Xueshi": ours,
}
