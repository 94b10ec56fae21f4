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
    """One seat; registration is open from the day before noon to the day after."""
    from lms.institutions.models import Institution
    from tests.sittings import published_sitting
    from tests.world import NOON

    office = Institution.objects.create(
        kind="exam", name_zh="考试点", name_en="Exam office", region=world.institution.region
    )
    return published_sitting(
        office,
        world.training_class.syllabus_version.syllabus,
        starts_at=NOON + timedelta(days=2),
        opens_at=NOON - timedelta(days=1),
        closes_at=NOON + timedelta(days=1),
        capacity=1,
    )


@pytest.fixture
def qualified(world: "World") -> "World":
    """Alice has an identity and all the hours that her class asks."""
    from lms.accounts.actions import set_identity
    from lms.enrollments.models import Kind
    from lms.hours.actions.posting import Account, post
    from lms.hours.models import EntrySort
    from tests.world import NOON

    set_identity(by=None, at=NOON, person=world.alice, real_name="Alice", identity_number="999999199001010016")
    for number, (module, kind, minutes) in enumerate(
        [(world.theory, Kind.ONLINE, 30), (world.practice, Kind.WORKSHOP, 90)]
    ):
        from_at = NOON - timedelta(days=9 - number)
        post(
            Account(world.alice.pk, world.enrollment, module, kind),
            sort=EntrySort.ATTENDANCE,
            ms=minutes * 60_000,
            provisional_ms=0,
            confirmed_ms=minutes * 60_000,
            at=NOON,
            from_at=from_at,
            to_at=from_at + timedelta(minutes=minutes),
            posted_by=world.alice,
        )
    return world


def _client(person: object) -> "Client":
    from django.test import Client

    client = Client(headers={"Accept-Language": "en"})
    client.force_login(person)  # type: ignore[arg-type]
    return client
