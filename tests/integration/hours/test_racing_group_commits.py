"""Two group commits, each with its own memory as in a process of its own, race with every beat of the same learners.

Both decide by seats that the other one makes untrue all the time. PostgreSQL writes the first; the second is judged
again by a seat that is read anew, and the ledger is that of one process that was told everything once.
"""

import asyncio
from collections import Counter
from datetime import timedelta
from random import Random
from uuid import UUID

import pytest
from django.db import connection

from lms.accounts.models import User
from lms.hours.actions.beats import record_beat
from lms.hours.actions.group_commit import GroupCommit, Waiting
from lms.hours.actions.sessions import StudyRefused
from lms.hours.queries.verification import differences
from lms.hours.rules.values import Beat
from tests.integration.hours.client import Client
from tests.integration.hours.test_many_processes import STORY, learners, ledger, told_once
from tests.timeline import beats
from tests.world import NOON, World, make_world

LEARNERS = 8
LATE_S_MAX = 0.004
"""About as long as a commit takes: now the one is first, now the other, and now they meet in the database."""


class Racer(GroupCommit):
    """A group commit that counts what became of its beats."""

    def __init__(self, seed: str) -> None:
        super().__init__()
        self.random = Random(seed)
        self.told: Counter[str] = Counter()

    async def run(self, learner: User, session: UUID) -> None:
        for at_ms, beat in beats(STORY):
            await asyncio.sleep(self.random.uniform(0, LATE_S_MAX))
            try:
                await self._say(learner, session, beat, at_ms)
                self.told["accepted"] += 1
            except StudyRefused as refused:
                self.told[refused.code] += 1

    async def _say(self, learner: User, session: UUID, beat: Beat, at_ms: int) -> None:
        at = NOON + timedelta(milliseconds=at_ms)
        ack = await self.record(learner_id=learner.pk, session=session, beat=beat, at=at)
        if ack is None:
            self.told["alone"] += 1
            await asyncio.to_thread(_alone, learner, session, beat, at_ms)

    def _try_again(self, one: Waiting) -> None:
        self.told["tried again"] += 1
        super()._try_again(one)


def _alone(learner: User, session: UUID, beat: Beat, at_ms: int) -> None:
    try:
        record_beat(by=learner, at=NOON + timedelta(milliseconds=at_ms), session=session, beat=beat)
    finally:
        connection.close()


def race(clients: list[Client]) -> list[Counter[str]]:
    async def story() -> list[Counter[str]]:
        racers = [Racer("one"), Racer("other")]
        try:
            await asyncio.gather(*(racer.run(each.learner, each.session) for racer in racers for each in clients))
        finally:
            for racer in racers:
                await racer.rest()
        return [racer.told for racer in racers]

    return asyncio.run(story())


def opened(world: World, people: list[User]) -> list[Client]:
    clients = [Client(learner, world.video.lesson.uuid) for learner in people]
    for client in clients:
        client.open()
    return clients


@pytest.mark.django_db(transaction=True)
def test_two_that_race_end_in_the_ledger_of_one() -> None:
    world = make_world()
    once = told_once(world, world.alice)
    clients = opened(world, learners(world, "racer", LEARNERS))

    told = race(clients)
    for client in clients:
        client.close(320)

    beats_sent = LEARNERS * len(STORY.split())
    assert all(each["accepted"] > 0 and each["bad_seq"] > 0 and each["tried again"] > 0 for each in told)
    assert sum(each["accepted"] for each in told) == beats_sent
    assert sum(each["bad_seq"] for each in told) == beats_sent
    assert [ledger(client.learner) for client in clients] == [once] * LEARNERS
    assert [line for client in clients for line in differences(client.learner.pk)] == []
