"""`make bench`: durable, acknowledged beats of one web process, beside a naive server and a bare echo in the same run.

Prints a table and keeps it in bench/results. A shared machine changes its speed from one minute to the next, so what is
compared is measured one directly after the other, in TURNS, and the median ratio counts; docs/scale.md says how to read
them. SECONDS (of each measurement), SOCKETS ("100,1000,5000") and VARIANTS ("full,naive,echo") change the plan.

Ends with status 1 and keeps nothing when a client met an error, or the database does not hold what was acknowledged;
VARIANTS=blind, a server that acknowledges and writes nothing, is the control and must end so.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.ground import BASE, Learners, make_learners, migrate, web
from bench.history import PAGE, keep
from bench.promises import held_ms, objections
from lms.env.servers import running_servers
from lms.env.values import integer, text

TICKS_S = os.sysconf("SC_CLK_TCK")
PACED_SOCKETS = 5_000
PACED_EVERY_S = 15.0
FLUSH_MORE_US = 4_000
ONE, TWO = "1 process", "2 processes"
AS_IT_IS, SLOWER = "flush as it is", "flush +4 ms"
FLUSH_TURNS = 3
BEFOREHAND_PER_S = 600
"""Beats that a plain ORM transaction each acknowledged before this was built, by another program: docs/scale.md."""


@dataclass(frozen=True)
class Cost:
    """Processor seconds and transactions up to now."""

    web_s: float
    database_s: float
    commits: int


def main() -> None:
    seconds = integer("SECONDS", default=15, at_least=2, at_most=3600)
    sockets = [int(each) for each in text("SOCKETS", default="100,1000,5000").split(",")]
    variants = text("VARIANTS", default="echo,full,naive").split(",")
    turns = integer("TURNS", default=3, at_least=1, at_most=99)
    with private_servers() as folder:
        migrate()
        rows: list[dict[str, Any]] = []
        for count in sockets:
            for turn in range(turns):
                # Once is enough for what is two hundred times away.
                beside = [variant for variant in variants if turn == 0 or variant != "naive"]
                rows += [measure(folder, variant, count, seconds=seconds) | {"turn": turn} for variant in beside]
        if "full" in variants:
            rows += measure_two_processes(folder, sorted(sockets)[len(sockets) // 2], seconds=seconds, turns=turns)
            rows.append(measure(folder, "full", PACED_SOCKETS, seconds=max(seconds, 30), paced=True))
            rows += measure_slower_flush(folder, max(sockets), seconds=seconds)
        keep("beats", rows=rows)
    _ratios(rows)


@contextmanager
def private_servers() -> Iterator[Path]:
    """A data folder with a database of its own, thrown away at the end."""
    folder = Path(tempfile.mkdtemp(prefix="xueshi-bench-"))
    folder.chmod(0o711)
    (folder / "static").mkdir()
    os.environ["DATA_DIR"] = str(folder)
    try:
        with running_servers():
            yield folder
    finally:
        elsewhere = (folder / "postgres").resolve()
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(elsewhere, ignore_errors=True)


def learners_of(count: int) -> Learners:
    """`count` learners in the database of this run."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "lms.settings"
    import django

    django.setup()
    return make_learners(count)


def measure(
    folder: Path,
    variant: str,
    sockets: int,
    *,
    seconds: int,
    paced: bool = False,
    webs: int = 1,
) -> dict[str, Any]:
    """One measurement: fresh web processes, `sockets` clients, `seconds` of load after a short warm-up."""
    note = TWO if webs == 2 else ""
    (row,) = _rows(folder, variant, sockets, seconds=seconds, paced=paced, webs=webs, notes=[note])
    _say(row)
    return row


def measure_two_processes(folder: Path, sockets: int, *, seconds: int, turns: int) -> list[dict[str, Any]]:
    """The same number of sockets at one web process and at two, in turn."""
    return [
        measure(folder, "full", sockets, seconds=seconds, webs=webs) | {"note": note, "turn": turn}
        for turn in range(turns)
        for webs, note in ((1, ONE), (2, TWO))
    ]


def measure_slower_flush(folder: Path, sockets: int, *, seconds: int) -> list[dict[str, Any]]:
    """The same sockets without and with four more milliseconds of flush, in turn."""
    turns = [AS_IT_IS, SLOWER] * FLUSH_TURNS
    rows = _rows(
        folder, "full", sockets, seconds=seconds, notes=turns, before=lambda note: _set_flush(folder, note == SLOWER)
    )
    for number, row in enumerate(rows):
        row["turn"] = number // 2
        _say(row)
    return rows


def _rows(
    folder: Path,
    variant: str,
    sockets: int,
    *,
    seconds: int,
    notes: list[str],
    paced: bool = False,
    webs: int = 1,
    before: Callable[[str], None] = lambda note: None,
) -> list[dict[str, Any]]:
    """A row for each note, measured one after the other over the same sockets; `before` is called ahead of each.

    The learners are new each time: what somebody has watched before earns nothing, and is judged another way.
    """
    learners = learners_of(sockets)
    log = folder / f"{variant}.log"
    with ExitStack() as running:
        servers = [running.enter_context(web(f"bench.variants:{variant}", log=log)) for _ in range(webs)]
        pids = [server.process.pid for server in servers]
        before_rss = sum(map(rss_of, pids))
        plan = {
            "port": servers[0].port,
            "ports": [server.port for server in servers],
            "cookies": learners.cookies,
            "cookie_name": learners.cookie_name,
            "lesson": learners.lesson,
            "mode": "paced" if paced else "closed",
            "every_s": PACED_EVERY_S,
            "warm_s": PACED_EVERY_S if paced else 3,
            "seconds": seconds,
            "windows": len(notes),
        }
        client = subprocess.Popen(
            [sys.executable, "-m", "bench.load"], cwd=BASE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert client.stdin is not None and client.stdout is not None
        json.dump(plan, client.stdin)
        client.stdin.close()
        costs = []
        for note in notes:
            before(note)
            if client.stdout.readline().strip() != "measuring":
                raise RuntimeError(f"the clients did not start; {log} ends with: {log.read_text()[-2000:]}")
            start = cost(folder, *pids)
            client.stdout.readline()
            costs.append((start, cost(folder, *pids)))
            rss = sum(map(rss_of, pids))
        figures = json.loads(client.stdout.readline())
        client.wait()
    believe(variant, learners, figures)
    same = {
        "variant": variant,
        "sockets": sockets,
        "load": f"one beat per {PACED_EVERY_S:.0f} s" if paced else "as fast as acknowledged",
        "kib_per_socket": (rss - before_rss) / sockets / 1024,
        "connects_per_s": figures["connects_per_s"],
        "errors": figures["errors"],
    }
    return [
        same | {"note": note} | _per_beat(window, *spent)
        for note, window, spent in zip(notes, figures["windows"], costs, strict=True)
    ]


def believe(variant: str, learners: Learners, figures: dict[str, Any]) -> None:
    """End the program with status 1 and a sentence unless the database holds what these clients were promised."""
    found = objections(figures, None if variant == "echo" else held_ms(learners))
    if found:
        sys.exit(f"FAILED: {variant}, {len(learners.cookies)} sockets: {'; '.join(found)}.")


def _per_beat(window: dict[str, Any], start: Cost, end: Cost) -> dict[str, Any]:
    acked = max(1, window["acked"])
    return {
        "beats_per_s": window["acked"] / window["seconds"],
        "p50_ms": window["p50_ms"],
        "p99_ms": window["p99_ms"],
        "web_us_per_beat": (end.web_s - start.web_s) / acked * 1e6,
        "database_us_per_beat": (end.database_s - start.database_s) / acked * 1e6,
        "client_us_per_beat": window["client_cpu_s"] / acked * 1e6,
        "commits_per_beat": (end.commits - start.commits) / acked,
    }


def cost(folder: Path, *web_pids: int) -> Cost:
    """What these web processes and the private database have used so far."""
    from django.db import connection

    postmaster = int((folder / "postgres" / "cluster" / "postmaster.pid").read_text().split()[0])
    with connection.cursor() as cursor:
        cursor.execute("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()")
        commits = cursor.fetchone()[0]
    return Cost(
        sum(map(cpu_s, web_pids)), sum(map(cpu_s, _children(postmaster))) + cpu_s(postmaster, waited=True), commits
    )


def cpu_s(pid: int, *, waited: bool = False) -> float:
    """Processor seconds of a process up to now; `waited` adds those of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(each) for each in fields[11 : 15 if waited else 13]) / TICKS_S


def _children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def rss_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE


def _set_flush(folder: Path, is_slower: bool) -> None:
    """Every flush of the log takes four milliseconds longer, as on a slower disk; or as long as it does."""
    cluster = folder / "postgres" / "cluster"
    postmaster = int((cluster / "postmaster.pid").read_text().split()[0])
    with (cluster / "postgresql.conf").open("a") as file:
        file.write(f"\ncommit_delay = {FLUSH_MORE_US if is_slower else 0}\ncommit_siblings = 0\n")
    os.kill(postmaster, signal.SIGHUP)


def _say(row: dict[str, Any]) -> None:
    p50, p99 = row["p50_ms"], row["p99_ms"]
    late = f"{p50:8.1f} {p99:8.1f}" if p50 is not None else "       -        -"
    print(
        f"{row['variant']:6} {row['sockets']:6} {row['beats_per_s']:9.0f}/s {late} ms"
        f"  web {row['web_us_per_beat']:6.0f} us  database {row['database_us_per_beat']:6.0f} us"
        f"  {row['commits_per_beat']:.4f} commits  {row['kib_per_socket']:6.1f} KiB/socket"
        f"  {row['connects_per_s']:5.0f} connects/s  {row['load']} {row['note']} {row['errors'] or ''}",
        flush=True,
    )


def _ratios(rows: list[dict[str, Any]]) -> None:
    """What was measured side by side: the median ratio of all turns, and the smallest and the largest."""
    closed = [row for row in rows if "turn" in row]
    rates = {(row["variant"], row["sockets"], row["note"], row["turn"]): row["beats_per_s"] for row in closed}
    for count in dict.fromkeys(row["sockets"] for row in closed):
        own = sorted(rate for key, rate in rates.items() if key[:3] == ("full", count, ""))
        if own:
            rate = own[len(own) // 2] / BEFOREHAND_PER_S
            print(f"{count:6} sockets: {rate:.1f} x the {BEFOREHAND_PER_S}/s of plain transactions beforehand")
        for note, other, beside in (
            ("", "naive", ""),
            ("", "echo", ""),
            (TWO, "full", ONE),
            (SLOWER, "full", AS_IT_IS),
        ):
            ratios = sorted(
                rate / rates[other, count, beside, key[3]]
                for key, rate in rates.items()
                if key[:3] == ("full", count, note) and (other, count, beside, key[3]) in rates
            )
            if ratios:
                middle = ratios[len(ratios) // 2]
                told = f"{middle:.2f} ({ratios[0]:.2f}-{ratios[-1]:.2f}) x {beside or other}"
                print(f"{count:6} sockets {note}: {told}")


if __name__ == "__main__":
    main()
