"""Clerks: processes that do for a web process what is not a beat: opening, answering a check, judging a beat alone.

Each of these asks the database a dozen times and costs two hundred beats of the interpreter. In threads of the web
process they fought with the loop of the sockets for its one interpreter: four busy threads left the loop a fifth of
its beats. A clerk has an interpreter of its own and is spoken to over its standard streams, one frame for each
question and each answer.

A clerk ends when its web process does, because its input ends then; one that died is replaced at the next question,
and what it had not answered may have been written: as with a database that is away, the client comes again and asks.
"""

import asyncio
import logging
import pickle
import struct
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any, BinaryIO
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, InternalError, OperationalError, close_old_connections, connection
from django.utils import translation

from lms.accounts.models import User
from lms.hours.actions.group_commit import DatabaseAway
from lms.hours.forms.conversation import Turn, converse
from lms.hours.forms.messages import Message
from lms.patience import is_read_only, patience

log = logging.getLogger(__name__)

ERRANDS = 2
"""Questions that a clerk works on at once: one that waits for the database leaves its interpreter to the other."""
LOCK_WAIT_MS = 3_000
"""How long an errand stands behind a row that somebody else holds; its learner is then asked to come again. Shorter
than the six seconds after which the page takes its socket for dead."""
HEAD = struct.Struct("!IQ")
"""Of a frame: the bytes that follow, and the number of the question."""
COMMAND = (sys.executable, "-m", "django", "clerk", "--settings", "lms.settings")
END_S_MAX = 10.0


class ErrandFailed(Exception):
    """A fault of ours; the clerk's log has its cause."""


@dataclass(frozen=True, slots=True)
class Errand:
    """A message of a learner, read at `at`, over a connection that has `session` open."""

    learner: User
    language: str
    at: datetime
    message: Message
    session: UUID | None


def run(errand: Errand) -> Turn:
    """Do an errand in this thread. Raises DatabaseAway when the database does not answer or takes no writes.

    One that takes no writes is away, and this connection would lead to it for as long as it is kept.
    """
    try:
        with translation.override(errand.language):
            return converse(by=errand.learner, at=errand.at, message=errand.message, session=errand.session)
    except InternalError as error:
        if not is_read_only(error):
            raise
        connection.close()
        raise DatabaseAway from error


# The web process' side.


class Clerks:
    """The clerks of a web process. Belongs to one event loop."""

    def __init__(self, count: int, command: tuple[str, ...] = COMMAND) -> None:
        self._places = asyncio.Semaphore(count * ERRANDS)
        self._clerks = [_Clerk(command) for _ in range(count)]

    async def begin(self) -> None:
        """Start all of them, and wait until they work: an interpreter with all that it needs takes seconds."""
        try:
            await asyncio.gather(*(clerk.ask(None) for clerk in self._clerks))
        except DatabaseAway:
            raise RuntimeError("A clerk was not there to work; why is said above.") from None

    async def ask(self, errand: Errand) -> Turn:
        """Have an errand done. Raises DatabaseAway, also when the clerk died over it; ErrandFailed."""
        async with self._places:
            turn = await min(self._clerks, key=len).ask(errand)
            assert turn is not None
            return turn

    async def end(self) -> None:
        """Let them finish what they were asked, and go."""
        await asyncio.gather(*(clerk.end() for clerk in self._clerks))


class _Clerk:
    def __init__(self, command: tuple[str, ...]) -> None:
        self._command = command
        self._asked: dict[int, asyncio.Future[Turn | None]] = {}
        self._last = 0
        self._starting = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._listening: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._asked)

    async def _begun(self) -> asyncio.subprocess.Process:
        async with self._starting:
            if self._process is None:
                try:
                    process = self._process = await asyncio.create_subprocess_exec(
                        *self._command,
                        cwd=settings.BASE_DIR,
                        stdin=asyncio.subprocess.PIPE,
                        stdout=asyncio.subprocess.PIPE,
                    )
                except OSError as error:
                    log.error("a clerk cannot be started: %s", error)
                    raise DatabaseAway from error
                self._listening = asyncio.create_task(self._listen(process))
            return self._process

    async def ask(self, errand: Errand | None) -> Turn | None:
        """What it came to; nothing comes to nothing, as soon as the clerk works."""
        self._last += 1
        number = self._last
        answer = self._asked[number] = asyncio.get_running_loop().create_future()
        try:
            process = await self._begun()
            assert process.stdin is not None
            with suppress(OSError):  # it died; whoever listens says so
                process.stdin.write(_frame(number, errand))
                await process.stdin.drain()
            return await answer
        finally:
            del self._asked[number]

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        try:
            while True:
                size, number = HEAD.unpack(await process.stdout.readexactly(HEAD.size))
                told = pickle.loads(await process.stdout.readexactly(size))
                self._settle(number, told)
        except asyncio.IncompleteReadError:
            log.log(logging.WARNING if self._asked else logging.INFO, "clerk %s is gone", process.pid)
        finally:
            self._process = None
            for number in list(self._asked):
                self._settle(number, DatabaseAway())

    def _settle(self, number: int, told: Turn | Exception | None) -> None:
        answer = self._asked.get(number)
        if answer is None or answer.done():
            return
        if isinstance(told, Exception):
            answer.set_exception(told)
        else:
            answer.set_result(told)

    async def end(self) -> None:
        process, listening = self._process, self._listening
        if process is None or listening is None:
            return
        assert process.stdin is not None
        process.stdin.close()
        await asyncio.wait({listening}, timeout=END_S_MAX)
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
        await process.wait()


# The clerk's own side.


def work(questions: BinaryIO, answers: BinaryIO) -> None:
    """Answer questions until there are no more."""
    writing = Lock()

    def tell(number: int, told: Turn | Exception | None) -> None:
        with writing:
            answers.write(_frame(number, told))
            answers.flush()

    with ThreadPoolExecutor(ERRANDS, thread_name_prefix="clerk", initializer=patience(LOCK_WAIT_MS)) as threads:
        while len(head := questions.read(HEAD.size)) == HEAD.size:
            size, number = HEAD.unpack(head)
            threads.submit(_do, number, pickle.loads(questions.read(size)), tell)


def _do(number: int, errand: Errand | None, tell: Callable[[int, Turn | Exception | None], None]) -> None:
    close_old_connections()
    told: Turn | Exception | None
    try:
        told = None if errand is None else run(errand)
    except (OperationalError, InterfaceError, DatabaseAway) as error:
        log.warning("an errand was not done: %s", error)
        told = DatabaseAway()
    except Exception:
        log.exception("an errand failed")
        told = ErrandFailed()
    close_old_connections()
    with suppress(BrokenPipeError):  # the web process is gone
        tell(number, told)


def _frame(number: int, what: Any) -> bytes:
    told = pickle.dumps(what)
    return HEAD.pack(len(told), number) + told
