"""What a server may offer a consumer beside ASGI: to hear and to say a text without its queue and its task.

The server puts a `Wire` into the scope's extensions under `EXTENSION`; without one a consumer works all the same.
"""

from collections.abc import Callable
from typing import Protocol

EXTENSION = "xueshi.wire"

Listener = Callable[[bytes], bool]
"""Takes the bytes of a text message, or says False: then it comes the ordinary way."""


class Wire(Protocol):
    """One connection. The listener is asked only when no earlier message waits."""

    listener: Listener | None

    def say(self, text: bytes) -> bool:
        """Send a text now; False when the other end has to read first, or is gone."""
