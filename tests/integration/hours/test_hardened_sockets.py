"""What a study socket may cost: hostile and unlucky peers at a real server, its limits lowered where time matters."""

import asyncio
import gc
import json
import logging
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from channels.layers import channel_layers
from channels_redis.core import RedisChannelLayer
from django.contrib.sessions.models import Session
from django.core.cache.backends.redis import RedisCacheClient
from django.db import connection
from psycopg import sql
from redis.exceptions import RedisError
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from websockets.server import ServerProtocol

from lms.accounts.models import Role, User
from lms.enrollments.models import Enrollment
from lms.env.addresses import free_port
from lms.hours.consumers.hub import Hub, hub
from lms.hours.consumers.study import StudyConsumer
from lms.hours.models import StudyClock
from lms.hours.queries.closed import closed_among
from lms.hours.queries.handshakes import ended_logins, persons_of
from lms.hours.queries.line import Lent
from lms.wiring.transport import StudyTransport
from tests.integration.hours.rooms import holding_the_clocks
from tests.outages import end_other_connections, no_writes
from tests.serving import CLOSE, CONTINUED, PING, PONG, TEXT, Peer, Served, frame, login_of, served
from tests.templates import owner_connection
from tests.world import NOON, World, make_person, make_world

pytestmark = pytest.mark.django_db(transaction=True)

HUB = "lms.hours.consumers.hub."
STUDY = "lms.hours.consumers.study."
TRANSPORT = "lms.wiring.transport."
PLAY = {"type": "beat", "seq": 1, "event": "play", "position_ms": 0, "playing": True, "visible": True}
SOON_S = 8.0


@pytest.fixture
def world(transactional_db: None) -> World:
    return make_world()


@pytest.fixture
def server(world: World) -> Iterator[Served]:
    with served() as running:
        yield running


@pytest.fixture
def limit(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Lower limits by the name of their module."""

    def lower(module: str, **limits: float) -> None:
        for name, value in limits.items():
            monkeypatch.setattr(module + name, value)

    return lower


def hub_of(server: Served) -> Hub:
    return server.asked(hub)


def soon(what: Callable[[], bool], within_s: float = SOON_S) -> bool:
    until = time.monotonic() + within_s
    while not what() and time.monotonic() < until:
        time.sleep(0.02)
    return what()


def tick(seq: int) -> dict[str, Any]:
    return {**PLAY, "seq": seq, "event": "tick"}


def test_it_answers_a_frame_above_4_kib_and_closes_at_one_above_64(world: World, server: Served) -> None:
    with Peer(server.port, login_of(world.alice)) as peer:
        peer.send("x" * 5_000)
        answered = peer.receive()
        peer.send("x" * 65_537)

        assert answered["code"] == "too_large"
        assert peer.closed_with() == 1009


def test_it_gives_up_a_peer_that_does_not_read_while_others_go_on(
    world: World, server: Served, limit: Callable[..., None]
) -> None:
    limit(STUDY, BURST_MESSAGES=100_000)
    limit(HUB, SEND_S_MAX=0.3, LOOK_AFTER_S=0.2)
    limit(TRANSPORT, GONE_AFTER_S=0.5)
    with Peer(server.port, login_of(world.alice)) as honest:
        honest.open(world.video.lesson.uuid)
        with Peer(server.port, login_of(world.charlie), buffer=4_096) as hostile:
            assert soon(lambda: hub_of(server).sockets == 2)
            most, said = _speak_without_reading(server, hostile, frame("{}") * 200)
            answers = [honest.ask(tick(seq))["type"] for seq in range(1, 4)]
            alone = soon(lambda: hub_of(server).sockets == 1)
            cut = soon(lambda: len(server.unsent()) == 1)

    assert said > 0
    assert most < 64 * 1024
    assert answers == ["ack", "ack", "ack"]
    assert alone and cut


def test_a_notice_to_a_peer_that_does_not_read_holds_up_nobody(
    world: World, server: Served, limit: Callable[..., None]
) -> None:
    limit(STUDY, BURST_MESSAGES=100_000)
    limit(HUB, LOOK_AFTER_S=0.2)
    cookies = [login_of(world.charlie), login_of(world.alice)]
    with Peer(server.port, cookies[0], buffer=4_096) as hostile, Peer(server.port, cookies[1]) as honest:
        assert soon(lambda: hub_of(server).sockets == 2)
        _speak_without_reading(server, hostile, frame("{}") * 200)

        Session.objects.all().delete()

        assert honest.receive()["code"] == "unauthenticated"
        assert honest.closed_with() == 4401


def _speak_without_reading(server: Served, hostile: Peer, said: bytes) -> tuple[int, int]:
    """Say it again and again until the server hears no more; the most bytes that it kept, and how many were said."""
    most = count = 0
    hostile.link.settimeout(0.3)
    try:
        for _ in range(400):
            hostile.link.sendall(said)
            count += len(said)
            most = max([most, *server.unsent()])
    except (TimeoutError, ConnectionError):
        pass
    return max([most, *server.unsent()]), count


@pytest.mark.parametrize(
    ("transport", "is_bounded"), [("lms.wiring.transport:StudyTransport", True), ("websockets-sansio", False)]
)
def test_a_flood_of_pings_does_not_fill_the_memory_with_pongs(world: World, transport: str, is_bounded: bool) -> None:
    """The second row is the control: uvicorn's own transport keeps every pong."""
    with served(transport) as server, Peer(server.port, login_of(world.alice), buffer=4_096) as hostile:
        most, _said = _speak_without_reading(server, hostile, frame(b"x" * 125, PING) * 100)

        assert (most < 512 * 1024) is is_bounded


@pytest.mark.parametrize(
    ("transport", "code"), [("lms.wiring.transport:StudyTransport", 1008), ("websockets-sansio", 0)]
)
def test_a_peer_that_pings_without_end_is_closed_though_it_reads_the_answers(
    world: World, transport: str, code: int
) -> None:
    """The second row is the control: uvicorn's own transport answers for ever."""
    with served(transport) as server, Peer(server.port, login_of(world.alice)) as hostile:
        answered, closed_with = _ping(hostile, 300)

        assert closed_with == code
        assert answered >= 64


def test_a_peer_that_answers_what_nobody_asked_is_closed(world: World, server: Served) -> None:
    with Peer(server.port, login_of(world.alice)) as hostile:
        hostile.link.sendall(frame(b"x", PONG) * 300)

        assert hostile.closed_with() == 1008


def test_a_client_that_pings_now_and_then_may_do_so_for_ever(
    world: World, server: Served, limit: Callable[..., None]
) -> None:
    limit(TRANSPORT, CONTROLS_MAX=3, CONTROLS_PER_SECOND=100.0)
    with Peer(server.port, login_of(world.alice)) as peer:
        answered, closed_with = _ping(peer, 30, every_s=0.05)

        assert (answered, closed_with) == (30, 0)
        assert peer.open(world.video.lesson.uuid)["type"] == "opened"


def _ping(peer: Peer, count: int, *, every_s: float = 0.0) -> tuple[int, int]:
    """Ping and read the answer, so often; how many there were, and the close code, 0 when it stays open."""
    for answered in range(count):
        time.sleep(every_s)
        peer.link.sendall(frame(b"x", PING))
        opcode, payload = peer._next()
        if opcode == CLOSE:
            return answered, struct.unpack("!H", payload[:2])[0]
    return count, 0


@pytest.mark.parametrize(
    "cut",
    [
        pytest.param(lambda data: [data], id="whole"),
        pytest.param(lambda data: [data[:1], data[1:]], id="after the first byte"),
        pytest.param(lambda data: [data[:2], data[2:]], id="after the first half of the head"),
        pytest.param(lambda data: [data[:-3], data[-3:]], id="before the end"),
    ],
)
def test_a_beat_is_heard_however_the_network_cuts_it(
    world: World, server: Served, cut: Callable[[bytes], list[bytes]]
) -> None:
    with Peer(server.port, login_of(world.alice)) as peer:
        peer.open(world.video.lesson.uuid)
        for seq in (1, 3):
            pieces = cut(frame(json.dumps(PLAY | {"seq": seq})))
            pieces[-1] += frame(json.dumps(PLAY | {"seq": seq + 1}))
            for piece in pieces:
                peer.link.sendall(piece)
                time.sleep(0.05)

        assert [peer.receive()["seq"] for _answer in range(4)] == [1, 2, 3, 4]


def test_a_message_of_endless_empty_pieces_is_closed(world: World, server: Served) -> None:
    with Peer(server.port, login_of(world.alice)) as peer:
        peer.link.sendall(frame("{", TEXT, last=False) + frame("", CONTINUED, last=False) * 1_000)

        assert peer.closed_with() == 1008


def test_more_messages_at_once_than_any_client_keeps_are_closed(world: World, server: Served) -> None:
    with Peer(server.port, login_of(world.alice)) as peer:
        peer.link.sendall(frame("{}") * 5_000)

        assert peer.closed_with() == 1008


def test_a_flood_is_slowed_down_and_in_the_end_closed(world: World, server: Served, limit: Callable[..., None]) -> None:
    limit(STUDY, BURST_MESSAGES=10, MESSAGES_PER_SECOND=5, FLOOD_PAUSE_S=0.1, UNHEEDED_MAX=10)
    with Peer(server.port, login_of(world.alice)) as peer:
        began = time.monotonic()
        peer.link.sendall(frame("{}") * 100)

        assert peer.closed_with() == 4429
        assert time.monotonic() - began > 0.9


def test_a_learner_who_only_opens_is_told_to_wait_and_others_are_not(
    world: World, server: Served, limit: Callable[..., None]
) -> None:
    limit(HUB, OPENS_AT_ONCE=3)
    bo = make_person("bo", Role.LEARNER)
    Enrollment.objects.create(learner=bo, training_class=world.training_class, enrolled_at=NOON)
    lesson = world.video.lesson.uuid
    for _socket in range(3):
        with Peer(server.port, login_of(world.alice)) as peer:
            opened = peer.open(lesson)
            assert opened["type"] == "opened"

    with Peer(server.port, login_of(world.alice)) as peer, Peer(server.port, login_of(bo)) as other:
        assert peer.open(lesson)["code"] == "rate_limited"
        again = {"type": "open", "session": opened["session"], "lesson": str(lesson), "device": "phone-0001"}
        assert peer.ask(again)["type"] == "opened"
        assert peer.ask(PLAY)["type"] == "ack"
        assert other.open(lesson)["type"] == "opened"

        limit(HUB, OPEN_EVERY_S=0.2)
        time.sleep(0.3)
        assert peer.open(lesson)["type"] == "opened"


@pytest.mark.parametrize(("name", "code"), [("IDLE_S_MAX", 4408), ("AGE_S_MAX", 1012)])
def test_a_socket_that_is_silent_or_old_is_ended(
    world: World, server: Served, limit: Callable[..., None], name: str, code: int
) -> None:
    limit(HUB, LOOK_AFTER_S=0.1, **{name: 0.5})
    with Peer(server.port, login_of(world.alice)) as peer:
        opened = peer.open(world.video.lesson.uuid)

        assert opened["type"] == "opened"
        assert peer.closed_with() == code


def test_the_oldest_socket_of_a_learner_makes_room(world: World, server: Served, limit: Callable[..., None]) -> None:
    limit(HUB, SOCKETS_OF_ONE_MAX=2)
    cookie = login_of(world.alice)
    with Peer(server.port, cookie) as first, Peer(server.port, cookie) as second:
        assert second.open(world.video.lesson.uuid)["type"] == "opened"
        with Peer(server.port, cookie):
            assert first.closed_with() == 4429
            assert second.ask(PLAY)["type"] == "ack"


def test_many_sockets_of_a_learner_at_once_leave_no_more_than_may_be(
    world: World, server: Served, limit: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All are let in by one answer, before any of them was told to go."""
    limit(HUB, SOCKETS_OF_ONE_MAX=2)
    monkeypatch.setattr(HUB + "persons_of", slowly)

    assert come_at_once(server, login_of(world.alice), 7) == [0, 0, *[4429] * 5]


def test_a_full_process_sends_everybody_else_away(world: World, server: Served, limit: Callable[..., None]) -> None:
    limit(HUB, SOCKETS_MAX=1)
    with Peer(server.port, login_of(world.alice)) as inside:
        assert inside.open(world.video.lesson.uuid)["type"] == "opened"
        with Peer(server.port, login_of(world.charlie)) as outside:
            assert outside.closed_with() == 1013
        assert inside.ask(PLAY)["type"] == "ack"


def test_a_full_process_counts_who_waits_at_the_door(
    world: World, server: Served, limit: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(HUB, SOCKETS_MAX=2)
    monkeypatch.setattr(HUB + "persons_of", slowly)

    assert come_at_once(server, login_of(world.alice), 6) == [0, 0, 1013, 1013, 1013, 1013]


def slowly(keys: list[str]) -> dict[str, User]:
    """Whose logins these are, so late that many more have come to the door meanwhile."""
    time.sleep(0.5)
    return persons_of(keys)


def come_at_once(server: Served, cookie: str, count: int) -> list[int]:
    """How each of so many sockets of one login was closed; 0 for those that stay."""
    codes = []

    def come() -> None:
        with Peer(server.port, cookie) as peer:
            peer.link.settimeout(2.5)
            codes.append(peer.closed_with())

    threads = [threading.Thread(target=come) for _ in range(count)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return sorted(codes)


def test_a_page_of_another_site_gets_no_socket(world: World, server: Served) -> None:
    with Peer(server.port, login_of(world.alice), origin="https://evil.example") as peer:
        assert peer.status == 403
    with Peer(server.port, login_of(world.alice), origin=f"http://127.0.0.1:{server.port}") as peer:
        assert peer.status == 101


@contextmanager
def a_dead_layer() -> Iterator[None]:
    """The channel layer's Valkey is away: notices are lost."""
    before = channel_layers.backends.get("default")
    channel_layers.backends["default"] = RedisChannelLayer(hosts=[f"redis://127.0.0.1:{free_port()}"])
    try:
        yield
    finally:
        channel_layers.backends.pop("default")
        if before is not None:
            channel_layers.backends["default"] = before


@pytest.mark.parametrize("how", ["logged out", "suspended"])
def test_an_end_of_study_is_found_without_a_notice(
    world: World, server: Served, limit: Callable[..., None], how: str
) -> None:
    limit(HUB, LOOK_AFTER_S=0.2)
    with a_dead_layer(), Peer(server.port, login_of(world.alice)) as peer:
        assert peer.open(world.video.lesson.uuid)["type"] == "opened"

        if how == "logged out":
            Session.objects.all().delete()
        else:
            User.objects.filter(pk=world.alice.pk).update(is_active=False)

        assert peer.receive()["code"] == "unauthenticated"
        assert peer.closed_with() == 4401


def test_everybody_studies_on_while_valkey_is_away(
    world: World, server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    cookies = login_of(world.alice), login_of(world.charlie)
    with a_dead_layer(), Peer(server.port, cookies[0]) as inside:
        inside.open(world.video.lesson.uuid)
        for name in ("get", "set"):
            monkeypatch.setattr(RedisCacheClient, name, _refuse)

        with Peer(server.port, cookies[1]) as outside:
            newcomer = outside.ask(PLAY)

        assert inside.ask(PLAY)["type"] == "ack"
        assert newcomer["code"] == "not_open"


def _refuse(*_: Any, **__: Any) -> None:
    raise RedisError("away")


@contextmanager
def no_database() -> Iterator[None]:
    """Nobody is connected to the database, and nobody may connect."""
    name = connection.settings_dict["NAME"]
    statement = "ALTER DATABASE {} ALLOW_CONNECTIONS {}"
    with owner_connection("postgres") as owner:
        owner.execute(sql.SQL(statement).format(sql.Identifier(name), sql.SQL("false")))
        end_other_connections()
        connection.close()
        try:
            yield
        finally:
            owner.execute(sql.SQL(statement).format(sql.Identifier(name), sql.SQL("true")))


def test_without_a_database_nothing_is_acknowledged_and_it_comes_back_by_itself(
    world: World, server: Served, limit: Callable[..., None]
) -> None:
    limit(STUDY, AWAY_S=0.3)
    limit(HUB, LOOK_AFTER_S=0.1)
    cookie = login_of(world.alice)
    with Peer(server.port, cookie) as peer, Peer(server.port, cookie) as idle:
        opened = peer.open(world.video.lesson.uuid)
        peer.ask(PLAY)
        with no_database():
            peer.send(tick(2))
            at_a_beat = peer.closed_with()
            with Peer(server.port, cookie) as early:
                at_once = early.closed_with()
            time.sleep(0.4)
            with Peer(server.port, cookie) as late:
                at_the_door = late.closed_with()
            waiting = server.asked(lambda: hub().group_commit.waiting)
        time.sleep(0.4)
        with Peer(server.port, cookie) as again:
            session = {"session": opened["session"], "lesson": opened["lesson"], "device": "phone-0001"}
            resumed = again.ask({"type": "open", **session})
            acknowledged = again.ask(tick(3))
        is_idle_alive = idle.ask(tick(9))["code"]

    assert (at_a_beat, at_once, at_the_door) == (1013, 1013, 1013)
    assert waiting == 0
    assert (resumed["type"], resumed["last_seq"]) == ("opened", 1)
    assert acknowledged["type"] == "ack"
    assert is_idle_alive == "not_open"


def test_a_database_that_takes_no_writes_is_away_and_comes_back_by_itself(
    world: World, server: Served, limit: Callable[..., None]
) -> None:
    limit(STUDY, AWAY_S=0.3)
    cookie, lesson = login_of(world.alice), str(world.video.lesson.uuid)
    with Peer(server.port, cookie) as peer:
        opened = peer.open(lesson)
        peer.ask(PLAY)
    again = {"type": "open", "session": opened["session"], "lesson": lesson, "device": "phone-0001"}
    assert soon(lambda: set(_left(server).values()) == {0}), _left(server)
    with no_writes():
        with Peer(server.port, cookie) as beating:
            resumed = beating.ask(again)["type"]
            beating.send(tick(2))
            at_a_beat = beating.closed_with()
            with Peer(server.port, cookie) as early:
                at_the_door = early.closed_with()
        time.sleep(0.4)
        with Peer(server.port, cookie) as opening:
            opening.send({**again, "session": "00000000-0000-4000-8000-000000000000"})
            at_an_open = opening.closed_with()
        time.sleep(0.4)
    with Peer(server.port, cookie) as back:
        assert back.ask(again)["last_seq"] == 1
        acknowledged = back.ask(tick(2))["type"]

    assert (resumed, at_a_beat, at_the_door, at_an_open) == ("opened", 1013, 1013, 1013)
    assert acknowledged == "ack"


def test_a_learner_whose_clock_is_held_is_told_to_wait_and_nobody_else_is(
    world: World, server: Served, limit: Callable[..., None]
) -> None:
    limit(HUB, LOCK_WAIT_MS=300)
    bo = make_person("bo", Role.LEARNER)
    Enrollment.objects.create(learner=bo, training_class=world.training_class, enrolled_at=NOON)
    lesson = world.video.lesson.uuid
    with Peer(server.port, login_of(world.alice)) as held, Peer(server.port, login_of(bo)) as other:
        for peer in (held, other):
            peer.open(lesson)
            peer.ask(PLAY)
        with holding_the_clocks(world.alice):
            held.send(tick(2))
            other.send(tick(2))
            told_other, told_held = other.receive(), held.receive()
            at_an_open = held.open(lesson)
            is_away = hub_of(server).is_away
        later = held.ask({**tick(3), "position_ms": 500})

    assert (told_other["type"], told_other["seq"]) == ("ack", 2)
    assert (told_held["code"], told_held["seq"]) == ("rate_limited", 2)
    assert (at_an_open["code"], is_away) == ("rate_limited", False)
    assert (later["type"], later["credited_ms"]) == ("ack", 500)


def test_nothing_is_left_when_the_last_socket_has_gone(world: World, server: Served) -> None:
    with Peer(server.port, login_of(world.alice)) as peer:
        peer.open(world.video.lesson.uuid)
        peer.ask(PLAY)
        busy = _left(server)

    assert busy["threads"] > 0 and busy["tasks"] > 2 and busy["connections"] > 0
    assert soon(lambda: set(_left(server).values()) == {0}), _left(server)


OF_A_SOCKET = (StudyTransport, HttpToolsProtocol, ServerProtocol, StudyConsumer)


def _goes_away(peer: Peer, world: World) -> None:
    """A phone that lost its network, in the middle of its study."""
    peer.open(world.video.lesson.uuid)
    peer.ask(PLAY)


def _says_nonsense(peer: Peer, world: World) -> None:
    _goes_away(peer, world)
    assert peer.ask("{")["code"] == "bad_message"


def _repeats_itself(peer: Peer, world: World) -> None:
    _goes_away(peer, world)
    peer.link.sendall(frame(json.dumps(PLAY)) * 3)
    assert [peer.receive()["code"] for _answer in range(3)] == ["bad_seq"] * 3


def _says_goodbye(peer: Peer, world: World) -> None:
    _goes_away(peer, world)
    peer.link.sendall(frame(b"\x03\xe8", CLOSE))
    assert peer.closed_with() == 1000


def _says_too_much(peer: Peer, world: World) -> None:
    _goes_away(peer, world)
    peer.send("x" * 65_537)
    assert peer.closed_with() == 1009


def _is_logged_out(peer: Peer, world: World) -> None:
    _goes_away(peer, world)
    Session.objects.all().delete()
    assert peer.receive()["code"] == "unauthenticated"
    assert peer.closed_with() == 4401


@pytest.mark.parametrize(
    "end", [_goes_away, _says_nonsense, _repeats_itself, _says_goodbye, _says_too_much, _is_logged_out]
)
def test_nothing_of_a_socket_waits_for_the_garbage_collector(
    world: World, server: Served, limit: Callable[..., None], end: Callable[[Peer, World], None]
) -> None:
    """What is old is collected nearly never: what waits for it is never freed."""
    limit(HUB, LOOK_AFTER_S=0.2)
    with no_collections():
        with Peer(server.port, login_of(world.alice)) as peer:
            assert peer.status == 101
            during = _pieces()
            end(peer, world)

        assert during == ["ServerProtocol", "StudyConsumer", "StudyTransport"]
        assert soon(lambda: _pieces() == []), _pieces()


def test_nothing_of_a_refused_handshake_waits_for_the_garbage_collector(world: World, server: Served) -> None:
    with no_collections():
        with Peer(server.port, login_of(world.alice), origin="https://evil.example") as peer:
            assert peer.status == 403
        with Peer(server.port, key="") as peer:
            assert peer.status == 400

        assert soon(lambda: _pieces() == []), _pieces()


MANY = 3_000


def _handed_over_as_a_list() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::int8[]", [list(range(MANY))])


@pytest.mark.parametrize(
    ("ask", "left"),
    [
        (lambda: ended_logins({f"{number:032}": number for number in range(MANY)}), 0),
        (lambda: closed_among(range(MANY), NOON), 0),
        (lambda: persons_of([f"{number:032}" for number in range(MANY)]), 0),
        (_handed_over_as_a_list, 1),  # the control
    ],
    ids=["logins", "closed", "persons", "list"],
)
def test_nothing_of_what_is_asked_for_all_sockets_waits_for_the_garbage_collector(
    transactional_db: None, ask: Callable[[], object], left: int
) -> None:
    """A list among a statement's parameters leaves its pieces in a ring: of 5,000 sockets ten megabytes a minute."""
    with no_collections():
        before = _long_lists()
        ask()
        assert _long_lists() - before == left


def _long_lists() -> int:
    return sum(isinstance(one, list) and len(one) >= MANY for one in gc.get_objects())


@contextmanager
def no_collections() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _pieces() -> list[str]:
    """What there is of sockets and their handshakes."""
    return sorted(type(one).__name__ for one in gc.get_objects() if isinstance(one, OF_A_SOCKET))


def _left(server: Served) -> dict[str, int]:
    """What the hub and its connections hold: threads, tasks beside the server's own, PostgreSQL's backends."""
    own = ("Hub.", "StudyConsumer", "run_asgi", "_quietly", "GroupCommit")
    names = server.asked(lambda: [str(task.get_coro()) for task in asyncio.all_tasks()])
    threads = [each.name for each in threading.enumerate() if each.name.startswith(("study", "beats"))]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        backends = cursor.fetchone()[0]
    return {
        "sockets": hub_of(server).sockets,
        "seats": server.asked(lambda: len(hub().group_commit._seats)),
        "tasks": sum(any(one in name for one in own) for name in names),
        "threads": len(threads),
        "connections": backends,
    }


def test_a_beat_of_an_abandoned_socket_is_committed_as_a_whole_and_the_hub_is_left(
    world: World, server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lms.hours.actions import group_commit

    write, under_way = group_commit.write_beats, threading.Event()

    async def slowly(over: Lent, decided: Any) -> Any:
        under_way.set()
        await asyncio.sleep(0.5)
        return await write(over, decided)

    with Peer(server.port, login_of(world.alice)) as peer:
        peer.open(world.video.lesson.uuid)
        peer.ask(PLAY)
        monkeypatch.setattr(group_commit, "write_beats", slowly)
        peer.send(tick(2))
        assert under_way.wait(SOON_S)
        server.asked(lambda: next(iter(hub()._sockets.values()))[0].abandon())

        assert soon(lambda: hub_of(server).sockets == 0)
        assert peer.closed_with() == 1006
    assert soon(lambda: StudyClock.objects.get(pk=world.alice.pk).last_seq == 2)
    assert soon(lambda: set(_left(server).values()) == {0}), _left(server)


def test_many_come_and_go_and_none_is_left(world: World, server: Served) -> None:
    people = [world.alice]
    for number in range(4):
        people.append(make_person(f"learner{number}", Role.LEARNER))
        Enrollment.objects.create(learner=people[-1], training_class=world.training_class, enrolled_at=NOON)
    cookies = [login_of(one) for one in people]

    def come_and_go(cookie: str) -> None:
        for turn in range(8):
            with Peer(server.port, cookie) as peer:
                if turn % 2:
                    peer.open(world.video.lesson.uuid)
                    peer.send(PLAY)

    threads = [threading.Thread(target=come_and_go, args=[cookie]) for cookie in cookies]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert soon(lambda: set(_left(server).values()) == {0}), _left(server)


def test_a_fault_of_ours_ends_the_sockets_instead_of_leaving_them_without_an_answer_and_is_told_once(
    world: World, server: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    failed: list[int] = []

    async def fail(over: Lent, decided: Any) -> set[int]:
        failed.append(len(decided))
        raise RuntimeError("not as it was meant")

    bo = make_person("bo", Role.LEARNER)
    Enrollment.objects.create(learner=bo, training_class=world.training_class, enrolled_at=NOON)
    with Peer(server.port, login_of(world.alice)) as peer, Peer(server.port, login_of(bo)) as other:
        for each in (peer, other):
            each.open(world.video.lesson.uuid)
            assert each.ask(PLAY)["type"] == "ack"
        monkeypatch.setattr("lms.hours.actions.group_commit.write_beats", fail)
        peer.send(tick(2))
        other.send(tick(2))

        assert (peer.closed_with(), other.closed_with()) == (1011, 1011)
    assert sum(failed) == 2
    assert len([each for each in caplog.records if each.levelno >= logging.WARNING]) == len(failed)


def test_who_opens_one_session_stands_behind_nobody_who_comes_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their ranks at the door are the same, whatever part of a second went by while each was counted."""
    moments = iter([100.0, 100.0, 101.0, 101.000_4])
    monkeypatch.setattr(HUB + "time", SimpleNamespace(monotonic=lambda: next(moments)))
    opens = Hub()

    ranks = [opens.opened_lately(learner) for learner in (1, 2) if opens.may_open(learner)]

    assert ranks == [1, 1]
