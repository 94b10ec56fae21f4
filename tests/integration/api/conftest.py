"""Alice studies in the class, Charlie studies nothing here; each speaks through a client of their own.

It is the noon of tests/world.py for the API; `clock` sets it on. Modules of the apps are imported inside the fixtures:
a conftest is read before Django is set up.
"""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from django.test import Client

    from lms.exams.models import Sitting
    from tests.world import World

Study = Callable[..., uuid.UUID]
Clock = Callable[[datetime], None]


@pytest.fixture
def world(db: None) -> "World":
    from tests.world import make_world

    return make_world()


@pytest.fixture
def alice(world: "World", clock: Clock) -> "Client":
    return _client(world.alice)


@pytest.fixture
def charlie(world: "World", clock: Clock) -> "Client":
    return _client(world.charlie)


@pytest.fixture
def bo(world: "World", clock: Clock) -> "Client":
    """Another learner of the class."""
    from lms.accounts.models import Role
    from lms.enrollments.models import Enrollment
    from tests.world import NOON, make_person

    person = make_person("bo", Role.LEARNER)
    Enrollment.objects.create(learner=person, training_class=world.training_class, enrolled_at=NOON)
    return _client(person)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    from tests.world import NOON

    def set_to(at: datetime) -> None:
        monkeypatch.setattr("lms.api.moments.now", lambda: at)

    set_to(NOON)
    return set_to


@pytest.fixture
def study(world: "World") -> Study:
    """Let Alice study the video from `at` on; gives the session, which is closed only when asked."""
    from lms.hours.actions.beats import record_beat
    from lms.hours.actions.sessions import close_session, open_session
    from tests.timeline import beats
    from tests.world import NOON

    def studied(timeline: str, *, at: datetime = NOON, close_s: int | None = None) -> uuid.UUID:
        session = uuid.uuid4()
        lesson = world.video.lesson.uuid
        open_session(by=world.alice, at=at, session=session, lesson=lesson, device="device-1", takeover=False)
        for after_ms, beat in beats(timeline):
            record_beat(by=world.alice, at=at + timedelta(milliseconds=after_ms), session=session, beat=beat)
        if close_s is not None:
            close_session(by=world.alice, at=at + timedelta(seconds=close_s), session=session)
        return session

    return studied


@pytest.fixture
def sitting(world: "World") -> "Sitting":
    """One seat."""
    from tests.integration.api.builders import make_sitting

    return make_sitting(world)


@pytest.fixture
def qualified(world: "World") -> "World":
    from tests.integration.api.builders import qualify

    qualify(world)
    return world


def _client(person: object) -> "Client":
    from django.test import Client

    client = Client(headers={"Accept-Language": "en"})
    client.force_login(person)  # type: ignore[arg-type]
    return client
