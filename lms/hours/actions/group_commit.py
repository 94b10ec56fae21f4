"""Group commit: the beats of all sockets of a process, judged one by one and written together.

There is no timer. While one batch is on its way to the disk the next one gathers, so a batch is as large as the load
and a lonely beat waits for nobody. A beat is acknowledged only after the commit that holds it.

A process decides by what it remembers of a learner (`Seat`) and PostgreSQL writes only where that is still true: any
number of processes may serve one learner. What cannot be decided so (no lease, a presence check, a class that ended, a
seat that was not true) is left to `record_beat`, alone and under the clock's lock. When the database refuses a batch it
is halved until the one row that it refuses stands alone.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar
from uuid import UUID

from django.db import DataError, IntegrityError, InterfaceError, OperationalError, connection
from psycopg.errors import DeadlockDetected, LockNotAvailable

from lms import metrics
from lms.hours.actions.batches import Decided, write_beats
from lms.hours.actions.beats import Ack
from lms.hours.actions.sessions import StudyRefused
from lms.hours.actions.settling import drawn_ms
from lms.hours.queries.clocks import ZONE, ms_of
from lms.hours.queries.seats import FRESH_MS, Seat, read_seats
from lms.hours.queries.together import Together
from lms.hours.rules.counting import Beat, state_of
from lms.hours.rules.days import Day, day_at
from lms.hours.rules.judging import Standing, judge

log = logging.getLogger(__name__)

WAITING_MAX = 20_000
"""Beats that may wait in a process: one of every socket that it is meant to hold."""

BATCH_MAX = 1_000
"""Beats written together: enough that the commit costs each of them nothing, few enough that none waits for long."""

LOCK_WAIT_MS = 200
"""A batch waits this long for a row that somebody else has locked; then that row is left to wait alone."""

ROW_IS_LOCKED = (LockNotAvailable, DeadlockDetected)

SEATS_MAX = 50_000
"""Seats remembered; above it, as after many reconnections, all are forgotten and read again when they are needed."""

T = TypeVar("T")


class TooBusy(Exception):
    """More beats wait than a process may keep. Nothing was written; the client sends it again."""


class DatabaseAway(Exception):
    """The database did not answer. The beat may have been written: its number tells when it comes again."""


@dataclass(slots=True, eq=False)
class Waiting:
    """A beat on its way. `done` gets its Ack, or None when it has to be judged alone."""

    learner_id: int
    session: UUID
    beat: Beat
    at_ms: int
    done: "asyncio.Future[Ack | None]"


class GroupCommit:
    """The one writer of beats of a process. Belongs to one event loop; its statements run in a thread of its own."""

    def __init__(self) -> None:
        self._waiting: list[Waiting] = []
        self._seats: dict[int, Seat] = {}
        self._running: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="beats")
        self._read: Together[int, Seat] = Together(self._read_now)
        self._day = Day(date.min, 0, 0)

    async def record(self, *, learner_id: int, session: UUID, beat: Beat, at: datetime) -> Ack | None:
        """Judge and commit one beat, read at `at`; None when it has to be judged alone, by `record_beat`.

        Raises StudyRefused bad_seq; TooBusy and DatabaseAway, after which the client sends the beat again.
        """
        if len(self._waiting) >= WAITING_MAX:
            raise TooBusy
        loop = asyncio.get_running_loop()
        waiting = Waiting(learner_id, session, beat, ms_of(at), loop.create_future())
        self._waiting.append(waiting)
        if self._running is None:
            self._running = loop.create_task(self._run())
        return await waiting.done

    async def seat_of(self, learner_id: int, session: UUID, lesson: UUID, at: datetime) -> Seat | None:
        """The seat of a learner who comes back to the session that holds their lease; None for anybody else.

        Nothing is written: such a session goes on with its last beat.
        """
        seat = await self._read.get(learner_id)
        if seat is None or seat.session != session or seat.lesson_uuid != lesson or seat.waits:
            return None
        return seat if seat.may_study(self._today(ms_of(at))) else None

    async def _read_now(self, learner_ids: list[int]) -> dict[int, Seat]:
        return await self._in_thread(lambda: read_seats(learner_ids, at_ms=0))

    def forget(self, learner_id: int) -> None:
        """A learner's socket is gone: their seat is read again when they come back."""
        self._seats.pop(learner_id, None)

    async def rest(self) -> None:
        """Give the thread and its connection back until the next beat comes.

        A beat whose socket is gone may still be on its way; nothing is taken from under it.
        """
        if self._running is not None:
            await asyncio.wait({self._running})
        self._seats.clear()
        thread, self._thread = self._thread, ThreadPoolExecutor(1, thread_name_prefix="beats")
        thread.submit(lambda: connection.close())  # `connection` is that thread's own only when it is asked there
        await asyncio.to_thread(thread.shutdown)

    @property
    def waiting(self) -> int:
        """How many beats wait for the next batch."""
        return len(self._waiting)

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch = self._next_batch()
                try:
                    await self._commit(batch)
                except Exception as error:
                    self._give_up(batch, error)
        finally:
            self._running = None

    def _next_batch(self) -> list[Waiting]:
        """The oldest beats, one for each learner: a second one of the same learner stands on the first."""
        batch: dict[int, Waiting] = {}
        later: list[Waiting] = []
        for index, one in enumerate(self._waiting):
            if len(batch) == BATCH_MAX:
                later += self._waiting[index:]
                break
            if one.done.cancelled():
                continue
            if batch.setdefault(one.learner_id, one) is not one:
                later.append(one)
        self._waiting = later
        metrics.queue_beats.set(len(later))
        return list(batch.values())

    async def _commit(self, batch: Sequence[Waiting]) -> None:
        await self._refresh(batch)
        decided: dict[int, tuple[Waiting, Decided]] = {}
        for one in batch:
            try:
                verdict = self._decide(one)
            except Exception:
                log.exception("a beat of learner %s goes alone", one.learner_id)
                _alone(one)
                continue
            if verdict is not None:
                decided[one.learner_id] = (one, verdict)
        await self._write(list(decided.values()))

    async def _refresh(self, batch: Sequence[Waiting]) -> None:
        """Read the seats that are missing or not fresh enough to decide by."""
        if len(self._seats) > SEATS_MAX:
            self._seats.clear()
        old: list[int] = []
        for one in batch:
            seat = self._seats.get(one.learner_id)
            if seat is None or seat.session != one.session or not 0 <= one.at_ms - seat.read_ms <= FRESH_MS:
                old.append(one.learner_id)
        if not old:
            return
        read = await self._in_thread(lambda: read_seats(old, at_ms=max(one.at_ms for one in batch)))
        for learner_id in old:
            self._seats.pop(learner_id, None)
        self._seats.update(read)

    def _decide(self, one: Waiting) -> Decided | None:
        """The judgement of a beat by its seat; None when it was answered already or goes alone."""
        seat = self._seats.get(one.learner_id)
        if seat is None or seat.session != one.session or seat.waits or not seat.may_study(self._today(one.at_ms)):
            _alone(one)
            return None
        if one.beat.seq <= seat.clock.seq:
            _answer(one, StudyRefused("bad_seq", f"seq {one.beat.seq} is not above {seat.clock.seq}, the last one."))
            return None
        standing = Standing(
            clock=seat.clock,
            lesson=seat.lesson,
            terms=seat.terms,
            provisional_ms=seat.provisional_ms,
            check_in_ms=drawn_ms() if seat.check_in_ms is None else seat.check_in_ms,
            gathered=seat.gathered,
        )
        judged = judge(standing, one.beat, at_ms=one.at_ms, day=self._today(one.at_ms))
        if judged.asks:
            _alone(one)
            return None
        return Decided(seat, judged, one.at_ms)

    async def _write(self, decided: Sequence[tuple[Waiting, Decided]]) -> None:
        """Commit and acknowledge. A batch that is refused is halved; one row alone goes to `record_beat`."""
        if not decided:
            return
        try:
            with metrics.commit_seconds.time():
                written = await self._in_thread(lambda: write_beats([each for _one, each in decided]))
        except (IntegrityError, DataError, OperationalError) as error:
            if isinstance(error, OperationalError) and not isinstance(
                error.__cause__, LockNotAvailable | DeadlockDetected
            ):
                raise
            metrics.failed_batches.inc()
            if len(decided) == 1:
                log.warning("a beat of learner %s goes alone: %s", decided[0][0].learner_id, error)
                self.forget(decided[0][0].learner_id)
                _alone(decided[0][0])
                return
            half = len(decided) // 2
            await self._write(decided[:half])
            await self._write(decided[half:])
            return
        for one, each in decided:
            if one.learner_id in written:
                _answer(one, _ack(one.beat, each))
                self._remember(each)
            else:
                self.forget(one.learner_id)
                _alone(one)
        _count([each for one, each in decided if one.learner_id in written])

    def _remember(self, one: Decided) -> None:
        """The seat as it now is; after a posting it is read again, because coverage and totals have moved."""
        seat, judged = one.seat, one.judged
        if judged.ended or judged.due:
            self.forget(seat.learner_id)
            return
        seat.version += 1
        seat.clock = judged.clock
        seat.provisional_ms = judged.provisional_ms
        seat.check_in_ms = judged.check_in_ms
        seat.gathered = judged.gathered

    def _today(self, at_ms: int) -> Day:
        if not self._day.begins_ms <= at_ms < self._day.ends_ms:
            self._day = day_at(at_ms, ZONE)
        return self._day

    def _give_up(self, batch: Sequence[Waiting], error: Exception) -> None:
        """Nobody is acknowledged; what is remembered may be wrong and is forgotten."""
        metrics.failed_batches.inc()
        is_away = isinstance(error, OperationalError | InterfaceError)
        if not is_away:
            log.error("a batch of beats failed", exc_info=error)
        self._seats.clear()
        for one in batch:
            _answer(one, DatabaseAway() if is_away else error)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        def guarded() -> T:
            _connect()
            try:
                return work()
            except (OperationalError, InterfaceError):
                if not connection.in_atomic_block:
                    connection.close_if_unusable_or_obsolete()
                raise

        return await asyncio.get_running_loop().run_in_executor(self._thread, guarded)


def _connect() -> None:
    """A connection that does not wait for one locked row while a thousand learners wait for it."""
    if connection.connection is None:
        connection.ensure_connection()
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = {LOCK_WAIT_MS}")


def _ack(beat: Beat, one: Decided) -> Ack:
    seat, judged = one.seat, one.judged
    open_ms = seat.clock.stretch.ms if seat.clock.stretch else 0
    return Ack(
        seq=beat.seq,
        credited_ms=judged.credited_ms,
        lesson_ms=seat.lesson_ms + open_ms + judged.credited_ms,
        provisional_ms=judged.provisional_ms,
        day_left_ms=max(0, seat.terms.day_cap_ms - judged.clock.day_ms),
        refused=judged.refused,
        state=state_of(judged.clock, seat.terms),
    )


def _count(decided: Sequence[Decided]) -> None:
    """Once for a batch: an instrument's lock for each beat would cost more than judging it."""
    metrics.batch_beats.observe(len(decided))
    metrics.credited_ms.inc(sum(one.judged.credited_ms for one in decided))
    for state, beats in Counter(state_of(one.judged.clock, one.seat.terms) for one in decided).items():
        metrics.beats.labels(state).inc(beats)
    refused: Counter[str] = Counter()
    for one in decided:
        refused.update(one.judged.refused)
    for code, ms in refused.items():
        metrics.refused_ms.labels(code).inc(ms)


def _answer(one: Waiting, answer: Ack | Exception) -> None:
    if one.done.done():
        return
    if isinstance(answer, Exception):
        one.done.set_exception(answer)
    else:
        one.done.set_result(answer)


def _alone(one: Waiting) -> None:
    if not one.done.done():
        one.done.set_result(None)
