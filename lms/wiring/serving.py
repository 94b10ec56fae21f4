"""One web process: uvicorn, which goes away in such a way that nobody notices.

Told to stop, it takes no new connections, ends idle ones of the proxy, and sends its study sockets elsewhere with
close code 1012 (service restart), a few at a time: a client comes back within a second, so thousands told at once
would all knock at the next process at once. What a process has read is answered or, when its socket is closed
meanwhile, committed or not as a whole; the client asks by `last_seq`. Then transactions end, and the process.
"""

import asyncio
import logging
import random
import socket
import time
from collections.abc import Awaitable, Callable

import uvicorn
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from lms.hours.consumers.clerks import Clerks
from lms.hours.consumers.hub import hub
from lms.wiring.supervisor import tell_of_life
from lms.wiring.transport import HttpTransport, StudyTransport

log = logging.getLogger(__name__)

APPLICATION = "lms.wiring.asgi:application"
# The protocol's frames are at most 4 KiB and answered `too_large` above it; the server itself cuts only floods.
FRAME_BYTES_MAX = 65_536
DRAIN_S = 20.0
STOP_S_MAX = 10
BACKLOG = 8_192
"""Connections that may wait to be accepted: a school that comes back at once waits, and is not refused."""
PONG_S_MAX = 60.0
"""A phone in a dead spot keeps its socket for a minute; with the usual 20 s it came back to open anew, all of a bus."""
SOCKETS_PER_SECOND_MIN = 50.0
"""A process with few sockets need not take the whole time; any other process admits these."""


class DrainingServer(uvicorn.Server):
    def __init__(
        self,
        config: uvicorn.Config,
        *,
        drain_s: float = DRAIN_S,
        clerks: int = 0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        super().__init__(config)
        self.drain_s, self.clock, self.sleep = drain_s, clock, sleep
        self.clerks = clerks

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        if self.clerks:
            own = hub()
            own.clerks = Clerks(self.clerks)
            await own.clerks.begin()
        await super().startup(sockets)
        tell_of_life()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            if not isinstance(connection, WebSocketsSansIOProtocol):
                connection.shutdown()
        await self._send_sockets_elsewhere()
        await super().shutdown(sockets)
        if (clerks := hub().clerks) is not None:
            await clerks.end()

    async def _send_sockets_elsewhere(self) -> None:
        held = [one for one in self.server_state.connections if isinstance(one, WebSocketsSansIOProtocol)]
        random.shuffle(held)
        pause_s = 1 / max(SOCKETS_PER_SECOND_MIN, len(held) / self.drain_s) if self.drain_s else 0.0
        log.info("%s sockets go elsewhere within %.1f s", len(held), pause_s * len(held))
        start = self.clock()
        for number, connection in enumerate(held, start=1):
            if self.force_exit:
                return
            connection.shutdown()
            # Until its moment and not for a pause: what the loop does meanwhile, and uvloop's whole milliseconds, would
            # add up to twice the time with twenty thousand. Who is late goes on, and lets the others have a turn.
            await self.sleep(max(0.0, start + number * pause_s - self.clock()))


def config_of(
    *, host: str, port: int, trusted_proxies: str, stop_s: int = STOP_S_MAX, application: str = APPLICATION
) -> uvicorn.Config:
    """How every web process is served: in production, in the demo, in tests and measurements."""
    return uvicorn.Config(
        application,
        host=host,
        port=port,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        http=HttpTransport,
        ws=StudyTransport,
        ws_per_message_deflate=False,
        ws_max_size=FRAME_BYTES_MAX,
        ws_ping_timeout=PONG_S_MAX,
        backlog=BACKLOG,
        forwarded_allow_ips=trusted_proxies,
        timeout_graceful_shutdown=stop_s,
    )
