"""A round: fifty writers on a running system, faults one after the other, and at the end the books against the ledger.

All chance comes from one seed that the table names. A fault is over when every program that was hit runs again and
every writer has the answer to a beat that was made after the hit; then the next one comes a moment later. What is
random beyond the seed is where in its work a program is hit.
"""

import asyncio
import json
import random
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.faults.blows import BLOWS, Blow, replaced, strike
from tests.faults.writer import DOORS, Writer
from tests.systems import RunningSystem

WRITERS = 50
UNDISTURBED_S = 3.0
GAP_S = (0.5, 2.5)
RECOVER_S_MAX = 110
"""Below the silence that costs a learner time whatever came before."""
LOOK_EVERY_S = 0.1
FINISH_S_MAX = 110

Say = Callable[[str], None]
Stage = dict[str, Any]
"""What `stage.build` told of one tag: the lesson, and each learner's login."""


@dataclass
class Row:
    """What happened from one fault to the next. `in_doubt` beats were under way; `kept` of them had counted."""

    fault: str
    at_s: float
    recovery_s: float = 0.0
    acks: int = 0
    in_doubt: int = 0
    kept: int = 0
    lost_ms: int = 0
    gained_ms: int = 0
    lost_acks: int = 0
    closings: Counter[int] = field(default_factory=Counter)


@dataclass
class Report:
    """`watched_ms` and `ledger_ms` of all writers; `surprises` are answers that no honest client should get."""

    seed: str
    rows: list[Row]
    watched_ms: int = 0
    ledger_ms: int = 0
    still_open: int = 0
    surprises: list[str] = field(default_factory=list)
    verdict: str = ""

    @property
    def acks(self) -> int:
        return sum(row.acks for row in self.rows)

    @property
    def lost_ms(self) -> int:
        return sum(row.lost_ms for row in self.rows)

    @property
    def gained_ms(self) -> int:
        return sum(row.gained_ms for row in self.rows)

    @property
    def lost_acks(self) -> int:
        return sum(row.lost_acks for row in self.rows)

    @property
    def kept_percent(self) -> float:
        return 100 * self.ledger_ms / max(1, self.watched_ms)

    def table(self) -> str:
        return "\n".join([HEAD, *map(told, self.rows), *self.summary()])

    def summary(self) -> list[str]:
        return [
            f"{self.acks} acknowledgements, lost {self.lost_ms} ms ({self.lost_acks} acknowledgements), "
            f"gained {self.gained_ms} ms; kept {self.kept_percent:.2f} % of {self.watched_ms / 1000:.0f} s watched; "
            f"seed {self.seed}",
            f"ledger: {self.verdict}; {self.still_open} sessions still open; surprises: {self.surprises[:5] or 'none'}",
        ]


HEAD = "fault             at s  recovery s   acks  in doubt  of these kept  lost ms  gained ms  closed with"


def told(row: Row) -> str:
    codes = ", ".join(f"{code} x {count}" for code, count in sorted(row.closings.items()))
    return (
        f"{row.fault:<14} {row.at_s:>7.1f} {row.recovery_s:>11.1f} {row.acks:>6} {row.in_doubt:>9} "
        f"{row.kept:>14} {row.lost_ms:>8} {row.gained_ms:>10}  {codes}"
    )


class Crowd:
    """The writers of a round, seen together."""

    def __init__(self, writers: dict[str, Writer]) -> None:
        self.writers = writers
        self.tasks = [asyncio.create_task(writer.live()) for writer in writers.values()]
        self.began_s = time.monotonic()
        self.seen = Row("", 0.0)

    def now_s(self) -> float:
        return time.monotonic() - self.began_s

    def answered_since(self, moment_s: float) -> bool:
        return all(each.is_retired or each.answered_made_s > moment_s for each in self.writers.values())

    async def wait(self, done: Callable[[], bool], *, within_s: float, what: str) -> None:
        deadline = time.monotonic() + within_s
        while not done():
            for task in self.tasks:
                if task.done():
                    task.result()
            if time.monotonic() > deadline:
                raise TimeoutError(f"{what} took more than {within_s} s; {self.row(what, 0.0, within_s)}")
            await asyncio.sleep(LOOK_EVERY_S)

    def row(self, fault: str, at_s: float, recovery_s: float) -> Row:
        """What came since the last row."""
        people, seen = self.writers.values(), self.seen
        sums = Row(fault, at_s, recovery_s)
        sums.acks = sum(writer.books.acks for writer in people)
        sums.in_doubt = sum(writer.in_doubt for writer in people)
        sums.kept = sum(writer.in_doubt_kept for writer in people)
        sums.lost_ms = sum(writer.books.lost_ms for writer in people)
        sums.gained_ms = sum(writer.books.gained_ms for writer in people)
        sums.lost_acks = sum(writer.books.lost_acks for writer in people)
        sums.closings = sum((writer.closings for writer in people), Counter[int]())
        self.seen = sums
        return Row(
            fault,
            at_s,
            recovery_s,
            sums.acks - seen.acks,
            sums.in_doubt - seen.in_doubt,
            sums.kept - seen.kept,
            sums.lost_ms - seen.lost_ms,
            sums.gained_ms - seen.gained_ms,
            sums.lost_acks - seen.lost_acks,
            sums.closings - seen.closings,
        )


def build(system: RunningSystem, writers: dict[str, int]) -> dict[str, Stage]:
    """Stages of these tags, each with so many writers; one command makes them all, because it takes long to start."""
    said = system.manage("shell", "-c", f"from tests.faults import stage; stage.build({writers})")
    answer: dict[str, Stage] = json.loads(said.strip().splitlines()[-1])
    return answer


def order(seed: str, rounds: int = 1) -> list[Blow]:
    """Every fault once a round, in an order of the seed."""
    chance = random.Random(f"order {seed}")
    return [BLOWS[name] for _ in range(rounds) for name in chance.sample(sorted(BLOWS), len(BLOWS))]


@asynccontextmanager
async def crowd(told: Stage, url: str, seed: str) -> AsyncIterator[Crowd]:
    """Writers at work; in the end each has closed its session."""
    doors = asyncio.Semaphore(DOORS)
    writers = {
        email: Writer(
            *(url, token, told["lesson"]),
            doors=doors,
            blunt=bool(number % 2),
            chance=random.Random(f"{number} {seed}"),
        )
        for number, (email, token) in enumerate(told["tokens"].items())
    }
    people = Crowd(writers)
    try:
        await people.wait(lambda: people.answered_since(0.1), within_s=RECOVER_S_MAX, what="the first answer to all")
        people.began_s = time.monotonic()
        yield people
        for writer in writers.values():
            writer.finish()
        await asyncio.wait_for(asyncio.gather(*people.tasks), FINISH_S_MAX)
    finally:
        for task in people.tasks:
            task.cancel()
        await asyncio.gather(*people.tasks, return_exceptions=True)


async def disturb(system: RunningSystem, people: Crowd, blows: list[Blow], seed: str, say: Say) -> list[Row]:
    """Strike, wait until all is well again, and on to the next one."""
    chance = random.Random(f"moments {seed}")
    await asyncio.sleep(UNDISTURBED_S)
    rows = [people.row("undisturbed", 0.0, 0.0)]
    for blow in blows:
        await asyncio.sleep(chance.uniform(*GAP_S))
        at_s, struck_s = people.now_s(), time.monotonic()
        victims = strike(system, blow, chance)
        await people.wait(
            lambda victims=victims, struck_s=struck_s: (
                lives(system) and people.answered_since(struck_s) and replaced(system, victims)
            ),
            within_s=RECOVER_S_MAX,
            what=f"recovery from {blow.name}",
        )
        rows.append(people.row(blow.name, at_s, time.monotonic() - struck_s))
        say(told(rows[-1]))
    return rows


def lives(system: RunningSystem) -> bool:
    """True, or a RuntimeError with the supervisor's last words: what it gave up will not come back."""
    if system.process.poll() is None:
        return True
    last = system.output.read_text(errors="replace")[-4000:]
    raise RuntimeError(f"the system ended with status {system.process.returncode}:\n{last}")


def play(system: RunningSystem, tag: str, stage: Stage, blows: list[Blow], seed: str, say: Say) -> Report:
    """A whole round, and its judgement."""
    report = Report(seed, [])

    async def run() -> None:
        say(HEAD)
        async with crowd(stage, system.url, seed) as people:
            report.rows += await disturb(system, people, blows, seed, say)
        judge(system, tag, report, people)
        say(told(report.rows[-1]))

    in_own_loop(run())
    for line in report.summary():
        say(line)
    return report


def judge(system: RunningSystem, tag: str, report: Report, people: Crowd) -> None:
    """Hold the books against what the database has, after everything."""
    said = system.manage("shell", "-c", f"from tests.faults import stage; stage.count('{tag}'); stage.verify()")
    held, verdict = map(json.loads, said.strip().splitlines()[-2:])
    for email, writer in people.writers.items():
        ledger_ms, is_open = held[email]
        watched_ms = writer.books.positions[writer.seq]
        writer.books.closed(ledger_ms, watched_ms)
        report.ledger_ms += ledger_ms
        report.watched_ms += watched_ms
        report.still_open += is_open
        report.surprises += writer.surprises
    report.rows.append(people.row("the ledger", people.now_s(), 0.0))
    report.verdict = verdict["told"]
    if verdict["differs"]:
        report.surprises.append(report.verdict)


def in_own_loop(work: Coroutine[Any, Any, None]) -> None:
    """In a thread of its own: a browser may hold this one's loop. Raises what the work raised."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(work)
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if raised:
        raise raised[0]
