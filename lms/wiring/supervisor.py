"""Tells systemd that this process serves, and again and again that its event loop goes round.

By sd_notify(3): a datagram to the Unix socket that NOTIFY_SOCKET names. Whoever holds up the loop holds up these words
as well, so `WatchdogSec=` in the unit restarts a web process that hangs. Without NOTIFY_SOCKET nothing is said.
"""

import asyncio
import contextlib
import socket

from lms import env

SAID_EVERY_S = 5.0
"""A few times in the 30 s that the unit waits, so that a lost datagram is no sign of death."""
WORDS = b"READY=1\nWATCHDOG=1"


def tell_of_life(every_s: float = SAID_EVERY_S) -> None:
    """Called inside the event loop: now, and from now on for as long as it runs, while sockets are drained as well."""
    address = env.text("NOTIFY_SOCKET", default="")
    if not address:
        return
    # A name with @ lies in no folder (unix(7)).
    target = "\0" + address[1:] if address.startswith("@") else address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender, contextlib.suppress(OSError):
        sender.setblocking(False)
        sender.sendto(WORDS, target)
    asyncio.get_running_loop().call_later(every_s, tell_of_life, every_s)
