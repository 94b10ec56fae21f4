"""A build that acknowledges before it commits, for the harness alone: the real application, its commits put off.

An outermost transaction that ends is only noted. It is committed when, a second later, the next one begins on the same
connection; a process that is killed meanwhile has promised what nobody holds. Figures and rules are the real ones.
"""

import time
from typing import Any

from django.db.backends.postgresql.base import DatabaseWrapper

from lms.wiring.asgi import application

__all__ = ["application"]

HELD_S = 1.0

_commit = DatabaseWrapper._commit
_set_autocommit = DatabaseWrapper._set_autocommit
_held_since_s: dict[Any, float] = {}


def _note(self: Any) -> None:
    _held_since_s.setdefault(self.connection, time.monotonic())


def _begin_or_end(self: Any, autocommit: bool) -> None:
    """Between transactions nothing happens while one is held; the first after its time commits it."""
    since_s = _held_since_s.get(self.connection)
    if since_s is None:
        _set_autocommit(self, autocommit)
    elif not autocommit and time.monotonic() - since_s > HELD_S:
        del _held_since_s[self.connection]
        _commit(self)


DatabaseWrapper._commit = _note  # type: ignore[method-assign]
DatabaseWrapper._set_autocommit = _begin_or_end  # type: ignore[method-assign]
