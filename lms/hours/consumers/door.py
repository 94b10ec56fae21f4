"""A door with few places, through which whoever came least lately goes first; nobody waits twice.

Plain order would let a few accounts that do nothing else stand before a class that comes in: each of them may ask
twenty-four times at once. And those whom others overtake would pile up behind it, if who comes back from another
socket did not take the place of the errand that they left there.
"""

import asyncio
import heapq
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from itertools import count


class Replaced(Exception):
    """A later errand of the same one took this place at the door."""


class Door:
    """`async with door.passed(whose, rank)`: the lowest rank first, of the same rank the longest waiting."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: list[tuple[float, int, asyncio.Future[bool]]] = []
        self._numbers = count()
        self._turns: dict[Hashable, asyncio.Future[bool]] = {}

    @asynccontextmanager
    async def passed(self, whose: Hashable, rank: float) -> AsyncIterator[None]:
        """Raises Replaced."""
        await self._turn(whose, rank)
        try:
            yield
        finally:
            self._next()

    async def _turn(self, whose: Hashable, rank: float) -> None:
        if self._free:
            self._free -= 1
            return
        turn: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        earlier = self._turns.get(whose)
        if earlier is not None and not earlier.done():
            earlier.set_result(False)
        self._turns[whose] = turn
        heapq.heappush(self._waiting, (rank, next(self._numbers), turn))
        try:
            # The turn does not carry the error itself: both would hold each other, and with them a whole socket.
            if not await turn:
                raise Replaced
        except asyncio.CancelledError:
            # Whoever leaves just as their turn came gives it on; who leaves before is passed over.
            if turn.done() and not turn.cancelled() and turn.result():
                self._next()
            raise
        finally:
            if self._turns.get(whose) is turn:
                del self._turns[whose]

    def _next(self) -> None:
        while self._waiting:
            turn = heapq.heappop(self._waiting)[2]
            if not turn.done():
                turn.set_result(True)
                return
        self._free += 1
