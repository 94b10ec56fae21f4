"""What is measured beside the product: the same server with another way to take a beat.

`full` is the product, only that a socket may say more than five messages a second. `naive` is what one writes first: an
ordinary Channels consumer and one ORM transaction for each beat, with the whole rule in it. `echo` answers a beat
without knowing what it says. `blind` is the control: it acknowledges and keeps nothing, and must be found out.
"""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings")
get_asgi_application()

from collections.abc import Sequence  # noqa: E402  (Django must be ready before apps' modules)
from datetime import UTC, datetime  # noqa: E402
from typing import Any  # noqa: E402

import orjson  # noqa: E402
from channels.db import database_sync_to_async  # noqa: E402
from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402
from django.db import connections  # noqa: E402

from lms.hours.actions import beats, group_commit  # noqa: E402
from lms.hours.actions.batches import Decided  # noqa: E402
from lms.hours.consumers import study  # noqa: E402
from lms.hours.forms.conversation import converse  # noqa: E402
from lms.hours.forms.messages import parse_frame  # noqa: E402
from lms.hours.queries.handshakes import persons_of, session_key_of  # noqa: E402
from lms.hours.queries.line import Lent  # noqa: E402
from lms.wiring.asgi import application as full  # noqa: E402

study.MESSAGES_PER_SECOND = 1_000_000

OPENED = b'{"type":"opened","last_seq":0}'
ACK = (
    b'{"type":"ack","seq":1,"credited_ms":15000,"lesson_ms":15000,"provisional_ms":15000,"day_left_ms":0,"refused":[]}'
)

__all__ = ["blind", "echo", "full", "naive"]


class _Naive(AsyncWebsocketConsumer):
    channel_layer_alias = "none"

    async def connect(self) -> None:
        self.session = None
        key = session_key_of(self.scope)
        self.learner = (await database_sync_to_async(persons_of)([key]))[key]
        await self.accept("study.v1")

    async def receive(self, text_data: Any = None, bytes_data: Any = None) -> None:
        at, message = datetime.now(UTC), parse_frame(text_data)
        turn = await database_sync_to_async(converse)(by=self.learner, at=at, message=message, session=self.session)
        self.session = turn.session
        for answer in turn.answers:
            await self.send(text_data=orjson.dumps(answer).decode())


_naive = _Naive.as_asgi()


async def naive(scope: Any, receive: Any, send: Any) -> None:
    """One ORM transaction for each beat.

    The product's own slow path has two more, each a statement that commits by itself: is the connection still alive,
    and who has the lease? The second is asked again under the lock.
    """
    connections.settings["default"]["CONN_HEALTH_CHECKS"] = False
    beats.holds_lease = lambda learner_id, session: True
    await (_naive if scope["type"] == "websocket" else full)(scope, receive, send)


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """No database, no rule, no framework: what the server and the client can do at all."""
    if scope["type"] != "websocket":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        return
    await receive()
    await send({"type": "websocket.accept", "subprotocol": "study.v1"})
    while (event := await receive())["type"] == "websocket.receive":
        answer = OPENED if '"open"' in event["text"] else ACK
        await send({"type": "websocket.send", "text": answer.decode()})


async def blind(scope: Any, receive: Any, send: Any) -> None:
    """The product, only that no batch reaches the database."""
    group_commit.write_beats = _keep_nothing
    await full(scope, receive, send)


async def _keep_nothing(over: Lent, decided: Sequence[Decided]) -> set[int]:
    return {one.seat.learner_id for one in decided}
