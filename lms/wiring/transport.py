"""One WebSocket connection of a web process: uvicorn's own, with a bound on all that the other end may make grow.

The bytes of a socket pass a proxy unread, so nothing in front helps. Whoever does not read is not written to: a flood
of pings ends the connection instead of filling the memory with pongs, and a connection that was closed is gone soon,
also when what was written last never left. What waits to be heard, and the pieces of one message, are counted.

A beat is one small frame that arrives whole, twenty thousand times a second. It is heard and answered without the
parser of the library, which gets every other byte (`lms.wiring.frames`).

The rings in which parts of a connection hold each other are cut by hand when it is over. The garbage collector, which
would find them, looks at what is old nearly never (`lms.wiring.asgi`): eight kilobytes of every socket stayed.
"""

import asyncio
from asyncio.transports import BaseTransport
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode, Frame
from websockets.http11 import Request
from websockets.protocol import OPEN

from lms.hours.consumers.wire import EXTENSION, Listener
from lms.wiring.frames import is_whole, text_frame, text_in
from lms.wiring.mailboxes import Gate, Mailbox

UNSENT_BYTES_MAX = 16_384
"""Above it the application waits until the other end has read; an acknowledgement has about 200 bytes."""
UNHEARD_MAX = 512
"""Messages that may wait for the application: four times what a client keeps through two minutes without a network."""
CONTROLS_MAX = 64
"""Pings, and pongs that nobody asked for, that may come at once. They pass by every limit on what is said, and a ping
is answered."""
CONTROLS_PER_SECOND = 1.0
"""And so many for long; a library that pings does so every ten to thirty seconds, a browser never."""
PIECES_MAX = 64
"""Frames of one message. They may be empty, so that their bytes are no measure."""
GONE_AFTER_S = 15.0
"""A closed connection whose other end takes nothing any more is cut; uvicorn gives a polite one ten seconds."""


class HttpTransport(HttpToolsProtocol):
    """A connection before it becomes a WebSocket, if it does."""

    def handle_websocket_upgrade(self) -> None:
        super().handle_websocket_upgrade()
        # It holds six methods of this object, which is of no more use and is never told that the connection ended.
        self.parser = None  # type: ignore[assignment]


class StudyTransport(WebSocketsSansIOProtocol):
    """Named to uvicorn as `--ws lms.wiring.transport:StudyTransport`."""

    _cut: asyncio.TimerHandle | None = None
    _is_between_frames = False
    _controls_left, _controls_at = float(CONTROLS_MAX), 0.0
    _extensions: dict[str, Any] | None = None
    listener: Listener | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.queue = Mailbox()  # type: ignore[assignment]
        self.writable = Gate()  # type: ignore[assignment]

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=UNSENT_BYTES_MAX)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._cut is not None:
            self._cut.cancel()
        super().connection_lost(exc)
        self._let_go()

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if not self.close_sent:
            self._extensions = cast(dict[str, Any], self.scope["extensions"])
            self._extensions[EXTENSION] = self

    def data_received(self, data: bytes) -> None:
        if self.listener is not None and self._is_between_frames:
            if self._is_heard_at_once(data):
                return
            self._is_between_frames = is_whole(data)
        super().data_received(data)

    def _is_heard_at_once(self, data: bytes) -> bool:
        """Whether this was one whole text that overtakes nothing, and the listener took it."""
        text = text_in(data)
        if text is None or self.frames or not self.queue.empty() or self.close_sent or self.conn.state is not OPEN:
            return False
        assert self.listener is not None
        return self.listener(text)

    def on_task_complete(self, task: "asyncio.Task[None]") -> None:
        super().on_task_complete(task)
        self._cut_soon()

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self._cut_soon()

    def handle_ping(self) -> None:
        if not self._may_control():
            return
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.transport.abort()

    def handle_pong(self, event: Frame) -> None:
        if self.pending_ping_payload == bytes(event.data) or self._may_control():
            super().handle_pong(event)

    def _may_control(self) -> bool:
        """Whether another ping or pong is heard; the connection fails when there were too many."""
        now = self.loop.time()
        earned = (now - self._controls_at) * CONTROLS_PER_SECOND
        self._controls_left = min(CONTROLS_MAX, self._controls_left + earned) - 1
        self._controls_at = now
        if self._controls_left >= 0:
            return True
        if self.close_sent and not self.transport.is_closing():
            self.transport.abort()  # was told to go, and pings on
        elif not self.close_sent:
            self._fail("too many pings or pongs")
        return False

    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) < PIECES_MAX:
            super().handle_cont(event)
        elif not self.close_sent:
            self._fail("too many pieces of one message")

    def send_receive_event_to_app(self) -> None:
        if self.listener is not None and self._is_next() and self.listener(self.frames[0]):
            self.frames = []
        elif self.queue.qsize() < UNHEARD_MAX:
            super().send_receive_event_to_app()
        elif not self.close_sent:
            self.frames = []
            self._fail("too many messages at once")

    def _is_next(self) -> bool:
        """Whether this is a text that overtakes nothing."""
        is_text = self.curr_msg_data_type == "text" and len(self.frames) == 1
        return is_text and self.queue.empty() and not self.close_sent

    def say(self, text: bytes) -> bool:
        """Send a text now; False when the other end has to read first, or is gone."""
        if self.close_sent or self.disconnected or not self.writable.is_set() or self.conn.state is not OPEN:
            return False
        self.transport.write(text_frame(text))
        return True

    async def send(self, message: Any) -> None:
        """The connection may have been closed by this side, too: for the application its other end is gone then."""
        await self.writable.wait()
        if self.close_sent:
            raise ClientDisconnected
        await super().send(message)
        if message["type"] == "websocket.accept" and self.conn.state is OPEN:
            self._forget_handshake()

    def _forget_handshake(self) -> None:
        """The library keeps both heads for ever: three kilobytes of each socket. Frames begin with the next byte, if
        the client waited for the answer to its handshake."""
        self.request.headers.clear()
        self.response.headers.clear()
        self._is_between_frames = not self.frames and self.queue.empty() and not self.conn.reader.buffer

    def _let_go(self) -> None:
        """Cut the rings: the listener's consumer knows this object, so does the scope, the library's parser runs inside
        the object that keeps it, and an error that ended it keeps the frames in which it rose."""
        self.listener = None
        if self._extensions is not None:
            self._extensions.pop(EXTENSION, None)
        self.conn.parser.close()
        for error in (self.conn.parser_exc, self.conn.handshake_exc):
            if error is not None:
                error.__traceback__ = error.__context__ = None

    def _fail(self, why: str) -> None:
        self.conn.fail(CloseCode.POLICY_VIOLATION, why)
        self.handle_parser_exception()
        self._cut_soon()

    def _cut_soon(self) -> None:
        if self._cut is None and not self.disconnected:
            self._cut = self.loop.call_later(GONE_AFTER_S, self.transport.abort)
