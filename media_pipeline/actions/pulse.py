"""Keeps a lease alive from a thread of its own, so that no step of the work has to report to be believed.

A worker that lost its lease must stop at once: the pulse then kills the program that runs and lets no other one start.
A step that says nothing for SILENCE_S_MAX hangs, and its lease is left to run out. Inside a caller's transaction there
is no pulse: no other connection sees the claim yet, and none can take it either.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import Error, connection

from media_pipeline import programs
from media_pipeline.actions.attempts import AttemptLost
from media_pipeline.limits import PULSE_EVERY_S, SILENCE_S_MAX

logger = logging.getLogger(__name__)


class Pulse:
    """`renew` writes one heartbeat and raises AttemptLost when fenced; it is called in the pulse's own thread."""

    def __init__(self, renew: Callable[[], None], every_s: float, silence_s_max: float) -> None:
        self.lost = False
        self._renew, self._every_s, self._silence_s_max = renew, every_s, silence_s_max
        self._heard_s, self._written_s = time.monotonic(), float("-inf")
        self._over = threading.Event()
        self._leash = programs.Leash()

    def heard(self, every_s: float) -> bool:
        """The work itself says something; True when the last word that was to be written is older than `every_s`."""
        self._heard_s = now_s = time.monotonic()
        if now_s - self._written_s < every_s:
            return False
        self._written_s = now_s
        return True

    def check(self) -> None:
        """Raise AttemptLost between two steps when the lease is gone."""
        if self.lost:
            raise AttemptLost

    @contextmanager
    def beating(self) -> Iterator["Pulse"]:
        if connection.in_atomic_block:
            yield self
            return
        thread = threading.Thread(target=self._beat, name="pulse", daemon=True)
        with programs.held_by(self._leash):
            thread.start()
            try:
                yield self
            finally:
                self._over.set()
                thread.join()

    def _beat(self) -> None:
        try:
            while not self._over.wait(self._every_s):
                if time.monotonic() - self._heard_s > self._silence_s_max:
                    logger.error("a step has said nothing for %d s; its lease is left to run out", self._silence_s_max)
                    return
                if not self._renewed():
                    return
        finally:
            connection.close()

    def _renewed(self) -> bool:
        try:
            self._renew()
        except AttemptLost:
            logger.warning("the lease is lost; what runs is killed")
            self.lost = True
            self._leash.stop()
            return False
        except Error:
            # It may be back at the next beat; whether the lease still holds, the database will say.
            logger.warning("the lease was not renewed", exc_info=True)
            connection.close()
        return True


@contextmanager
def beating(renew: Callable[[], None]) -> Iterator[Pulse]:
    """A pulse for the time of one attempt."""
    with Pulse(renew, PULSE_EVERY_S, SILENCE_S_MAX).beating() as pulse:
        yield pulse
