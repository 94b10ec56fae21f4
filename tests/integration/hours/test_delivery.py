"""Keys and what they witness: who gets one and when, and what a film earns without."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client as Browser

from courses.models import LessonVersion
from lms.accounts.models import User
from lms.enrollments.models import ClassState, Enrollment, TrainingClass
from lms.hours.actions.deliveries import KeyTooEarly, deliver_key
from lms.hours.actions.sessions import StudyRefused, close_idle_sessions, open_session
from lms.hours.models import Refusal, StudySession
from media_pipeline.queries import WindowUnknown
from tests.films import begin_class, make_film
from tests.integration.hours.client import Client
from tests.world import NOON, World, make_world


@pytest.fixture
def film(world: World) -> LessonVersion:
    """Twenty minutes, twenty keys."""
    version = make_film(20)
    begin_class(world, version)
    return version


@pytest.fixture
def viewer(world: World, film: LessonVersion) -> Client:
    """Alice before the film, nothing opened yet."""
    return Client(world.alice, film.lesson.uuid)


def key(client: Client, window: int, at_s: float = 0) -> bytes:
    return deliver_key(by=client.learner, at=NOON + timedelta(seconds=at_s), lesson=client.lesson, window=window)


def wait_ms(client: Client, window: int, at_s: float = 0) -> int:
    """How long the key has to wait; 0 when it was given."""
    try:
        key(client, window, at_s)
    except KeyTooEarly as early:
        return early.wait_ms
    return 0


def refusal_of(client: Client, window: int = 0, at_s: float = 0) -> str:
    with pytest.raises(StudyRefused) as caught:
        key(client, window, at_s)
    return caught.value.code


def delivered(client: Client) -> list[tuple[int, int]]:
    return StudySession.objects.get(uuid=client.session).delivered


def another(client: Client) -> Client:
    """The same learner on the same lesson, in a new session of the same device."""
    return Client(client.learner, client.lesson)


def test_the_key_is_given_and_written_down(viewer: Client) -> None:
    viewer.open()

    given = key(viewer, 1)

    assert given == b"\x01" * 16
    assert delivered(viewer) == [(60_000, 120_000)]


def test_the_same_key_twice_changes_nothing(viewer: Client) -> None:
    viewer.open()

    first, again = key(viewer, 0), key(viewer, 0)

    assert first == again
    assert delivered(viewer) == [(0, 60_000)]


def test_a_film_earns_within_its_delivered_windows(viewer: Client) -> None:
    viewer.open()
    key(viewer, 0)

    acks = viewer.study("0@0play 30@30 60@60 90@90")
    viewer.close(95)

    assert [ack.credited_ms for ack in acks] == [0, 30_000, 30_000, 0]
    assert acks[-1].refused == {"not_delivered": 30_000}
    assert list(Refusal.objects.values_list("code", "ms")) == [("not_delivered", 30_000)]


def test_a_film_without_a_key_earns_and_covers_nothing(viewer: Client) -> None:
    viewer.open()

    acks = viewer.study("0@0play 30@30 60@60")

    assert [ack.credited_ms for ack in acks] == [0, 0, 0]
    assert another(viewer).open(60).covered == []


def test_a_key_that_comes_late_earns_from_then_on(viewer: Client) -> None:
    viewer.open()
    viewer.study("0@0play 15@15")
    key(viewer, 0, 15)

    acks = viewer.study("30@30 45@45")

    assert [ack.credited_ms for ack in acks] == [15_000, 15_000]


def test_a_reading_needs_no_keys_and_has_none(world: World) -> None:
    reader = Client(world.alice, world.chapter.lesson.uuid)
    reader.open()

    acks = reader.study("0@0play 15@15")

    assert acks[-1].credited_ms == 15_000
    assert refusal_of(reader) == "not_open"


def test_the_keys_of_one_session_do_not_serve_the_next(viewer: Client) -> None:
    viewer.open()
    for window in (0, 1, 2):
        key(viewer, window)
    viewer.close(1)
    later = another(viewer)
    later.open(2)

    acks = later.study("3@0play 18@15")

    assert acks[-1].refused == {"not_delivered": 15_000}
    assert delivered(later) == []


def test_a_resumed_session_keeps_what_was_delivered(viewer: Client) -> None:
    viewer.open()
    key(viewer, 0)
    viewer.study("0@0play 15@15")
    viewer.close(15)
    viewer.open(20)

    acks = viewer.study("20@15play 35@30")

    assert acks[-1].credited_ms == 15_000


def test_it_gives_nothing_without_a_lease(viewer: Client) -> None:
    assert refusal_of(viewer) == "not_open"
    viewer.open()
    viewer.close(1)

    assert refusal_of(viewer, at_s=2) == "not_open"
    assert delivered(viewer) == []


def test_it_gives_nothing_of_another_lesson(world: World, viewer: Client) -> None:
    other = make_film(1)
    begin_class(world, other)
    viewer.open()

    assert refusal_of(Client(world.alice, other.lesson.uuid)) == "not_open"


def test_a_stranger_gets_nothing_while_somebody_studies(world: World, viewer: Client) -> None:
    viewer.open()

    assert refusal_of(Client(world.charlie, viewer.lesson)) == "not_open"
    assert delivered(viewer) == []


def test_a_window_that_is_none_is_unknown(viewer: Client) -> None:
    viewer.open()

    with pytest.raises(WindowUnknown):
        key(viewer, 20)


def test_the_end_of_the_class_ends_the_keys(viewer: Client) -> None:
    viewer.open()
    TrainingClass.objects.filter(title="films").update(state=ClassState.ENDED)

    assert refusal_of(viewer) == "locked"


def test_keys_are_given_two_minutes_ahead_and_no_further(viewer: Client) -> None:
    viewer.open()

    assert [wait_ms(viewer, window) for window in (0, 1, 2, 3, 19)] == [0, 0, 0, 60_000, 1_020_000]
    assert delivered(viewer) == [(0, 180_000)]


def test_time_carries_the_session_on_while_it_beats(viewer: Client) -> None:
    viewer.open()
    viewer.study("0@0play 60@60 120@120")

    assert wait_ms(viewer, 4, at_s=120) == 0
    assert wait_ms(viewer, 5, at_s=120) == 60_000


def test_a_claimed_position_carries_nothing(viewer: Client) -> None:
    viewer.open()
    viewer.study("0@0play 1@1140 2@1141")

    assert wait_ms(viewer, 19, at_s=2) == 1_018_000


def test_silence_carries_the_session_two_minutes_and_no_further(viewer: Client) -> None:
    viewer.open()

    assert wait_ms(viewer, 4, at_s=3_600) == 0
    assert wait_ms(viewer, 5, at_s=3_600) == 60_000


def test_whoever_has_covered_four_minutes_may_start_anywhere_in_them(viewer: Client) -> None:
    viewer.open()
    for minute in range(4):
        key(viewer, minute, minute * 60)
        viewer.study(f"{minute * 60}@{minute * 60} {minute * 60 + 60}@{minute * 60 + 60}")
    viewer.close(240)
    later = another(viewer)
    later.open(240)

    assert [wait_ms(later, window, 240) for window in (0, 2, 3, 4, 6)] == [0, 0, 0, 0, 0]
    assert wait_ms(later, 7, 240) == 60_000


def test_new_sessions_do_not_multiply_the_reach(viewer: Client) -> None:
    for turn in range(5):
        client = another(viewer)
        client.open(turn)
        assert [wait_ms(client, window, turn) for window in (0, 1, 2, 3)] == [0, 0, 0, 60_000]


def test_time_under_one_lease_is_not_time_under_another(viewer: Client) -> None:
    other = another(viewer)
    other.open()
    viewer.open(1)
    viewer.study("1@0pause 61@0pause 121@0pause 181@0pause")

    waits = wait_ms(viewer, 5, 181)
    other.open(181)

    assert waits == 0
    assert wait_ms(other, 3, 181) == 59_000


def test_a_session_that_is_resumed_goes_on_where_time_had_carried_it(viewer: Client) -> None:
    """Whoever watched on above the day's limit has covered nothing there, and still needs the keys after a reload."""
    viewer.open()
    for minute in range(8):
        viewer.study(f"{minute * 60}@{minute * 60}")
    viewer.close(480)
    viewer.open(481)

    assert wait_ms(viewer, 9, 481) == 0
    assert wait_ms(viewer, 11, 481) == 60_000


def test_a_lease_that_was_left_lying_overnight_leads_no_further(viewer: Client) -> None:
    viewer.open()
    close_idle_sessions(at=NOON + timedelta(hours=9))

    viewer.open(33_000)

    assert wait_ms(viewer, 5, 33_000) == 60_000


def test_keys_cost_the_same_however_much_was_studied(viewer: Client, django_assert_num_queries) -> None:
    viewer.open()
    key(viewer, 0)
    with django_assert_num_queries(8):
        key(viewer, 1)
    viewer.study(" ".join(f"{second}@{second} {second + 5}@{second + 5}pause" for second in range(10, 110, 10)))

    with django_assert_num_queries(8):
        key(viewer, 2, 110)


@pytest.mark.django_db(transaction=True)
def test_keys_at_the_same_moment_are_all_written_down() -> None:
    """A request that waited for the other's lock has read the session before the other wrote."""
    world = make_world()
    version = make_film(3)
    begin_class(world, version)
    viewer = Client(world.alice, version.lesson.uuid)

    for _round in range(5):
        viewer.session = uuid.uuid4()
        viewer.open()
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda window: _key_and_close(viewer, window), range(3)))
        assert delivered(viewer) == [(0, 180_000)]


def _key_and_close(viewer: Client, window: int) -> None:
    try:
        key(viewer, window)
    finally:
        connection.close()


@pytest.fixture
def alice(world: World) -> Browser:
    client = Browser()
    client.force_login(world.alice)
    return client


def open_now(learner: User, version: LessonVersion) -> None:
    now = datetime.now(UTC)
    open_session(
        by=learner, at=now, session=uuid.uuid4(), lesson=version.lesson.uuid, device="browser-1", takeover=True
    )


def test_the_view_gives_the_key_uncached(world: World, film: LessonVersion, alice: Browser) -> None:
    open_now(world.alice, film)

    answer = alice.get(f"/study/{film.lesson.uuid}/keys/2")

    assert (answer.status_code, answer.content) == (200, b"\x02" * 16)
    assert answer["Content-Type"] == "application/octet-stream"
    assert "no-store" in answer["Cache-Control"]


def test_the_view_tells_how_long_to_wait(world: World, film: LessonVersion, alice: Browser) -> None:
    open_now(world.alice, film)

    answer = alice.get(f"/study/{film.lesson.uuid}/keys/3")

    assert (answer.status_code, answer.json()["code"]) == (425, "too_early")
    assert answer["Content-Type"] == "application/problem+json"
    assert 50 <= int(answer["Retry-After"]) <= 60


def test_the_view_refuses_with_a_code(world: World, film: LessonVersion, alice: Browser) -> None:
    address = f"/study/{film.lesson.uuid}/keys/"
    without_lease = alice.get(f"{address}0")
    open_now(world.alice, film)
    no_window = alice.get(f"{address}99")
    Enrollment.objects.filter(training_class__title="films").update(state="withdrawn")
    withdrawn = alice.get(f"{address}0")

    assert (without_lease.status_code, without_lease.json()["code"]) == (403, "not_open")
    assert (no_window.status_code, no_window.json()["code"]) == (404, "no_window")
    assert (withdrawn.status_code, withdrawn.json()["code"]) == (403, "not_enrolled")
