"""The instruments of a process, in Prometheus' format; whoever does a thing counts it here.

Counters are those of one process since it started: every web process listens on a port of its own and is scraped
there, so nothing is shared, and nothing is left behind by a process that died. Labels come from short fixed lists
(codes of the protocol, classes of status); a person, an address or an id is never a label.

Beats are counted by the two functions below, whichever way they came: over a socket with others, over one alone, over
HTTP. Whoever answers one calls one of them, once.
"""

from collections import Counter as Tally
from collections.abc import Collection, Mapping
from typing import Any, Protocol

from prometheus_client import Counter, Gauge, Histogram

COMMIT_BUCKETS_S = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
BATCH_BUCKETS = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500)

beats = Counter(
    "xueshi_beats",
    "Beats answered: the state of the ack, or the code of the error that refused it. What could not be read, or came "
    "too fast to be, counts as one",
    ["outcome"],
)
credited_ms = Counter("xueshi_credited_ms", "Milliseconds credited by acknowledged beats")
refused_ms = Counter("xueshi_refused_ms", "Milliseconds that acknowledged beats claimed and did not earn", ["reason"])
commit_seconds = Histogram(
    "xueshi_commit_seconds", "From the begin of a batch's transaction to its commit", buckets=COMMIT_BUCKETS_S
)
failed_batches = Counter("xueshi_failed_batches", "Batches that were given up; nothing of them was acknowledged")
split_batches = Counter(
    "xueshi_split_batches",
    "Times that a batch was halved, or its only beat left to go alone, because a row was locked or refused",
    ["reason"],
)
LOCKED, REFUSED = "locked", "refused"
for _reason in (LOCKED, REFUSED):
    split_batches.labels(_reason)  # told as 0 from the start, so that the first one is seen as a rise
batch_beats = Histogram("xueshi_batch_beats", "Beats that one commit carried", buckets=BATCH_BUCKETS)
queue_beats = Gauge("xueshi_queue_beats", "Beats of sockets that wait for a batch or for the commit of theirs")
open_sockets = Gauge("xueshi_open_sockets", "Study sockets open now")
requests = Counter("xueshi_http_requests", "HTTP requests answered, by class of status", ["status"])


class Acknowledged(Protocol):
    """What is counted of an acknowledged beat. `refused` maps reasons to milliseconds."""

    @property
    def credited_ms(self) -> int: ...
    @property
    def refused(self) -> Mapping[Any, int]: ...
    @property
    def state(self) -> str: ...


def count_acks(acks: Collection[Acknowledged]) -> None:
    """Beats whose commit is done. Together: an instrument's lock for each beat would cost more than judging it."""
    credited_ms.inc(sum(ack.credited_ms for ack in acks))
    for state, number in Tally(ack.state for ack in acks).items():
        beats.labels(state).inc(number)
    reasons: Tally[str] = Tally()
    for ack in acks:
        if ack.refused:
            reasons.update(ack.refused)
    for reason, ms in reasons.items():
        refused_ms.labels(reason).inc(ms)


def count_refused(code: str, number: int = 1) -> None:
    """Beats that were answered with an error of this code."""
    beats.labels(code).inc(number)
