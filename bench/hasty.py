"""A build that acknowledges before it commits: the control of a search for lost acknowledgements, which must find some.

Batches of beats are held for a second and then written as they were; a process that is killed meanwhile has promised
what nobody holds. Figures and rules are the real ones.
"""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings")
get_asgi_application()

import time  # noqa: E402  (Django must be ready before apps' modules)
from collections.abc import Sequence  # noqa: E402
from copy import copy  # noqa: E402
from typing import Any  # noqa: E402

from lms.hours.actions import group_commit  # noqa: E402
from lms.hours.queries.line import Lent  # noqa: E402
from lms.wiring.asgi import application  # noqa: E402

__all__ = ["application"]

HELD_S = 1.0

_write, _read = group_commit.write_beats, group_commit.read_seats
_held: list[tuple[float, list[Any]]] = []


def _as_it_is(one: Any) -> Any:
    kept = copy(one)
    kept.seat = copy(one.seat)
    return kept


async def _hold(over: Lent, decided: Sequence[Any]) -> set[int]:
    _held.append((time.monotonic(), [_as_it_is(one) for one in decided]))
    while time.monotonic() - _held[0][0] > HELD_S:
        await _write(over, _held.pop(0)[1])
    return {one.seat.learner_id for one in decided}


async def _read_what_was_written(over: Lent, learners: Any, **when: Any) -> Any:
    while _held:
        await _write(over, _held.pop(0)[1])
    return await _read(over, learners, **when)


group_commit.write_beats = _hold
group_commit.read_seats = _read_what_was_written
group_commit.FRESH_MS = 3_600_000  # a seat that is read anew ends the waiting; as it is, that happens all the time
