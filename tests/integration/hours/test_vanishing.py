"""A database that vanishes refuses nothing: who speaks to it has to give it up, soon, and go on when it is back.

The limits are lowered; those that are served with are compared in tests/integration/wiring/test_patience.py.
"""

import asyncio
from collections.abc import Iterator

import pytest
from django.db import OperationalError, connection

from lms.hours.actions.beats import Ack
from lms.hours.actions.group_commit import DatabaseAway, GroupCommit
from lms.hours.consumers.hub import Hub
from tests.integration.hours.rooms import Room, grouped, tick
from tests.outages import Way, over_tcp
from tests.world import make_world

pytestmark = pytest.mark.django_db(transaction=True)

LIMITS = {
    "connect_timeout": 2,
    "keepalives_idle": 1,
    "keepalives_interval": 1,
    "keepalives_count": 2,
    "tcp_user_timeout": 2_000,
}
GIVEN_UP_S = 20.0
"""Far above these limits, and far below the quarter of an hour after which the system would give up."""


@pytest.fixture
def way(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Way]:
    given = connection.settings_dict
    connection.ensure_connection()  # the test's own keeps to the straight way
    monkeypatch.setitem(given, "OPTIONS", {**given["OPTIONS"], **LIMITS})
    with over_tcp() as way:
        yield way


def test_beats_are_refused_soon_and_taken_again_when_it_is_back(way: Way) -> None:
    room = Room(make_world(), 1)
    (person,) = room.learners

    async def story(group: GroupCommit) -> Ack | None:
        try:
            assert await room.send(group, person, 0, tick(1, 0, "play"))
            way.cut()
            with pytest.raises(DatabaseAway):  # what is said arrives nowhere
                await asyncio.wait_for(room.send(group, person, 5, tick(2, 5)), GIVEN_UP_S)
            with pytest.raises(DatabaseAway):  # nobody opens
                await asyncio.wait_for(room.send(group, person, 6, tick(2, 6)), GIVEN_UP_S)
            way.mend()
            return await room.send(group, person, 7, tick(2, 7))
        finally:
            way.close()  # or a writer that was not limited would wait for ever, and this test with it

    ack = grouped(story)

    assert ack is not None and ack.credited_ms == 7_000


def test_whoever_waits_for_an_answer_finds_out(way: Way) -> None:
    def ask() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(120)")

    async def story() -> None:
        hub = Hub()
        try:
            asked = asyncio.create_task(hub.in_thread(ask))
            await asyncio.sleep(1.0)
            way.cut()
            told, _still = await asyncio.wait({asked}, timeout=GIVEN_UP_S)
            assert told
            with pytest.raises(OperationalError, match="timed out"):
                await asked
        finally:
            way.close()
            await hub._rest()

    asyncio.run(story())
