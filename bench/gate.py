"""`make bench-gate`: what a decision of the gate costs, and how many seats are booked a second.

LEARNERS (100,000) are made in bulk and then given all hours; SECONDS is the length of a throughput measurement. A
decision is a call in this process; seats are booked by several processes, as by several web processes, each connection
with learners of its own, over many sittings.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from bench.beats import cost, private_servers
from bench.ground import migrate
from bench.history import keep
from lms.env.values import integer

CALLS = 200
WARM_CALLS = 10
SITTINGS = 200
SITTING_SEATS = 500
CONNECTIONS = (1, 8, 16)
PROCESSES_MAX = 4
START_S = 20
"""What spawned processes have to load Django before all of them begin at the same moment."""
ONLINE_MS, WORKSHOP_MS = 10 * 30 * 60_000, 10 * 45 * 60_000
"""All that a module of the bench's syllabus asks."""


@dataclass(frozen=True)
class Share:
    """What one process books: its connections, learners and sittings (primary keys), and from when to when."""

    connections: int
    learners: range
    sittings: list[int]
    begins_s: float
    ends_s: float


@dataclass(frozen=True)
class Booked:
    seats: int
    failed: int
    spent_s: float
    late_ms: list[float]


def main() -> None:
    learners = integer("LEARNERS", default=100_000, at_least=1_000, at_most=10_000_000)
    seconds = integer("SECONDS", default=10, at_least=1, at_most=600)
    with private_servers() as folder:
        migrate()
        os.environ["DJANGO_SETTINGS_MODULE"] = "lms.settings"
        import django

        django.setup()
        keep("gate", learners=learners, rows=_measured(folder, learners, seconds))


def _measured(folder: Path, learners: int, seconds: int) -> list[dict[str, Any]]:
    from datetime import UTC, datetime

    from bench.province import BOOKED_MAX, FIRST, make_province, make_sittings

    started = time.monotonic()
    print(f"{learners:,} learners", flush=True)
    province = make_province(learners)
    _give_hours(learners, province)
    own = province.sitting
    sittings = make_sittings(own.site.institution, own.syllabus, datetime.now(UTC), seats=SITTING_SEATS, count=SITTINGS)
    print(f"made in {time.monotonic() - started:.0f} s", flush=True)
    # The last learners have a seat already, so nothing could be booked for them.
    free = range(FIRST + 4, FIRST + learners - min(BOOKED_MAX, learners // 2))
    anybody = [each for each in province.others if each.pk in free]
    readers = {"10 entries": [province.few], "10,000 entries": [province.many], "anybody": anybody}
    rows = []
    for who, people in readers.items():
        rows += [_decision(who, people, sittings[0]), _registering(who, people, sittings)]
    rows += _candidates(folder, province.sitting)
    for place, connections in enumerate(CONNECTIONS):
        part = len(free) // len(CONNECTIONS)
        rows.append(
            _rush(connections, free[place * part : (place + 1) * part], [each.pk for each in sittings], seconds)
        )
    _ratios(rows)
    return rows


def _give_hours(learners: int, province: Any) -> None:
    """Everybody gets what the syllabus asks, as three corrections; and classes were reported before they began."""
    import psycopg
    from django.conf import settings

    from bench.bulk import insert, set_aside
    from bench.province import BEGAN, CREDIT_MS, FIRST, PAIRS
    from lms.enrollments.models import Module, TrainingClass
    from lms.env.addresses import owner_url
    from lms.env.values import data_dir
    from lms.hours.models import Entry, ModuleHours

    first = Module.objects.filter(syllabus_version__syllabus=province.sitting.syllabus).order_by("ordinal")[0]
    before_ms = f"CASE m WHEN 2 THEN 0 ELSE (({PAIRS}) + 1 - m) / 2 * {CREDIT_MS}::bigint END"
    given_ms = f"CASE m WHEN 2 THEN {WORKSHOP_MS} ELSE {ONLINE_MS} END::bigint"
    everybody = f"generate_series(1, {learners}) i, generate_series(0, 2) m"
    account = {
        "learner_id": f"{FIRST} + i",
        "enrollment_id": f"{FIRST} + i",
        "module_id": f"{first.pk} + m",
        "kind": "CASE m WHEN 2 THEN 'workshop' ELSE 'online' END",
    }
    entry = {
        **account,
        "number": f"2 * ({PAIRS}) + 1 + m",
        "sort": "'correction'",
        "ms": given_ms,
        "confirmed_delta_ms": given_ms,
        "provisional_after_ms": "0",
        "confirmed_after_ms": f"{before_ms} + {given_ms}",
        "posted_at": f"{BEGAN} + interval '28 days'",
        "posted_by_id": province.authority,
        "proposed_by_id": province.staff,
    }
    url, tables = owner_url(data_dir(settings.DATA_DIR)), (TrainingClass, Entry, ModuleHours)
    with psycopg.connect(url, autocommit=True) as owner, set_aside(owner, tables):
        owner.execute("UPDATE enrollments_trainingclass SET reported_at = starts_on - interval '10 days'")
        insert(owner, Entry, everybody, entry)
        owner.execute(f"UPDATE hours_modulehours SET confirmed_ms = confirmed_ms + {ONLINE_MS}")  # type: ignore[arg-type]
        workshop = f"generate_series(1, {learners}) i, generate_series(2, 2) m"
        insert(owner, ModuleHours, workshop, {**account, "confirmed_ms": given_ms})  # type: ignore[arg-type]


def _decision(who: str, people: list[Any], sitting: Any) -> dict[str, Any]:
    from datetime import UTC, datetime

    from lms.exams.queries import eligibility

    def decide(turn: int) -> None:
        if not eligibility(people[turn % len(people)], sitting, datetime.now(UTC)).eligible:
            raise RuntimeError("a learner with all hours is refused, so something else than a decision is measured")

    return _timed("decision, read", who, decide)


def _registering(who: str, people: list[Any], sittings: list[Any]) -> dict[str, Any]:
    """A whole transaction that books; the seat is given back after each."""
    from datetime import UTC, datetime
    from uuid import uuid4

    from lms.exams.actions import cancel_registration, register

    held: list[Any] = []

    def book(turn: int) -> None:
        person, sitting = people[turn % len(people)], sittings[turn % len(sittings)]
        held.append(register(by=person, at=datetime.now(UTC), uuid=uuid4(), sitting=sitting))

    def give_back(turn: int) -> None:
        cancel_registration(by=held[-1].learner, at=datetime.now(UTC), registration=held.pop())

    return _timed("register, transaction", who, book, give_back)


def _candidates(folder: Path, sitting: Any) -> Iterator[dict[str, Any]]:
    """Everybody who has a seat in one sitting, judged anew: by reading, and by the worker after the sitting changed."""
    from datetime import UTC, datetime

    from lms.exams.actions.holding import doubt_sitting, look_again
    from lms.exams.models import Registration, Sitting
    from lms.exams.queries.verdicts import holding_many

    sitting = Sitting.objects.select_related("plan", "room", "site__institution", "syllabus").get(pk=sitting.pk)
    seats = list(Registration.objects.filter(sitting=sitting, state="booked").select_related("learner"))

    def judge() -> int:
        at = datetime.now(UTC)
        return sum(each.eligible for each in holding_many([each.learner for each in seats], sitting, at).values())

    def look() -> int:
        return doubt_sitting(at=datetime.now(UTC), sitting=sitting) - look_again(
            clock=lambda: datetime.now(UTC), most=len(seats)
        )

    for what, work in (("candidates, read", judge), ("candidates, in doubt", look)):
        started, before = time.perf_counter(), cost(folder, os.getpid())
        stand = work()
        took_s, after = time.perf_counter() - started, cost(folder, os.getpid())
        if stand != len(seats):
            raise RuntimeError(f"{len(seats) - stand} of {len(seats)} seats do not stand")
        spent_s = after.web_s - before.web_s + after.database_s - before.database_s
        print(f"{what:24} {len(seats):,} seats  processors {spent_s:.1f} s  {took_s:.1f} s", flush=True)
        yield {"what": what, "who": "worker", "seats": len(seats), "spent_s": spent_s, "took_s": took_s}


def _rush(connections: int, learners: range, sittings: list[int], seconds: int) -> dict[str, Any]:
    processes = min(connections, PROCESSES_MAX)
    begins_s = time.monotonic() + START_S
    part = len(learners) // processes
    shares = [
        Share(connections // processes, learners[n * part : (n + 1) * part], sittings, begins_s, begins_s + seconds)
        for n in range(processes)
    ]
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        done = list(pool.map(_book_many, shares))
    late_ms = sorted(ms for each in done for ms in each.late_ms)
    row = {
        "what": "registrations",
        "connections": connections,
        "processes": processes,
        "per_s": sum(each.seats for each in done) / max(each.spent_s for each in done),
        "failed": sum(each.failed for each in done),
        "p50_ms": late_ms[len(late_ms) // 2],
        "p99_ms": late_ms[len(late_ms) * 99 // 100],
    }
    print(
        f"{'registrations':24} {connections:2} connections, {processes} processes  {row['per_s']:6.1f} a second"
        f"  p50 {row['p50_ms']:6.1f}  p99 {row['p99_ms']:6.1f} ms  {row['failed']} failed",
        flush=True,
    )
    return row


def _book_many(share: Share) -> Booked:
    """In a process of its own."""
    import django

    django.setup()
    from lms.exams.models import Sitting

    sittings = list(Sitting.objects.filter(pk__in=share.sittings).select_related("site__institution", "syllabus"))
    late_ms: list[float] = []
    failed: list[str] = []
    threads = [
        threading.Thread(
            target=_book_on_and_on, args=[share, share.learners[n :: share.connections], sittings, late_ms, failed]
        )
        for n in range(share.connections)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return Booked(len(late_ms), len(failed), time.monotonic() - share.begins_s, late_ms)


def _book_on_and_on(
    share: Share, learners: range, sittings: list[Any], late_ms: list[float], failed: list[str]
) -> None:
    from datetime import UTC, datetime
    from uuid import uuid4

    from django.db import connection

    from lms.accounts.models import User
    from lms.exams.actions import register

    connection.ensure_connection()
    time.sleep(max(0.0, share.begins_s - time.monotonic()))
    for pk in learners:
        if time.monotonic() >= share.ends_s:
            break
        started = time.perf_counter()
        try:
            register(by=User(pk=pk), at=datetime.now(UTC), uuid=uuid4(), sitting=sittings[pk % len(sittings)])
            late_ms.append((time.perf_counter() - started) * 1000)
        except Exception as failure:
            failed.append(str(failure))
    connection.close()


def _timed(
    what: str, who: str, call: Callable[[int], None], undo: Callable[[int], None] | None = None
) -> dict[str, Any]:
    """How long each call took; what `undo` takes is not counted."""
    late_ms = []
    for turn in range(WARM_CALLS + CALLS):
        started = time.perf_counter()
        call(turn)
        if turn >= WARM_CALLS:
            late_ms.append((time.perf_counter() - started) * 1000)
        if undo is not None:
            undo(turn)
    late_ms.sort()
    row = {
        "what": what,
        "who": who,
        "p50_ms": late_ms[len(late_ms) // 2],
        "p99_ms": late_ms[len(late_ms) * 99 // 100],
    }
    print(f"{what:24} {who:15} p50 {row['p50_ms']:6.2f}  p99 {row['p99_ms']:6.2f} ms", flush=True)
    return row


def _ratios(rows: list[dict[str, Any]]) -> None:
    for what in ("decision, read", "register, transaction"):
        few, many = (
            next(row["p50_ms"] for row in rows if (row["what"], row.get("who")) == (what, who))
            for who in ("10 entries", "10,000 entries")
        )
        print(f"{what}: ten thousand entries to ten {many / few:.2f}", flush=True)


if __name__ == "__main__":
    main()
