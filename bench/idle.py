"""`make bench-sockets`: how much memory a study socket costs that does little, as most do.

SOCKETS (20000) of as many learners, spread over WEBS processes (2), each with an open session and a beat a minute;
clients come from several loopback addresses and processes. Prints and keeps the web processes' RSS a socket (after
everybody has connected and beaten once), the time from beat to acknowledgement, and processor seconds a minute. With
an error of a client or a server, or with beats that nobody acknowledged, it ends with status 1 and keeps nothing.
"""

import json
import resource
import subprocess
import sys
import time
from contextlib import ExitStack
from typing import Any

from bench.beats import cpu_s, learners_of, private_servers, rss_of
from bench.ground import BASE, Learners, Web, migrate, start_web, stop_web
from bench.history import keep
from lms.env.values import integer

SOCKETS, WEBS = 20_000, 2
EVERY_S = 60.0
SPARE_FILES = 500
"""Descriptors of a process beside its sockets."""
CLIENT_SOCKETS_MAX = 5_000
ACKED_SHARE_MIN = 0.95
"""Of one beat for each socket: a window as long as the pause between two beats cuts a few at its edges."""


def main() -> None:
    count = integer("SOCKETS", default=SOCKETS, at_least=10, at_most=100_000)
    webs = integer("WEBS", default=WEBS, at_least=1, at_most=16)
    every_s = float(integer("EVERY_S", default=int(EVERY_S), at_least=1, at_most=600))
    _allow_files(-(-count // webs) + SPARE_FILES)
    with private_servers() as folder, ExitStack() as ending:
        migrate()
        learners = learners_of(count)
        served = [start_web("lms.wiring.asgi:application", log=folder / f"web{n}.log") for n in range(webs)]
        ending.callback(lambda: [stop_web(web) for web in served])
        row = _measure(served, learners, every_s)
        row["complaints"] = sum((folder / f"web{n}.log").read_text().count("Traceback") for n in range(webs))
        _tell(row)
        if found := failures(row):
            sys.exit("\n".join(found))
        keep("sockets", rows=[row])


def _allow_files(needed: int) -> None:
    """Raise the soft limit, which children inherit; above the hard one only the system's owner can help."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < needed:
        sys.exit(f"{needed} descriptors a process are needed and {hard} allowed: raise ulimit -Hn, or more WEBS.")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard if hard != resource.RLIM_INFINITY else needed, hard))


def _measure(webs: list[Web], learners: Learners, every_s: float) -> dict[str, Any]:
    count = len(learners.cookies)
    before = [rss_of(web.process.pid) for web in webs]
    parts = len(webs) * -(-count // (len(webs) * CLIENT_SOCKETS_MAX))
    began = time.monotonic()
    clients = [_client(webs[part % len(webs)], learners, part, parts, every_s) for part in range(parts)]
    try:
        for client in clients:
            assert client.stdout is not None
            if client.stdout.readline().strip() != "measuring":
                raise RuntimeError(f"the clients did not start; {webs[0].log} ends: {webs[0].log.read_text()[-2000:]}")
        ready_s = time.monotonic() - began
        start = [cpu_s(web.process.pid) for web in webs]
        for client in clients:
            assert client.stdout is not None
            client.stdout.readline()
        rss = [rss_of(web.process.pid) for web in webs]
        used_s = sum(cpu_s(web.process.pid) for web in webs) - sum(start)
        figures = [json.loads(client.stdout.readline()) for client in clients if client.stdout is not None]
    finally:
        for client in clients:
            client.kill()
            client.wait()
    errors: dict[str, int] = {}
    for each in figures:
        for why, times in each["errors"].items():
            errors[why] = errors.get(why, 0) + times
    windows = [each["windows"][0] for each in figures]
    return {
        "sockets": count,
        "webs": len(webs),
        "every_s": every_s,
        "kib_per_socket": (sum(rss) - sum(before)) / count / 1024,
        "rss_mib": [round(each / 2**20) for each in rss],
        "connected_and_warm_s": ready_s,
        "acked": sum(each["acked"] for each in windows),
        "p50_ms": max(each["p50_ms"] or 0 for each in windows),
        "p99_ms": max(each["p99_ms"] or 0 for each in windows),
        "web_cpu_s_per_minute": used_s / every_s * 60,
        "errors": errors,
    }


def _client(web: Web, learners: Learners, part: int, parts: int, every_s: float) -> "subprocess.Popen[str]":
    plan = {
        "port": web.port,
        # One address has 28,000 ports towards one other.
        "address": f"127.0.0.{part + 2}",
        "cookies": learners.cookies[part::parts],
        "cookie_name": learners.cookie_name,
        "lesson": learners.lesson,
        "mode": "paced",
        "every_s": every_s,
        "warm_s": every_s,
        "seconds": every_s,
    }
    client = subprocess.Popen(
        [sys.executable, "-m", "bench.load"], cwd=BASE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert client.stdin is not None
    json.dump(plan, client.stdin)
    client.stdin.close()
    return client


def failures(row: dict[str, Any]) -> list[str]:
    """Why the figures are of no use, each in a sentence; none when they are sound."""
    found = [f"{times} times a client met: {why}." for why, times in row["errors"].items()]
    if row["complaints"]:
        found.append(f"The servers' logs have {row['complaints']} tracebacks.")
    if row["acked"] < row["sockets"] * ACKED_SHARE_MIN:
        found.append(f"{row['acked']} beats of {row['sockets']} sockets were acknowledged.")
    return found


def _tell(row: dict[str, Any]) -> None:
    print(
        f"{row['sockets']} sockets, {row['webs']} web processes: {row['kib_per_socket']:.1f} KiB a socket, "
        f"RSS {row['rss_mib']} MiB; beat to acknowledgement p50 {row['p50_ms']:.1f}, p99 {row['p99_ms']:.1f} ms; "
        f"{row['web_cpu_s_per_minute']:.1f} s of processor a minute; errors {row['errors'] or 'none'}, "
        f"{row['complaints']} tracebacks",
        flush=True,
    )


if __name__ == "__main__":
    main()
