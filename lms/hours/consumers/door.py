"""A door with few places, through which whoever came least lately goes first, one errand of each at a time.

Plain order would let a few accounts that do nothing else stand before a class that comes in: each of them may ask
twenty-four times at once. And without the last condition those whom others overtake would pile up behind it.
"""

import asyncio
import heapq
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from itertools import count


class AlreadyThere(Exception):
    """Another errand of the same one waits at the door or is inside."""


class Door:
    """`async with door.passed(whose, rank)`: the lowest rank first, of the same rank the longest waiting."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = count()
        self._there: set[Hashable] = set()

    @asynccontextmanager
    async def passed(self, whose: Hashable, rank: float) -> AsyncIterator[None]:
        """Raises AlreadyThere."""
        if whose in self._there:
            raise AlreadyThere
        self._there.add(whose)
        try:
            await self._turn(rank)
            try:
                yield
            finally:
                self._next()
        finally:
            self._there.discard(whose)

    async def _turn(self, rank: float) -> None:
        if self._free:
            self._free -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (rank, next(self._numbers), turn))
        try:
            await turn
        except asyncio.CancelledError:
            # Whoever leaves just as their turn came gives it on; who leaves before is passed over.
            if turn.done() and not turn.cancelled():
                self._next()
            raise

    def _next(self) -> None:
        while self._waiting:
            turn = heapq.heappop(self._waiting)[2]
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
