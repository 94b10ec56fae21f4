"""The connection over which beats reach the database: the event loop itself waits on it, and plans are kept.

A thread that waits for the database hands the interpreter to and fro with the loop: that cost a batch of fifty beats
more than judging them. And for one beat, planning a statement costs more than doing it.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import orjson
import psycopg
from django.db import DEFAULT_DB_ALIAS, DataError, IntegrityError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.abc import PQGen
from psycopg.waiting import Ready, Wait

from lms.patience import is_locked, patience

PLAN_S_MAX = 5.0
"""A plan is kept this long. One that was made while tables were nearly empty may read all of a table that has grown."""

NEVER_UNASKED = 2**31
"""Uses of a statement before psycopg prepares it by itself."""

# Left to itself PostgreSQL finds a plan for any number of learners too dear for one, and plans anew for each.
KEEP_PLANS = "SET plan_cache_mode = force_generic_plan"


class _Connection(psycopg.AsyncConnection[Any]):
    async def wait(self, gen: PQGen[Any], interval: float = 0.0) -> Any:
        """Go through psycopg's steps; its own way makes a task and two callbacks for each of them.

        What is cancelled meanwhile has to close the connection.
        """
        loop = asyncio.get_running_loop()
        try:
            wanted = next(gen)
            if wanted & Wait.W:
                wanted = gen.send(Ready.W)  # what was to be written has left by now, or the next step says so again
            while True:
                wanted = gen.send(await _ready(loop, self.pgconn.socket, wanted))
        except StopIteration as end:
            return end.value


async def _ready(loop: asyncio.AbstractEventLoop, descriptor: int, wanted: int) -> Ready:
    """Wait until a descriptor can be read or written, as wanted."""
    done: asyncio.Future[Ready] = loop.create_future()

    def tell(ready: Ready) -> None:
        if not done.done():
            done.set_result(ready)

    if wanted & Wait.R:
        loop.add_reader(descriptor, tell, Ready.R)
    if wanted & Wait.W:
        loop.add_writer(descriptor, tell, Ready.W)
    try:
        return await done
    finally:
        if wanted & Wait.R:
            loop.remove_reader(descriptor)
        if wanted & Wait.W:
            loop.remove_writer(descriptor)


class Lent:
    """The connection, while it is one's own."""

    def __init__(self, over: _Connection) -> None:
        self._over = over

    async def rows(self, statement: str, parameters: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
        """The rows of a prepared statement. Types are part of what is prepared: pass arrays as text."""
        cursor: psycopg.AsyncCursor[Any] = psycopg.AsyncCursor(self._over)
        await cursor.execute(statement, parameters, prepare=True)
        return await cursor.fetchall() if cursor.description else []

    def transaction(self) -> AbstractAsyncContextManager[Any]:
        """What is said in it is committed at its end, together. Outside of one a statement is committed at once."""
        return self._over.transaction()


class Line:
    """A connection of its own, made when it is first needed and again after it was lost. Belongs to one event loop."""

    def __init__(self, lock_ms: int) -> None:
        self._lock_ms = lock_ms
        self._turn = asyncio.Lock()
        self._made: BaseDatabaseWrapper | None = None
        self._over: _Connection | None = None
        self._planned_at = 0.0

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[Lent]:
        """The connection, for one at a time, in the order of asking. No lock is waited for longer than `lock_ms`.

        Errors are Django's. One that does not speak of a row ends the connection: it speaks of the connection itself,
        of its database, or of what is prepared.
        """
        async with self._turn:
            made = self._made = self._made or await self._make()
            try:
                with made.wrap_database_errors:
                    yield Lent(await self._planned(made))
            except BaseException as error:
                if not isinstance(error, (IntegrityError, DataError)) and not is_locked(error):
                    self._close()
                raise

    async def rest(self) -> None:
        """Give the connection back until it is needed again."""
        async with self._turn:
            self._close()

    def _close(self) -> None:
        if self._made is not None:
            self._made.connection.close()  # psycopg's: Django's refuses to be closed where a loop runs
        self._made = self._over = None

    async def _make(self) -> BaseDatabaseWrapper:
        """As every connection of this process is made: with its address, its limits and all that may refuse it."""
        thread = ThreadPoolExecutor(1, initializer=patience(self._lock_ms))
        try:
            return await asyncio.get_running_loop().run_in_executor(thread, _connected)
        finally:
            thread.shutdown(wait=False)

    async def _planned(self, made: BaseDatabaseWrapper) -> _Connection:
        now = time.monotonic()
        if self._over is None:
            over = _Connection(made.connection.pgconn)
            await over.set_autocommit(True)
            await over.execute(KEEP_PLANS)
            over.prepare_threshold = NEVER_UNASKED
            self._over, self._planned_at = over, now
        elif now - self._planned_at >= PLAN_S_MAX:
            await self._over.execute("DISCARD PLANS")
            self._planned_at = now
        return self._over


def _connected() -> BaseDatabaseWrapper:
    made = connections[DEFAULT_DB_ALIAS].copy()
    made.inc_thread_sharing()
    made.ensure_connection()
    return made


def array_of(column: Sequence[Any]) -> str:
    """An array in PostgreSQL's text, for `%s::text[]` and the like: but for the brackets it reads numbers, null and
    quoted texts without control characters as JSON does.

    A list as a parameter would leave a ring behind: psycopg's dumper keeps all its pieces until a garbage collector
    comes, which is nearly never.
    """
    return "{" + orjson.dumps(column).decode()[1:-1] + "}"


def ids_of(numbers: Iterable[int]) -> str:
    """Numbers as PostgreSQL's text of an array, for `= ANY(%s::int8[])`."""
    return "{" + ",".join(map(str, numbers)) + "}"
