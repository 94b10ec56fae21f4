"""A room of learners who study at once, and the group commit that writes their beats, without a server."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import connection

from lms.accounts.models import Role, User
from lms.enrollments.models import Enrollment
from lms.hours.actions.beats import Ack
from lms.hours.actions.group_commit import GroupCommit
from lms.hours.actions.sessions import close_session, open_session
from lms.hours.rules.values import Beat
from tests.templates import owner_connection
from tests.world import NOON, World, make_person


class Room:
    """Learners who study at once, each with a session of their own on the world's video."""

    def __init__(self, world: World, count: int) -> None:
        self.world = world
        self.learners = [make_person(f"learner{index}", Role.LEARNER) for index in range(count)]
        self.sessions = {learner.pk: uuid.uuid4() for learner in self.learners}
        for learner in self.learners:
            Enrollment.objects.create(learner=learner, training_class=world.training_class, enrolled_at=NOON)
            self.open(learner)

    def open(self, learner: User, at_s: float = 0, *, device: str = "phone-0001") -> None:
        open_session(
            by=learner,
            at=NOON + timedelta(seconds=at_s),
            session=self.sessions[learner.pk],
            lesson=self.world.video.lesson.uuid,
            device=device,
            takeover=True,
        )

    def close(self, at_s: float) -> None:
        for learner in self.learners:
            close_session(by=learner, at=NOON + timedelta(seconds=at_s), session=self.sessions[learner.pk])

    def send(self, group: GroupCommit, learner: User, at_s: float, beat: Beat) -> Awaitable[Ack | None]:
        return group.record(
            learner_id=learner.pk, session=self.sessions[learner.pk], beat=beat, at=NOON + timedelta(seconds=at_s)
        )


def grouped(story: Callable[[GroupCommit], Awaitable[Any]]) -> Any:
    """Run a story with a group commit of its own."""

    async def told() -> Any:
        group = GroupCommit()
        try:
            return await story(group)
        finally:
            await group.rest()

    return asyncio.run(told())


async def in_thread(work: Callable[..., Any], *args: Any) -> Any:
    """Another process, as far as the database can tell: a connection of its own, given back afterwards."""

    def worked() -> Any:
        try:
            return work(*args)
        finally:
            connection.close()

    return await asyncio.to_thread(worked)


def tick(seq: int, position_s: float, event: str = "tick", **changes: Any) -> Beat:
    beat = {"playing": True, "visible": True, **changes}
    return Beat(seq=seq, event=event, position_ms=int(position_s * 1000), **beat)  # type: ignore[arg-type]


@contextmanager
def holding_the_clocks(*learners: User) -> Iterator[None]:
    """Somebody holds the clocks of these learners, and lets go at the end."""
    with owner_connection(str(connection.settings_dict["NAME"])) as other, other.transaction():
        for each in learners:
            other.execute("SELECT 1 FROM hours_studyclock WHERE learner_id = %s FOR UPDATE", [each.pk])
        yield
