"""The threads that requests run in: a few that stay, so that each keeps its connection to the database.

Django starts a thread for every request; with it every request opened a connection, some ten milliseconds of two
processors, and left it open until the next garbage collection: up to every connection that PostgreSQL has.
"""

from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from asgiref.sync import ThreadSensitiveContext

from lms.patience import patience

THREADS = 8
"""Python runs one at a time; the others wait for the database. Each holds one connection per web process."""

LOCK_WAIT_MS = 10_000
"""How long a request stands behind a row that somebody else holds, before it is answered 503. Longer than a rush: five
hundred may stand before one sitting, where each takes 20 ms."""

Application = Callable[[Any, Any, Any], Awaitable[None]]


class SharedThreads:
    """An ASGI application whose synchronous parts run in the thread that serves the fewest requests.

    One request stays in one thread. Two requests may share one: a response that streams for minutes holds no thread.
    """

    def __init__(self, application: Application, threads: int = THREADS) -> None:
        self._application = application
        self._executors = [
            ThreadPoolExecutor(1, thread_name_prefix=f"request-{number}", initializer=patience(LOCK_WAIT_MS))
            for number in range(threads)
        ]
        self._serving = [0] * threads

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        # The first of the least busy: a quiet process uses one thread and one connection.
        place = self._serving.index(min(self._serving))
        self._serving[place] += 1
        try:
            async with ThreadSensitiveContext(executor=self._executors[place]):
                await self._application(scope, receive, send)
        finally:
            self._serving[place] -= 1
