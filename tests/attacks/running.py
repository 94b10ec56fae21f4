"""Runs the attacks, all at the same time, each with a learner of its own, and judges each by what the server then says.

Whatever a case claims, afterwards these must hold over the public API: hours within the case's ceiling and within the
real time that passed, credit <= coverage <= length, coverage within time plus one tolerance for all sessions, ledger
intervals disjoint, and the ledger's sums equal to the hours shown. A case itself asserts codes and unchanged state.
"""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import httpx

from tests.attacks.client import Hours, Learner
from tests.systems import WebNode, web_node

if TYPE_CHECKING:
    from tests.systems import RunningSystem

ELAPSED = float("inf")
"""The ceiling of a case that really studies: no more than the real time that passed, by no way whatever."""
TOLERANCE_MS = 2_000
AT_ONCE = 24
LOGINS_AT_ONCE = 3
CASE_S_MAX = 300


@dataclass(frozen=True)
class Attack:
    """`ceiling_s` is what the case may earn at most; `floor_s` what its honest part earns at least."""

    family: str
    run: Callable[["Case"], Coroutine[Any, Any, None]]
    ceiling_s: float
    floor_s: float
    learners: int

    @property
    def name(self) -> str:
        return f"{self.family}-{self.run.__name__}"


ATTACKS: list[Attack] = []


def attack(
    family: str, *, ceiling_s: float, floor_s: float = 0, learners: int = 1
) -> Callable[[Callable[["Case"], Coroutine[Any, Any, None]]], Callable[["Case"], Coroutine[Any, Any, None]]]:
    """Register a case; its function's name is what the attacker tries."""

    def register(run: Callable[["Case"], Coroutine[Any, Any, None]]) -> Callable[["Case"], Coroutine[Any, Any, None]]:
        ATTACKS.append(Attack(family, run, ceiling_s, floor_s, learners))
        return run

    return register


@dataclass
class Case:
    """What an attack has: its learners (the first is the attacker), the lessons, and the system's staff."""

    stage: "Stage"
    learners: list[Learner]
    began: float = field(default_factory=time.monotonic)

    @property
    def learner(self) -> Learner:
        return self.learners[0]

    @property
    def lesson(self) -> str:
        return self.stage.lessons["first"]

    @property
    def elapsed_ms(self) -> float:
        return (time.monotonic() - self.began) * 1000

    async def staff(self, call: str) -> str:
        """Let the staff do something: a call of tests/attacks/stage.py. Gives the last line that it printed."""
        command = f"from tests.attacks import stage; {call}"
        said = await asyncio.to_thread(self.stage.system.manage, "shell", "-c", command)
        return said.strip().rpartition("\n")[2]


@dataclass
class Stage:
    system: "RunningSystem"
    lessons: dict[str, str]
    learners: Iterator[Learner]
    second_node: str

    async def play(self, case: Attack) -> None:
        """Run a case and judge it; raises what is wrong."""
        learners = [next(self.learners) for _ in range(case.learners)]
        for learner in learners:
            await LOGINS.run(learner.log_in)
        told = Case(self, learners)
        async with asyncio.timeout(CASE_S_MAX):
            await case.run(told)
        for learner in learners:
            hours = await judge(learner, told.elapsed_ms)
            if learner is told.learner:
                assert hours.total_ms <= case.ceiling_s * 1000, f"earned {hours} of {case.ceiling_s} s at most"
                assert hours.total_ms >= case.floor_s * 1000, f"earned {hours}, the honest part is {case.floor_s} s"


class _Logins:
    """Checking a password costs a third of a second of a core; all at once would starve the socket of everybody."""

    def __init__(self) -> None:
        self.doors: asyncio.Semaphore | None = None

    async def run(self, log_in: Callable[[], Awaitable[str]]) -> None:
        self.doors = self.doors or asyncio.Semaphore(LOGINS_AT_ONCE)
        async with self.doors:
            await log_in()


LOGINS = _Logins()


async def judge(learner: Learner, elapsed_ms: float) -> Hours:
    """What must hold whatever was sent. Gives the hours."""
    if not await _may_log_in(learner):
        return Hours(0, 0, {})
    hours = await learner.hours()
    assert hours.total_ms <= elapsed_ms, f"{hours} in {elapsed_ms:.0f} ms"
    covered_ms = 0
    for lesson in learner.lessons:
        answer = await learner.request("GET", f"/api/v1/lessons/{lesson}/coverage")
        if answer.status_code != 200:
            continue
        coverage = answer.json()
        assert coverage["credited_ms"] <= coverage["covered_ms"] <= coverage["duration_ms"], coverage
        covered_ms += coverage["covered_ms"]
    assert covered_ms <= elapsed_ms + TOLERANCE_MS, f"covered {covered_ms} ms in {elapsed_ms:.0f}"
    shown = {each["enrollment"] for each in (await learner.get("/me/hours"))["modules"]}
    _judge_ledger(await learner.entries(), hours, shown)
    return hours


def _judge_ledger(entries: list[dict[str, Any]], hours: Hours, shown: set[str]) -> None:
    """The intervals of all entries; the sums of those whose enrollment is still active and so shown."""
    credits_ = sorted((_moment(e["from_at"]), _moment(e["to_at"]), e["ms"]) for e in entries if e["sort"] == "credit")
    assert all(a[1] <= b[0] for a, b in pairwise(credits_)), f"overlapping entries: {credits_}"
    assert all(ms <= (to_at - from_at) * 1000 + 1 for from_at, to_at, ms in credits_), credits_
    assert [e["number"] for e in entries] == list(range(1, len(entries) + 1))
    entries = [e for e in entries if e["enrollment"] in shown]
    assert sum(e["confirmed_delta_ms"] for e in entries) == hours.confirmed_ms
    # What the open stretch holds is shown, and is an entry only when it ends.
    assert sum(e["provisional_delta_ms"] for e in entries) <= hours.provisional_ms


async def _may_log_in(learner: Learner) -> bool:
    """A suspended learner is asked nothing; one whose token ended logs in again."""
    if (await learner.request("GET", "/api/v1/me")).status_code == 200:
        return True
    learner.token = ""
    try:
        await learner.log_in()
    except AssertionError:
        return False
    return True


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def run_all(system: "RunningSystem", told: dict[str, Any], cases: list[Attack]) -> dict[str, BaseException | None]:
    """Every case's verdict: None, or what was raised. In a thread of its own: a browser may hold this one's loop."""
    verdicts: dict[str, BaseException | None] = {}

    async def play_all() -> None:
        doors = asyncio.Semaphore(AT_ONCE)
        LOGINS.doors = None
        limits = httpx.Limits(max_connections=200)
        async with httpx.AsyncClient(timeout=30, trust_env=False, limits=limits) as http:
            people = iter([Learner(system.url, email, told["password"], http) for email in told["emails"]])
            stage = Stage(system, told["lessons"], people, node.url)

            async def play(case: Attack) -> None:
                async with doors:
                    try:
                        await stage.play(case)
                        verdicts[case.name] = None
                    except BaseException as error:
                        verdicts[case.name] = error

            # The one that sleeps for two minutes goes first, so that the others run beside it.
            await asyncio.gather(*(play(case) for case in sorted(cases, key=lambda each: "asleep" not in each.name)))

    with web_node(system) as node:
        thread = threading.Thread(target=lambda: asyncio.run(play_all()))
        thread.start()
        thread.join()
    return verdicts


@asynccontextmanager
async def another_node(system: "RunningSystem") -> AsyncIterator[WebNode]:
    """A web process of its own for one case, which may do with it what it likes."""
    node = web_node(system)
    yielded = await asyncio.to_thread(node.__enter__)
    try:
        yield yielded
    finally:
        await asyncio.to_thread(node.__exit__, None, None, None)


def selected_only(names: set[str]) -> list[Attack]:
    """The cases that pytest was asked for."""
    return [case for case in ATTACKS if case.name in names]
