"""Whether a run of `make load` may be called good: a pure function of what bench.mixed keeps of it."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from bench.habits import planned_beats

GAIN_MS_MAX = 2_000
"""The tolerance of a learner and hour: media may run so far ahead of the clock."""

ACKS_SHARE_MIN = 0.5
"""Of the beats that the honest planned. Sound runs have nineteen of twenty, those with faults eight of ten; who falls
below half was not let in, fell silent, or was served at a pace that nobody planned."""

GROWTH_KIB_PER_MINUTE_MAX = 256.0
"""15 MiB in an hour. A socket that stayed behind for each that ends would be eighty times as much: 5,000 learners of
whom each loses the network every five minutes lose a thousand sockets a minute, of some 20 KiB each."""

JUDGED_LIFE_S_MIN = 1_770.0
"""Half an hour, less what lies before the first sample and after the last. The second half of a shorter life may hold
the first presence checks, some twelve minutes after all came in, and with them the high-water mark."""


def compare(books: Sequence[dict[str, Any]], held: Sequence[int]) -> dict[str, Any]:
    """The books of each student beside the credited milliseconds that the database holds of them.

    Nothing is earned while one was not there, nor while the server knew that the lesson was paused or hidden.
    """
    lost_ms = gained_ms = 0
    kinds: dict[str, Counter[str]] = {}
    worst: list[str] = []
    for number, (book, credited_ms) in enumerate(zip(books, held, strict=True)):
        missing_ms = max(0, book["promised_ms"] - credited_ms)
        surplus_ms = max(0, credited_ms - (book["lived_ms"] - book["idle_ms"]) - GAIN_MS_MAX)
        lost_ms, gained_ms = lost_ms + missing_ms, gained_ms + surplus_ms
        if missing_ms or surplus_ms or book["lost_acks"]:
            studied = f"promised {book['promised_ms']}, held {credited_ms}, there {book['lived_ms']}"
            worst.append(f"learner {number} ({book['kind']}): {studied}, of that idle {book['idle_ms']} ms")
        kind = kinds.setdefault(book["kind"], Counter())
        kind.update(book["outcomes"])
        kind.update({name: book[name] for name in ("promised_ms", "lived_ms", "idle_ms", "lost_acks")})
        kind.update({"learners": 1, "held_ms": credited_ms})
    return {
        "lost_ms": lost_ms,
        "lost_acks": sum(book["lost_acks"] for book in books),
        "gained_ms": gained_ms,
        "worst": worst[:10],
        "kinds": kinds,
    }


def failures(result: dict[str, Any]) -> list[str]:
    """Why the run was not good, each in a sentence; none when it was.

    Faults explain errors in logs; what they explain of closed connections and silence, the students know themselves.
    """
    found = []
    if result["lost_ms"]:
        found.append(f"{result['lost_ms']} ms were acknowledged and are not in the database.")
    if result["lost_acks"]:
        found.append(f"{result['lost_acks']} acknowledged beats are unknown to their session.")
    if result["gained_ms"]:
        found.append(f"{result['gained_ms']} ms are credited beyond the time in which somebody studied.")
    if not result["ledger_is_clean"]:
        found.append(f"verify_ledger found a difference: {result['ledger']}")
    found += [f"Unexpected, {count} times: {what}." for what, count in result["unexpected"].items()]
    honest = result["kinds"].get("honest", {})
    planned = planned_beats(result["plan"], honest.get("learners", 0))
    acks = honest.get("ack", 0)
    if acks < max(1.0, planned * ACKS_SHARE_MIN):
        found.append(f"The honest had {acks} acknowledgements of {planned:.0f} beats that they planned.")
    for pid, growth in grown(result).items():
        found.append(f"Process {pid} grew by {growth:.0f} KiB a minute over the second half of its life.")
    if result["log"] and not result["plan"]["faults"]:
        found.append(f"A server's log has errors: {result['log'][0]}")
    return found


def grown(result: dict[str, Any]) -> dict[str, float]:
    """KiB a minute of the processes that grew by more than they may."""
    slopes = {pid: result["kib_per_minute"][pid] for pid in lived_long(result)}
    return {pid: growth for pid, growth in slopes.items() if growth > GROWTH_KIB_PER_MINUTE_MAX}


def lived_long(result: dict[str, Any]) -> list[str]:
    """The processes whose growth is judged."""
    moments: dict[str, list[float]] = {}
    for at_s, pid, _rss in result["rss"]:
        moments.setdefault(str(pid), []).append(at_s)
    return [pid for pid, own in moments.items() if max(own) - min(own) >= JUDGED_LIFE_S_MIN]
