"""A queue and an event that cost nothing while they are empty: asyncio's own keep five empty deques for each socket,
four kilobytes of a study socket that mostly waits. Both belong to one event loop and have the names of asyncio's.
"""

import asyncio
from typing import Any


class Mailbox:
    """What waits for one reader, oldest first."""

    __slots__ = ("_events", "_reader")

    def __init__(self) -> None:
        self._events: list[Any] = []
        self._reader: asyncio.Future[None] | None = None

    def put_nowait(self, event: Any) -> None:
        self._events.append(event)
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    async def get(self) -> Any:
        """The oldest event; waits for one. One reader at a time."""
        while not self._events:
            self._reader = asyncio.get_running_loop().create_future()
            try:
                await self._reader
            finally:
                self._reader = None
        return self._events.pop(0)

    def qsize(self) -> int:
        return len(self._events)

    def empty(self) -> bool:
        return not self._events


class Gate:
    """An event that is set nearly always."""

    __slots__ = ("_opening",)

    def __init__(self) -> None:
        self._opening: asyncio.Event | None = None

    def is_set(self) -> bool:
        return self._opening is None

    def clear(self) -> None:
        if self._opening is None:
            self._opening = asyncio.Event()

    def set(self) -> None:
        opening, self._opening = self._opening, None
        if opening is not None:
            opening.set()

    async def wait(self) -> None:
        while self._opening is not None:
            await self._opening.wait()
