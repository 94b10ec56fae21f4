"""`make bench-peers`: durable progress updates of Kolibri beside beats of ours, on one machine in one run.

Kolibri commits what a client says, without a rule; a beat of ours is judged first. Both answer after the commit; each
has the machine to itself. After Kolibri's part the seconds that it kept are read back: they must be those acknowledged.
SECONDS (of each measurement), CONNECTIONS ("1,8,32,64" for Kolibri) and SOCKETS ("64,1000" for us) change the plan.
"""

import asyncio
import time
from pathlib import Path
from typing import Any

from bench import kolibri
from bench.beats import cpu_s, measure, private_servers
from bench.ground import migrate
from bench.history import keep
from bench.kolibri import Kolibri, KolibriLearner
from lms.env.values import integer, text

WARM_S = 2
AIM = 100


def main() -> None:
    seconds = integer("SECONDS", default=15, at_least=2, at_most=3600)
    connections = [int(each) for each in text("CONNECTIONS", default="1,8,32,64").split(",")]
    sockets = [int(each) for each in text("SOCKETS", default="64,1000").split(",")]
    with kolibri.running_kolibri() as peer:
        theirs = asyncio.run(_measure_kolibri(peer, connections, seconds))
    with private_servers() as folder:
        ours = _measure_ours(folder, sockets, seconds)
        best_theirs, best_ours = (max(each["beats_per_s"] for each in rows) for rows in (theirs, ours))
        ratio = best_ours / best_theirs
        keep("peers", rows=theirs + ours, kolibri=kolibri.VERSION, ratio=ratio)
    print(f"ours / Kolibri: {best_ours:.0f} / {best_theirs:.0f} = {ratio:.0f} times (aim {AIM})")


async def _measure_kolibri(peer: Kolibri, connections: list[int], seconds: int) -> list[dict[str, Any]]:
    """The same learners at every number of connections; signing up is not measured."""
    learners = [await kolibri.learner_of(peer) for _ in range(max(connections))]
    rows = [await _load(peer, learners[:count], seconds) for count in connections]
    for one in learners:
        kept_s = (await one.open())["time_spent"]
        if kept_s != one.acked:
            raise RuntimeError(f"Kolibri acknowledged {one.acked} s and kept {kept_s} s: nothing here is durable")
    return rows


async def _load(peer: Kolibri, learners: list[KolibriLearner], seconds: int) -> dict[str, Any]:
    late_ms: list[float] = []
    begin, end = time.perf_counter() + WARM_S, time.perf_counter() + WARM_S + seconds

    async def study(one: KolibriLearner) -> None:
        while (sent_at := time.perf_counter()) < end:
            await one.progress()
            if begin <= sent_at and (now := time.perf_counter()) < end:
                late_ms.append((now - sent_at) * 1000)

    tasks = [asyncio.create_task(study(one)) for one in learners]
    await asyncio.sleep(WARM_S)
    before_s = cpu_s(peer.process.pid)
    await asyncio.sleep(seconds)
    spent_s = cpu_s(peer.process.pid) - before_s
    await asyncio.gather(*tasks)
    late_ms.sort()
    row = {
        "variant": "kolibri",
        "sockets": len(learners),
        "beats_per_s": len(late_ms) / seconds,
        "p50_ms": late_ms[len(late_ms) // 2],
        "p99_ms": late_ms[len(late_ms) * 99 // 100],
        "web_us_per_beat": spent_s / len(late_ms) * 1e6,
    }
    print(
        f"kolibri {row['sockets']:5} {row['beats_per_s']:9.0f}/s {row['p50_ms']:8.1f} {row['p99_ms']:8.1f} ms"
        f"  web and database {row['web_us_per_beat']:6.0f} us",
        flush=True,
    )
    return row


def _measure_ours(folder: Path, sockets: list[int], seconds: int) -> list[dict[str, Any]]:
    migrate()
    return [measure(folder, "full", count, seconds=seconds) for count in sockets]


if __name__ == "__main__":
    main()
