"""Group commit: the beats of all sockets of a process, judged one by one and written together.

There is no timer. While one batch is on its way to the disk the next one is judged and gathers, so a batch is as large
as the load and a lonely beat waits for nobody. A beat is acknowledged only after the commit that holds it.

A process decides by what it remembers of a learner (`Seat`) and PostgreSQL writes only where that is still true: any
number of processes may serve one learner. A seat that was not true is read again, once. What cannot be decided so (no
lease, a presence check that comes due or whose time is over, a class that ended) is left to `record_beat`, alone and
under the clock's lock. When the database refuses a batch it is halved until the one row that it refuses stands alone;
one that waits for a row is written without those whose row somebody holds, and they go alone.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import chain
from uuid import UUID
from weakref import WeakSet

from django.db import DataError, IntegrityError, OperationalError

from lms import metrics
from lms.hours.actions.batches import write_beats, write_beats_around_locks
from lms.hours.actions.beats import Ack
from lms.hours.actions.sessions import StudyRefused
from lms.hours.actions.settling import drawn_ms
from lms.hours.queries.clocks import ZONE, ms_of
from lms.hours.queries.line import Line
from lms.hours.queries.seats import FRESH_MS, Seat, read_seats
from lms.hours.queries.together import Together
from lms.hours.rules.counting import state_of
from lms.hours.rules.days import Day, day_at
from lms.hours.rules.judging import Judgement, judge
from lms.hours.rules.values import Said
from lms.patience import is_away, is_locked

log = logging.getLogger(__name__)

WAITING_MAX = 20_000
"""Beats that may wait in a process: one of every socket that it is meant to hold."""

BATCH_MAX = 1_000
"""Beats written together: enough that the commit costs each of them nothing, few enough that none waits for long."""

LOCK_WAIT_MS = 200
"""A batch waits this long for a row that somebody else has locked; then that row is left to wait alone."""

SEATS_MAX = 50_000
"""Seats remembered; above it, as after many reconnections, all are forgotten and read again when they are needed."""


class TooBusy(Exception):
    """More beats wait than a process may keep, or whole tables are locked. The client sends the beat again."""


class DatabaseAway(Exception):
    """The database did not answer. The beat may have been written: its number tells when it comes again."""


class BatchFailed(Exception):
    """A fault of ours; the log has its cause. Whoever waits gets an error of their own: one that many raise keeps the
    frames of all of them."""


Result = Ack | Exception | None
"""What a beat came to: None when it has to be judged alone, by `record_beat`."""


@dataclass(slots=True, eq=False)
class Waiting:
    """A beat on its way; `done` is called with what it came to, once, and then forgotten. `seat` and `judged` are there
    once it `is_decided`."""

    learner_id: int
    session: UUID
    beat: Said
    at_ms: int
    done: Callable[[Result], None] | None
    is_decided: bool = False
    is_second_try: bool = False
    seat: Seat = field(init=False)
    judged: Judgement = field(init=False)


class GroupCommit:
    """The one writer of beats of a process. Belongs to one event loop, and has a connection of its own."""

    def __init__(self) -> None:
        self._waiting: list[Waiting] = []
        self._batch: Sequence[Waiting] = ()
        self._seats: dict[int, Seat] = {}
        self._vouched_ms = 0
        self._running: asyncio.Task[None] | None = None
        self.line = Line(LOCK_WAIT_MS)
        self._read: Together[int, Seat] = Together(self._read_now)
        self._day = Day(date.min, 0, 0)
        _commits.add(self)

    async def record(self, *, learner_id: int, session: UUID, beat: Said, at: datetime) -> Ack | None:
        """Judge and commit one beat, read at `at`; None when it has to be judged alone, by `record_beat`.

        Raises StudyRefused bad_seq; TooBusy, DatabaseAway, BatchFailed: then the client sends the beat again.
        """
        answer: asyncio.Future[Result] = asyncio.get_running_loop().create_future()

        def done(result: Result) -> None:
            if not answer.done():
                answer.set_result(result)

        self.take(learner_id, session, beat, ms_of(at), done)
        result = await answer
        if isinstance(result, Exception):
            try:
                raise result
            finally:
                del answer, result  # they would hold the error, which holds this frame, and with it the socket
        return result

    def take(self, learner_id: int, session: UUID, beat: Said, at_ms: int, done: Callable[[Result], None]) -> None:
        """The same without waiting: `done` is called from the event loop, with the Ack, None or one of the errors.

        Raises TooBusy.
        """
        if len(self._waiting) >= WAITING_MAX:
            raise TooBusy
        one = Waiting(learner_id, session, beat, at_ms, done)
        seat = self._seats.get(learner_id)
        if seat is not None and not seat.is_taken and self._is_good(seat, one):
            self._decide(one, seat)
            if not one.is_decided:
                return
        self._waiting.append(one)
        if self._running is None:
            self._running = asyncio.get_running_loop().create_task(self._run())

    async def seat_of(self, learner_id: int, session: UUID, lesson: UUID, at: datetime) -> Seat | None:
        """The seat of a learner who comes back to the session that holds their lease; None for anybody else.

        Nothing is written: such a session goes on with its last beat.
        """
        seat = await self._read.get(learner_id)
        if seat is None or seat.session != session or seat.lesson_uuid != lesson or seat.waits_until_ms is not None:
            return None
        return seat if seat.may_study(self._today(ms_of(at))) else None

    async def _read_now(self, learner_ids: list[int]) -> dict[int, Seat]:
        async with self.line.lent() as over:
            return await read_seats(over, learner_ids, at_ms=0)

    def vouch(self, at_ms: int, closed: Iterable[int]) -> None:
        """Seats read before `at_ms` are as good as read then: the caller has asked whose study has ended since.

        Those in `closed` are forgotten, and read again for their next beat. Every learner with a seat was asked about.
        """
        self._vouched_ms = at_ms
        for learner_id in closed:
            self.forget(learner_id)

    def forget(self, learner_id: int) -> None:
        """A learner's socket is gone: their seat is read again when they come back."""
        self._seats.pop(learner_id, None)

    async def rest(self) -> None:
        """Give the connection back until the next beat comes.

        A beat whose socket is gone may still be on its way; nothing is taken from under it.
        """
        if self._running is not None:
            await asyncio.wait({self._running})
        self._seats.clear()
        await self.line.rest()

    @property
    def waiting(self) -> int:
        """How many beats wait for the next batch."""
        return len(self._waiting)

    @property
    def oldest_ms(self) -> int | None:
        """When the oldest beat that is not answered yet was read; None when all are answered."""
        return min((one.at_ms for one in chain(self._batch, self._waiting) if one.done is not None), default=None)

    @property
    def unanswered(self) -> int:
        """How many wait for a batch or for the commit of theirs."""
        return len(self._waiting) + len(self._batch)

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch = self._batch = self._next_batch()
                try:
                    await self._commit(batch)
                except Exception as error:
                    self._give_up(batch, error)
        finally:
            self._running, self._batch = None, ()

    def _next_batch(self) -> list[Waiting]:
        """The oldest beats, one for each learner: a second one of the same learner stands on the first."""
        batch: dict[int, Waiting] = {}
        later: list[Waiting] = []
        for index, one in enumerate(self._waiting):
            if len(batch) == BATCH_MAX:
                later += self._waiting[index:]
                break
            if one.done is None:
                continue  # was told that the database is away
            if batch.setdefault(one.learner_id, one) is not one:
                later.append(one)
        self._waiting = later
        return list(batch.values())

    async def _commit(self, batch: Sequence[Waiting]) -> None:
        undecided = [one for one in batch if not one.is_decided]
        if undecided:
            await self._refresh(undecided)
            for one in undecided:
                self._decide(one, self._seats.get(one.learner_id))
        await self._write([one for one in batch if one.is_decided])

    def _is_good(self, seat: Seat, one: Waiting) -> bool:
        """Whether a seat is of the session that beats, and fresh enough to decide by."""
        known_ms = max(seat.read_ms, self._vouched_ms)
        return one.at_ms - FRESH_MS <= known_ms and one.at_ms >= seat.read_ms and seat.session == one.session

    async def _refresh(self, batch: Sequence[Waiting]) -> None:
        """Read the seats that are missing or not good."""
        if len(self._seats) > SEATS_MAX:
            self._seats.clear()
        old: list[int] = []
        for one in batch:
            seat = self._seats.get(one.learner_id)
            if seat is None or not self._is_good(seat, one):
                old.append(one.learner_id)
        if not old:
            return
        async with self.line.lent() as over:
            read = await read_seats(over, old, at_ms=max(one.at_ms for one in batch))
        for learner_id in old:
            self._seats.pop(learner_id, None)
        self._seats.update(read)

    def _decide(self, one: Waiting, seat: Seat | None) -> None:
        """Judge a beat by its seat, which is then taken; else it is answered, or goes alone."""
        try:
            at_ms, today = one.at_ms, self._day
            if not today.begins_ms <= at_ms < today.ends_ms:
                today = self._today(at_ms)
            if seat is None or seat.session != one.session:
                _answer(one, None)
                return
            waits = seat.waits_until_ms is not None
            if (waits and _is_check_over(seat, one)) or not (seat.open_on is today.date or seat.may_study(today)):
                self._leave_to_itself(one)
                return
            if one.beat.seq <= seat.clock.seq:
                detail = f"seq {one.beat.seq} is not above {seat.clock.seq}, the last one."
                _answer(one, StudyRefused("bad_seq", detail))
                return
            check_in_ms = drawn_ms() if seat.check_in_ms is None else seat.check_in_ms
            judged = judge(seat, one.beat, check_in_ms=check_in_ms, waits=waits, at_ms=at_ms, day=today)
        except Exception:
            log.exception("a beat of learner %s goes alone", one.learner_id)
            self._leave_to_itself(one)
            return
        if judged.asks:
            self._leave_to_itself(one)
            return
        seat.is_taken = True
        one.seat, one.judged, one.is_decided = seat, judged, True

    def _leave_to_itself(self, one: Waiting) -> None:
        """For `record_beat`, which writes what the seat does not know: a seat that stayed would send every later beat
        the same way, a hundred times as dear."""
        self.forget(one.learner_id)
        _answer(one, None)

    async def _write(self, batch: Sequence[Waiting], *, around_locks: bool = False) -> None:
        """Commit and acknowledge. A batch that waited for a row is written once more, around the rows that are locked,
        because halving it would wait at every step. One that is refused is halved; one row alone goes to `record_beat`.
        """
        if not batch:
            return
        locked: set[int] = set()
        try:
            with metrics.commit_seconds.time():
                async with self.line.lent() as over:
                    if around_locks:
                        written, locked = await write_beats_around_locks(over, batch)
                    else:
                        written = await write_beats(over, batch)
        except (IntegrityError, DataError, OperationalError) as error:
            if isinstance(error, OperationalError) and (around_locks or not is_locked(error)):
                raise
            is_held = isinstance(error, OperationalError)
            metrics.split_batches.labels(metrics.LOCKED if is_held else metrics.REFUSED).inc()
            if is_held:
                await self._write(batch, around_locks=True)
            elif len(batch) == 1:
                self._let_go_alone(batch[0], str(error))
            else:
                half = len(batch) // 2
                await self._write(batch[:half], around_locks=around_locks)
                await self._write(batch[half:], around_locks=around_locks)
            return
        acks: list[tuple[Waiting, Ack]] = []
        for one in batch:
            if one.learner_id in written:
                acks.append((one, _ack(one)))
                self._remember(one)
            elif one.learner_id in locked:
                self._let_go_alone(one, "somebody holds their clock")
            else:
                self.forget(one.learner_id)
                self._try_again(one)
        # Soon, not now: the next batch is handed to the database first, which works while these are told.
        asyncio.get_running_loop().call_soon(_acknowledge, acks)

    def _let_go_alone(self, one: Waiting, why: str) -> None:
        log.warning("a beat of learner %s goes alone: %s", one.learner_id, why)
        self._leave_to_itself(one)

    def _try_again(self, one: Waiting) -> None:
        """Judge by a fresh seat whom somebody else wrote meanwhile, as each key of a film does; then alone."""
        if one.is_second_try:
            _answer(one, None)
            return
        one.is_decided, one.is_second_try = False, True
        self._waiting.append(one)

    def _remember(self, one: Waiting) -> None:
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
        seat.is_taken = False

    def _today(self, at_ms: int) -> Day:
        if not self._day.begins_ms <= at_ms < self._day.ends_ms:
            self._day = day_at(at_ms, ZONE)
        return self._day

    def _give_up(self, batch: Sequence[Waiting], error: Exception) -> None:
        """Nobody is acknowledged; what is remembered may be wrong and is forgotten."""
        metrics.failed_batches.inc()
        answer: type[Exception] = BatchFailed
        if is_locked(error):
            answer = TooBusy  # whole tables, as by a migration: around rows it would have been written
        elif is_away(error):
            answer = DatabaseAway
        if answer is BatchFailed:
            log.error("a batch of beats failed", exc_info=error)
        else:
            log.warning("%s beats are not acknowledged: %s", len(batch), error)
        self._seats.clear()
        for one in batch:
            _answer(one, answer())


def _ack(one: Waiting) -> Ack:
    """By the seat as it was before the beat."""
    seat, judged = one.seat, one.judged
    open_ms = seat.clock.stretch.ms if seat.clock.stretch else 0
    return Ack(
        one.beat.seq,
        judged.credited_ms,
        seat.lesson_ms + open_ms + judged.credited_ms,
        judged.provisional_ms,
        max(0, seat.terms.day_cap_ms - judged.clock.day_ms),
        judged.refused,
        state_of(judged.clock, seat.terms) if seat.waits_until_ms is None else "check",
    )


def _is_check_over(seat: Seat, one: Waiting) -> bool:
    """Then the check is judged first, before the beat."""
    return seat.waits_until_ms is not None and one.at_ms >= seat.waits_until_ms


def _acknowledge(acks: Sequence[tuple[Waiting, Ack]]) -> None:
    for one, ack in acks:
        _answer(one, ack)
    metrics.batch_beats.observe(len(acks))
    metrics.count_acks([ack for _one, ack in acks])


def _answer(one: Waiting, answer: Result) -> None:
    """A socket that cannot take its answer must not cost the others theirs."""
    done, one.done = one.done, None
    if done is None:
        return
    try:
        done(answer)
    except Exception:
        log.exception("learner %s could not be told", one.learner_id)


_commits: WeakSet[GroupCommit] = WeakSet()

# Asked when somebody looks: a figure kept by the writer itself would stand still just when a commit hangs.
metrics.queue_beats.set_function(lambda: sum(each.unanswered for each in _commits))
