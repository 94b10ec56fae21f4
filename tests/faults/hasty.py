"""A build that acknowledges before it commits, for the harness alone: the real application, its group commit put off.

The connection that writes beats stays in one transaction; it is committed many seconds later. A process that is killed
meanwhile has promised what nobody holds. Figures and rules are the real ones.
"""

import threading
from collections.abc import Sequence
from typing import Any

from lms.wiring.asgi import application  # Django must be ready before the modules of its apps

# isort: split
from django.db import connection

from lms.hours.actions import group_commit
from lms.hours.actions.batches import Decided, write_beats

__all__ = ["application"]

HELD_S = 20.0
"""So long that a kill in the moment after a commit, which would find nothing to lose, is no matter of bad luck."""

_held: set[Any] = set()


def _write_and_commit_later(decided: Sequence[Decided]) -> set[int]:
    if connection.get_autocommit():
        connection.set_autocommit(False)
    raw = connection.connection
    if raw not in _held:
        _held.add(raw)
        timer = threading.Timer(HELD_S, _commit, [raw])
        timer.daemon = True
        timer.start()
    return write_beats(decided)


def _commit(raw: Any) -> None:
    """By a timer, so that the rows are free again when everybody has stopped."""
    _held.discard(raw)
    if not raw.closed:
        raw.commit()


group_commit.write_beats = _write_and_commit_later
