"""`make load`: learners of mixed honesty for an hour, and at the end nothing acknowledged is missing.

MINUTES (60), LEARNERS (5000), RATE (beats a second of all, 1333: what 20,000 phones send; below 1 a share of what one
process does with beats alone), WEBS (web processes, 1), FAULTS=1 (kills web processes and PostgreSQL, takes the
database away for a minute), ACK_EARLY=1 (the control: a build that promises before it commits), SEED. Ends with status
1 when bench.verdict finds anything; or, for the control, when nothing was lost. `python -m bench.mixed --judge FILE`
judges a kept run again.
"""

import json
import os
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.beats import believe, learners_of, private_servers, rss_of
from bench.blows import blows
from bench.ground import BASE, Learners, Web, make_learners, migrate, start_web, stop_web
from bench.history import keep
from bench.promises import held_ms
from bench.verdict import compare, failures, lived_long
from lms.env.values import integer, text

MINUTES, LEARNERS, RATE = 60, 5_000, "1333"
EVERY_S_MIN = 0.25
"""A socket may say five messages a second; an honest learner stays below it."""
SAMPLE_S = 10.0
ARRIVE_PER_S = 250
FAULT_EVERY_S_MAX = 300.0


@dataclass
class Watch:
    """RSS of the web processes and their clerks, sampled while they work; one that was killed starts a new line."""

    webs: list[Web]
    samples: list[tuple[float, int, int]] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        began = time.monotonic()
        while not self.stop.wait(SAMPLE_S):
            at = time.monotonic() - began
            for web in list(self.webs):
                with suppress(OSError):
                    pids = [web.process.pid, *_children(web.process.pid)]
                    self.samples += [(at, pid, rss_of(pid)) for pid in pids]

    def latest(self) -> list[int]:
        """Bytes of each process that lived at the last look."""
        if not self.samples:
            return []
        last = self.samples[-1][0]
        return [rss for at, _pid, rss in self.samples if at == last]

    def slopes(self) -> dict[str, float]:
        """KiB a minute of each process, by least squares over the second half of its life."""
        return {str(pid): _slope(self._second_half(pid)) for pid in sorted({pid for _at, pid, _rss in self.samples})}

    def _second_half(self, pid: int) -> list[tuple[float, int]]:
        own = [(at, rss) for at, of, rss in self.samples if of == pid]
        return own[len(own) // 2 :]


def _children(pid: int) -> list[int]:
    listed = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    return sorted(int(each) for each in " ".join(listed).split())


def main() -> int:
    match sys.argv[1:]:
        case ["--judge", file]:
            return _status(json.loads(Path(file).read_text()))
    minutes = float(text("MINUTES", default=str(MINUTES)))
    count = integer("LEARNERS", default=LEARNERS, at_least=10, at_most=100_000)
    is_control = text("ACK_EARLY", default="") == "1"
    application = "bench.hasty:application" if is_control else "lms.wiring.asgi:application"
    with private_servers() as folder, ExitStack() as ending:
        migrate()
        rate = _rate(folder, learners_of(count))
        learners = make_learners(count)  # others: where somebody studied a moment ago another device waits
        plan = _plan(learners, rate, minutes)
        webs = [start_web(application, log=folder / f"web{n}.log") for n in range(_webs())]
        ending.callback(lambda: [stop_web(web) for web in webs])
        plan["ports"] = [web.port for web in webs]
        say(f"{count} learners, {minutes:g} minutes, a beat each {plan['every_s']:.2f} s, seed {plan['seed']}")
        result = {"plan": _shown(plan, control=is_control)} | _run(folder, webs, plan)
        result |= _compare(learners, result.pop("books"))
        result["log"] = sorted({line for web in webs for line in _complaints(web)})[:20]
        _tell(result)
        keep("mixed", **result)
    return _status(result)


def _webs() -> int:
    return integer("WEBS", default=1, at_least=1, at_most=16)


def _rate(folder: Path, learners: Learners) -> float:
    """Beats a second to offer: as told, or a share of what this machine can do with as many sockets, client and all."""
    told = float(text("RATE", default=RATE))
    if told >= 1:
        return told
    web = start_web("bench.variants:full", log=folder / "capacity.log")
    try:
        most = {"port": web.port, "cookies": learners.cookies, "cookie_name": learners.cookie_name}
        most |= {"lesson": learners.lesson, "mode": "closed", "every_s": 1, "warm_s": 3, "seconds": 10}
        command = [sys.executable, "-m", "bench.load"]
        said = subprocess.run(command, input=json.dumps(most), cwd=BASE, check=True, capture_output=True, text=True)
    finally:
        stop_web(web)
    figures = json.loads(said.stdout.strip().splitlines()[-1])
    believe("full", learners, figures)
    (window,) = figures["windows"]
    capacity = window["acked"] / window["seconds"]
    say(f"capacity {capacity:.0f} beats a second; offering {told:.0%} of it")
    return capacity * told


def _plan(learners: Learners, rate: float, minutes: float) -> dict[str, Any]:
    count = len(learners.cookies)
    return {
        "cookies": learners.cookies,
        "cookie_name": learners.cookie_name,
        "lesson": learners.lesson,
        "every_s": max(EVERY_S_MIN, count / rate),
        "seconds": minutes * 60,
        "arrive_s": min(count / ARRIVE_PER_S, minutes * 60 / 4),
        "faults": text("FAULTS", default="") == "1",
        "seed": text("SEED", default="") or os.urandom(4).hex(),
        "running": True,
    }


def _run(folder: Path, webs: list[Web], plan: dict[str, Any]) -> dict[str, Any]:
    watch = Watch(webs)
    watching = threading.Thread(target=watch.run)
    watching.start()
    fault_every_s = min(FAULT_EVERY_S_MAX, plan["seconds"] / 5)
    striking = blows(folder, webs, fault_every_s, say) if plan["faults"] else nullcontext([])
    client = subprocess.Popen(
        [sys.executable, "-m", "bench.students"], cwd=BASE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert client.stdin is not None and client.stdout is not None
    windows: list[dict[str, Any]] = []
    final: dict[str, Any] = {}
    try:
        json.dump(plan, client.stdin)
        client.stdin.close()
        with striking as struck:
            for line in client.stdout:
                told = json.loads(line)
                if "books" in told:
                    final = told
                    break
                windows.append(told)
                say(_window(told, watch))
        client.wait(60)
    finally:
        client.kill()
        watch.stop.set()
        watching.join()
    if not final:
        raise RuntimeError("the students ended without their books")
    return final | {"windows": windows, "blows": struck, "rss": watch.samples, "kib_per_minute": watch.slopes()}


def _compare(learners: Learners, books: list[dict[str, Any]]) -> dict[str, Any]:
    """Hold what was promised to each against what the database has, and that against its replay."""
    told = compare(books, held_ms(learners))
    verified = subprocess.run(
        [sys.executable, "manage.py", "verify_ledger"], cwd=BASE, check=False, capture_output=True, text=True
    )
    ledger = (verified.stdout.strip() or verified.stderr.strip()).splitlines()[-1]
    return told | {"ledger": ledger, "ledger_is_clean": verified.returncode == 0}


def _complaints(web: Web) -> set[str]:
    """Errors in a server's log, those that faults explain among them."""
    lines = web.log.read_text(errors="replace").splitlines()
    return {line for line in lines if "Error" in line or "Traceback" in line or "ERROR" in line}


def _window(told: dict[str, Any], watch: Watch) -> str:
    return (
        f"{told['second']:6} s {told['sent'] / SAMPLE_S:8.0f} sent/s {told['acks'] / SAMPLE_S:8.0f} acks/s"
        f"  p50 {told['p50_ms'] or 0:8.1f}  p99 {told['p99_ms'] or 0:8.1f} ms  unexpected {told['unexpected'] or 0}"
        f"  RSS {' '.join(f'{each / 2**20:.0f}' for each in watch.latest())} MiB"
    )


def _tell(result: dict[str, Any]) -> None:
    for kind, sums in sorted(result["kinds"].items(), key=lambda each: -each[1]["learners"]):
        kept = sums["held_ms"] / max(1, sums["lived_ms"])
        named = ("learners", "promised_ms", "held_ms", "lived_ms", "idle_ms", "lost_acks", "ack")
        rest = ", ".join(f"{name} {count}" for name, count in sorted(sums.items()) if name not in named)
        say(f"{kind:14} {sums['learners']:6} learners {sums['ack']:9} acks, credited {kept:5.1%} of their time: {rest}")
    say(f"memory, KiB a minute: {result['kib_per_minute']}")
    say(f"ledger: {result['ledger']}")
    say(f"lost {result['lost_ms']} ms and {result['lost_acks']} acknowledgements, gained {result['gained_ms']} ms")
    for line in [*result["worst"], *result["log"], *map(str, result["unexpected"].items())]:
        say(f"  {line}")


def _shown(plan: dict[str, Any], *, control: bool) -> dict[str, Any]:
    """The plan as it is kept: all that the verdict needs, and nobody's login."""
    shown = {name: plan[name] for name in ("every_s", "seconds", "arrive_s", "faults", "seed")}
    return shown | {"learners": len(plan["cookies"]), "webs": _webs(), "control": control}


def _status(result: dict[str, Any]) -> int:
    if result["plan"]["control"]:
        is_lost = bool(result["lost_ms"] or result["lost_acks"])
        say("ok: the control loses" if is_lost else "FAILED: the control lost nothing, so nothing can be seen")
        return 0 if is_lost else 1
    found = failures(result)
    for sentence in found:
        say(f"FAILED: {sentence}")
    if not found:
        memory = "memory level" if lived_long(result) else "memory not judged after so short a life"
        say(f"ok: nothing lost, gained or unexpected; everybody served, {memory}")
    return 1 if found else 0


def _slope(points: list[tuple[float, int]]) -> float:
    if len(points) < 2:
        return 0.0
    mean_at, mean = sum(at for at, _ in points) / len(points), sum(rss for _, rss in points) / len(points)
    spread = sum((at - mean_at) ** 2 for at, _ in points)
    return round(sum((at - mean_at) * (rss - mean) for at, rss in points) / spread * 60 / 1024, 1)


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
