"""Learners whose phones are gone for good at the moment when everything is killed.

Nobody comes back for their sessions. The sweeper of the restarted system must end each at its last beat, with all that
was acknowledged in the ledger and not a millisecond more than was watched.
"""

import asyncio
import json
import random
import time
from contextlib import suppress
from typing import Any

from tests.faults.blows import BLOWS, replaced, strike
from tests.faults.rounds import LOOK_EVERY_S, RECOVER_S_MAX, Crowd, build, crowd, in_own_loop
from tests.systems import RunningSystem

COUNT = 10
WATCHED_S = 8.0
SWEPT_S_MAX = 240
"""Two silent minutes, half a minute until the clock's next round, and what a restart and a slow machine take."""


class Gone(Exception):
    """Ends the crowd without a goodbye."""


class Orphans:
    """Made at once; `told` and `are_closed` may be asked later, and wait as long as it takes."""

    def __init__(self, system: RunningSystem, tag: str, seed: str) -> None:
        self.system = system
        self.tag = tag
        stage = build(system, {tag: COUNT})[tag]

        async def vanish() -> None:
            async with crowd(stage, system.url, seed) as people:
                await asyncio.sleep(WATCHED_S)
                victims = strike(system, BLOWS["everything"], random.Random(seed))
                self.people: Crowd = people
                for task in people.tasks:
                    task.cancel()
                await asyncio.gather(*people.tasks, return_exceptions=True)
                self.vanished_s = time.monotonic()
                while not replaced(system, victims):
                    assert time.monotonic() < self.vanished_s + RECOVER_S_MAX, "the system did not come back"
                    await asyncio.sleep(LOOK_EVERY_S)
                raise Gone

        with suppress(Gone):
            in_own_loop(vanish())

    def told(self) -> str:
        """What became of them, after the sweeper came."""
        while self._open() and time.monotonic() < self.vanished_s + SWEPT_S_MAX:
            time.sleep(5)
        swept, wrong = self._ask(f"stage.idle('{self.tag}')")
        return f"{swept} of {COUNT} vanished learners' sessions were ended by the sweeper, {wrong} not at the last beat"

    def are_closed(self) -> bool:
        held = self._ask(f"stage.count('{self.tag}')")
        for email, writer in self.people.writers.items():
            ledger_ms, _is_open = held[email]
            writer.books.told(writer.seq, ledger_ms)
            writer.books.closed(ledger_ms, writer.books.positions[writer.seq])
        books = [writer.books for writer in self.people.writers.values()]
        balanced = all((each.lost_ms, each.gained_ms) == (0, 0) and each.known_ms > 0 for each in books)
        return balanced and not self._open() and self._ask(f"stage.idle('{self.tag}')") == [COUNT, 0]

    def _open(self) -> int:
        return sum(is_open for _ms, is_open in self._ask(f"stage.count('{self.tag}')").values())

    def _ask(self, call: str) -> Any:
        said = self.system.manage("shell", "-c", f"from tests.faults import stage; {call}")
        return json.loads(said.strip().splitlines()[-1])
