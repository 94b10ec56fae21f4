"""What all study sockets of a process share: the group commit, the notices of other processes, and their caretaker.

There is one hub for an event loop; it works as long as there is a socket. One channel of the layer serves the whole
process: notices are rare and name their learner. The layer may lose a notice, so the caretaker asks the database every
few seconds whose login is over and whose study has ended; it also ends sockets that nobody speaks through, that are
old, or that do not read.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from threading import Barrier, BrokenBarrierError
from typing import Any, Protocol, TypeVar
from weakref import WeakKeyDictionary

from channels.db import DatabaseSyncToAsync
from channels.layers import get_channel_layer
from django.db import DatabaseError, InterfaceError, connections
from redis.exceptions import RedisError

from lms.accounts.models import User
from lms.hours.actions import notices
from lms.hours.actions.group_commit import GroupCommit
from lms.hours.consumers.clerks import LOCK_WAIT_MS, Clerks, Errand, run
from lms.hours.consumers.door import Door
from lms.hours.forms.conversation import Turn
from lms.hours.queries.clocks import ms_of
from lms.hours.queries.closed import closed_among
from lms.hours.queries.handshakes import ended_logins, persons_of
from lms.hours.queries.together import Together
from lms.patience import patience

log = logging.getLogger(__name__)

T = TypeVar("T")

LOOK_AFTER_S = 6.0
"""Between two rounds of the caretaker: an end of study takes effect within ten seconds, with a lost notice too."""
NOTICES_AGAIN_S = 5.0
"""Pause before listening again after the channel layer failed."""
JOIN_AGAIN_S = 600.0
"""A membership in the layer's group is renewed this often, long before the layer forgets it."""
IDLE_S_MAX = 1_800.0
"""A socket that says nothing for half an hour is ended; a page comes back when its lesson goes on."""
AGE_S_MAX = 12 * 3_600.0
"""No socket lives longer: load moves to new processes, and nothing can pile up for ever."""
SEND_S_MAX = 20.0
"""A reader that has not taken its answer for so long is gone or hostile."""
SOCKETS_MAX = 25_000
"""Sockets of one process; more find another one, or come back later. docs/scale.md has the memory of each."""
SOCKETS_OF_ONE_MAX = 24
"""Sockets of one learner in a process: many tabs and devices. The oldest makes room."""
OPENS_AT_ONCE = 24
"""New sessions that one learner may open at once: as many as they may have sockets."""
OPEN_EVERY_S = 30.0
"""And one more after this time. Opening costs a hundred beats: a few accounts that did nothing else took a process."""
THREADS = 4
"""Threads for what is not a beat: opening, answering, checking logins. They share one interpreter with the loop: with
eight, thirty openings a second left it a ninth of the time, and a beat waited half a second instead of 20 ms."""
OPENINGS = 2
"""Of them, those that may open new sessions. When a class comes in at once, nobody's answer stands behind it, and who
opened least lately goes first."""

CLOSE_AGAIN = 1013  # "try again later"
CLOSE_RESTART = 1012  # "service restart"
CLOSE_IDLE = 4408
CLOSE_TOO_MANY = 4429


class Socket(Protocol):
    """What the hub knows of a study socket. Times are of `time.monotonic`, in seconds."""

    learner_id: int
    session_key: str
    born: float
    heard: float
    sending: float | None
    is_closed: bool

    async def heed(self, notice: dict[str, Any]) -> None: ...
    async def end(self, code: int) -> None: ...
    def abandon(self) -> None: ...


class Hub:
    """Made by `hub()`; sockets `join` when they are admitted and `leave` when they end."""

    def __init__(self) -> None:
        self.group_commit = GroupCommit()
        self.clerks: Clerks | None = None
        self.away_until = 0.0
        self._sockets: dict[int, list[Socket]] = {}
        self._count = 0
        self._arriving = 0
        self._opens: dict[int, tuple[float, float]] = {}
        self._errands: set[asyncio.Task[None]] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._threads = _new_threads()
        self.openings = Door(OPENINGS)
        self.logins: Together[str, User] = Together(lambda keys: self.in_thread(persons_of, keys))

    @property
    def sockets(self) -> int:
        return self._count

    @property
    def is_full(self) -> bool:
        """Whether nobody more is let in. Who still waits at the door counts, or a thousand at once would all get in."""
        return self._count + self._arriving >= SOCKETS_MAX

    @property
    def is_away(self) -> bool:
        """Whether the database failed a moment ago: nobody new is let in, so that it is not asked by everybody."""
        return time.monotonic() < self.away_until

    async def in_thread(self, work: Callable[..., T], *args: Any) -> T:
        """Run work on the database in one of the hub's threads. Raises what it raises."""
        return await DatabaseSyncToAsync(work, thread_sensitive=False, executor=self._threads)(*args)

    async def do(self, errand: Errand) -> Turn:
        """Have a message answered that is no beat among others: by a clerk, or in a thread where there are none.

        Raises DatabaseAway and ErrandFailed; without clerks also what the work raises.
        """
        return await (self.in_thread(run, errand) if self.clerks is None else self.clerks.ask(errand))

    @contextmanager
    def arrival(self) -> Iterator[None]:
        """Around the time from which a handshake costs something until its socket has joined or been sent away."""
        self._arriving += 1
        try:
            yield
        finally:
            self._arriving -= 1

    def join(self, socket: Socket) -> None:
        """Keep a socket. The oldest of the same learner are ended when there are too many of them: several, when many
        came in before the first that has to go was told."""
        own = self._sockets.setdefault(socket.learner_id, [])
        own.append(socket)
        self._count += 1
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._look_after())]
        living = [one for one in own if not one.is_closed]
        for one in living[:-SOCKETS_OF_ONE_MAX]:
            self.run(one.end(CLOSE_TOO_MANY))

    async def leave(self, socket: Socket) -> None:
        """Forget a socket; the last one ends what the hub does."""
        own = self._sockets.get(socket.learner_id, [])
        if socket not in own:
            return
        own.remove(socket)
        self._count -= 1
        if not own:
            del self._sockets[socket.learner_id]
            self.group_commit.forget(socket.learner_id)
        if not self._count:
            await self._rest()

    def may_open(self, learner_id: int) -> bool:
        """Whether a learner may open one more new session now; it is counted, and leaving changes nothing."""
        now = time.monotonic()
        left = self._opens_left(learner_id, now)
        self._opens[learner_id] = (left - 1 if left >= 1 else left, now)
        return left >= 1

    def opened_lately(self, learner_id: int) -> int:
        """How many new sessions a learner opened lately, of those that are allowed at once.

        Whole ones: of those that opened one each whoever came first must not stand behind all who come later, because a
        microsecond more of the next allowance has gone by for them.
        """
        return round(OPENS_AT_ONCE - self._opens_left(learner_id, time.monotonic()))

    def _opens_left(self, learner_id: int, now: float) -> float:
        left, since = self._opens.get(learner_id, (OPENS_AT_ONCE, now))
        return min(OPENS_AT_ONCE, left + (now - since) / OPEN_EVERY_S)

    def run(self, errand: Coroutine[Any, Any, None]) -> None:
        """Say something to a socket beside whatever else is done: whoever does not read must not hold up the others."""
        task = asyncio.create_task(_quietly(errand))
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    async def _rest(self) -> None:
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if not self._count:
            await self.group_commit.rest()
            threads, self._threads = self._threads, _new_threads()
            everyone = Barrier(THREADS)
            for _thread in range(THREADS):
                threads.submit(_close_own_connections, everyone)
            await asyncio.to_thread(threads.shutdown)

    async def _listen(self) -> None:
        """Hand notices of all processes to the sockets that they concern."""
        layer = get_channel_layer()
        name = await layer.new_channel("study")
        try:
            while True:
                try:
                    await layer.group_add(notices.GROUP, name)
                    with suppress(TimeoutError):
                        async with asyncio.timeout(JOIN_AGAIN_S):
                            while True:
                                self._hand_on(await layer.receive(name))
                except (OSError, RedisError) as error:
                    log.warning("channel layer: %s", error)
                    await asyncio.sleep(NOTICES_AGAIN_S)
        finally:
            with suppress(Exception):
                await layer.group_discard(notices.GROUP, name)

    def _hand_on(self, notice: dict[str, Any]) -> None:
        for socket in self._sockets.get(notice["learner"], ()):
            self.run(socket.heed(notice))

    async def _look_after(self) -> None:
        """Nothing may end the caretaker before the last socket has left."""
        while True:
            await asyncio.sleep(LOOK_AFTER_S)
            try:
                await self._round()
            except (DatabaseError, InterfaceError) as error:
                log.warning("logins cannot be checked now: %s", error)
            except Exception:
                log.exception("a round of the caretaker failed")

    async def _round(self) -> None:
        now = time.monotonic()
        self._opens = {one: told for one, told in self._opens.items() if self._opens_left(one, now) < OPENS_AT_ONCE}
        everybody = [socket for own in self._sockets.values() for socket in own]
        for socket in everybody:
            if socket.sending is not None and now - socket.sending > SEND_S_MAX:
                socket.abandon()
            elif now - socket.heard > IDLE_S_MAX:
                self.run(socket.end(CLOSE_IDLE))
            elif now - socket.born > AGE_S_MAX:
                self.run(socket.end(CLOSE_RESTART))
        ended = await self.in_thread(ended_logins, {socket.session_key: socket.learner_id for socket in everybody})
        for socket in everybody:
            if socket.session_key in ended:
                self.run(socket.heed(notices.login_ended(socket.learner_id, None)))
        at = datetime.now(UTC)
        self.group_commit.vouch(ms_of(at), await self.in_thread(closed_among, list(self._sockets), at))


async def _quietly(errand: Coroutine[Any, Any, None]) -> None:
    """A socket that is gone meanwhile needs nothing more; another fault is told, and ends nothing else."""
    try:
        await errand
    except OSError:
        pass
    except Exception:
        log.exception("a study socket could not be told")


def _new_threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="study", initializer=patience(LOCK_WAIT_MS))


def _close_own_connections(everyone: Barrier) -> None:
    """Each thread has connections of its own: none takes a second turn before all had their first."""
    with suppress(BrokenBarrierError):
        everyone.wait(timeout=5)
    connections.close_all()


_hubs: "WeakKeyDictionary[asyncio.AbstractEventLoop, Hub]" = WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running event loop: a server process has one loop."""
    loop = asyncio.get_running_loop()
    found = _hubs.get(loop)
    if found is None:
        found = _hubs[loop] = Hub()
    return found


def oldest_beat_ms() -> int | None:
    """When the oldest beat was read that this process has not answered yet; None when nobody waits."""
    found = _hubs.get(asyncio.get_running_loop())
    return None if found is None else found.group_commit.oldest_ms
