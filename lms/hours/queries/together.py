"""Asking the database for many at once what many ask for one by one.

There is no timer: while one question is on its way the next one gathers. After a restart ten thousand phones come back
within seconds, and each asks the same two things: whose login is this, and where was I.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

AT_ONCE_MAX = 500


class Together(Generic[K, V]):
    """Answers `get(key)` out of `ask(keys)`, which gives what it knows by key. Belongs to one event loop."""

    def __init__(self, ask: Callable[[list[K]], Awaitable[Mapping[K, V]]]) -> None:
        self._ask = ask
        self._waiting: list[tuple[K, asyncio.Future[V | None]]] = []
        self._running: asyncio.Task[None] | None = None

    async def get(self, key: K) -> V | None:
        """What is known of the key, None when nothing is. Raises what the question raised."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[V | None] = loop.create_future()
        self._waiting.append((key, answer))
        if self._running is None:
            self._running = loop.create_task(self._run())
        return await answer

    async def _run(self) -> None:
        try:
            while self._waiting:
                asked, self._waiting = self._waiting[:AT_ONCE_MAX], self._waiting[AT_ONCE_MAX:]
                try:
                    known = await self._ask(list(dict.fromkeys(key for key, _answer in asked)))
                except Exception as error:
                    for _key, answer in asked:
                        if not answer.done():
                            answer.set_exception(error)
                    continue
                for key, answer in asked:
                    if not answer.done():
                        answer.set_result(known.get(key))
        finally:
            self._running = None
