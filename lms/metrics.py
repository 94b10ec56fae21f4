"""The instruments of a process, in Prometheus' format; whoever does a thing counts it here.

Counters are those of one process since it started: every web process listens on a port of its own and is scraped
there, so nothing is shared, and nothing is left behind by a process that died. Labels come from short fixed lists
(codes of the protocol, classes of status); a person, an address or an id is never a label.
"""

from prometheus_client import Counter, Gauge, Histogram

COMMIT_BUCKETS_S = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
BATCH_BUCKETS = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500)

beats = Counter(
    "xueshi_beats", "Beats answered: the state of the ack, or the code of the error that refused it", ["outcome"]
)
credited_ms = Counter("xueshi_credited_ms", "Milliseconds credited by acknowledged beats")
refused_ms = Counter("xueshi_refused_ms", "Milliseconds that acknowledged beats claimed and did not earn", ["reason"])
commit_seconds = Histogram(
    "xueshi_commit_seconds", "From the begin of a batch's transaction to its commit", buckets=COMMIT_BUCKETS_S
)
failed_batches = Counter("xueshi_failed_batches", "Batches whose transaction failed; nothing of them was acknowledged")
batch_beats = Histogram("xueshi_batch_beats", "Beats that one commit carried", buckets=BATCH_BUCKETS)
queue_beats = Gauge("xueshi_queue_beats", "Beats read from sockets that wait for the next batch")
open_sockets = Gauge("xueshi_open_sockets", "Study sockets open now")
requests = Counter("xueshi_http_requests", "HTTP requests answered, by class of status", ["status"])
