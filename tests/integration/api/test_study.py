import json
import uuid
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import connection, transaction
from django.test import Client
from redis.exceptions import RedisError

from lms.hours.actions.notices import GROUP
from lms.hours.models import Entry, StudyClock
from tests.world import NOON, World

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

    from tests.integration.api.conftest import Clock

SESSION = "33333333-0000-4000-8000-000000000001"
OTHER = "33333333-0000-4000-8000-000000000002"


def open_(world: World, session: str = SESSION, **changes: Any) -> dict[str, Any]:
    return {
        "type": "open",
        "session": session,
        "lesson": str(world.video.lesson.uuid),
        "device": "phone-0001",
        **changes,
    }


def beat(seq: int, second: int, event: str = "tick") -> dict[str, Any]:
    return {
        "type": "beat",
        "seq": seq,
        "event": event,
        "position_ms": second * 1000,
        "playing": True,
        "visible": True,
    }


def send(client: Client, *messages: Any, query: str = "") -> Any:
    return client.post(f"/api/v1/study/messages{query}", list(messages), content_type="application/json")


def test_a_whole_conversation_in_lists(world: World, alice: Client, clock: "Clock") -> None:
    opened, first = send(alice, open_(world), beat(1, 0, "play")).json()
    clock(NOON + timedelta(seconds=15))
    [second] = send(alice, beat(2, 15)).json()
    clock(NOON + timedelta(seconds=20))
    closed = send(alice, {"type": "close"}).json()

    assert (opened["type"], opened["session"], opened["beat_every_ms"]) == ("opened", SESSION, 15_000)
    assert (first["type"], first["credited_ms"]) == ("ack", 0)
    assert (second["seq"], second["credited_ms"], second["state"]) == (2, 15_000, "counting")
    assert closed == []
    assert [(each.sort, each.ms) for each in Entry.objects.order_by("number")] == [
        ("credit", 15_000),
        ("confirm", 15_000),
    ]


def test_beats_of_one_list_share_one_moment_and_earn_nothing_by_number(world: World, alice: Client) -> None:
    answers = send(alice, open_(world), *[beat(seq, seq * 15) for seq in range(1, 41)]).json()

    assert sum(each.get("credited_ms", 0) for each in answers) <= 2_000


def test_a_malformed_message_is_answered_and_the_others_count(world: World, alice: Client) -> None:
    answers = send(
        alice, open_(world), {"type": "beat", "seq": 7}, "x", None, {"type": "dance"}, beat(1, 0, "play")
    ).json()

    assert [each["type"] for each in answers] == ["opened", "error", "error", "error", "error", "ack"]
    assert {each["code"] for each in answers[1:5]} == {"bad_message"}
    assert answers[1]["seq"] == 7


def test_a_message_over_4_kib_is_answered_as_too_large(world: World, alice: Client) -> None:
    [answer] = send(alice, {"type": "open", "device": "x" * 4096}).json()

    assert (answer["type"], answer["code"]) == ("error", "too_large")


def test_without_an_open_session_a_beat_is_told_so(alice: Client) -> None:
    assert [each["code"] for each in send(alice, beat(1, 0), {"type": "close"}).json()] == ["not_open", "not_open"]


def test_after_close_the_list_has_no_session(world: World, alice: Client) -> None:
    answers = send(alice, open_(world), {"type": "close"}, beat(1, 0)).json()

    assert [each.get("code", each["type"]) for each in answers] == ["opened", "not_open"]


def test_a_stranger_to_the_class_is_refused(world: World, charlie: Client) -> None:
    [answer] = send(charlie, open_(world)).json()

    assert (answer["type"], answer["code"]) == ("error", "not_enrolled")
    assert not StudyClock.objects.filter(session__isnull=False).exists()


def test_anothers_session_cannot_be_spoken_for(world: World, alice: Client, charlie: Client) -> None:
    send(alice, open_(world))

    [answer] = send(charlie, beat(1, 0), query=f"?session={SESSION}").json()

    assert answer["code"] == "not_open"


def test_a_session_that_lost_its_lease_hears_so_when_it_is_named(world: World, alice: Client) -> None:
    send(alice, open_(world))
    send(alice, open_(world, OTHER, device="laptop-01", takeover=True))

    answers = send(alice, beat(1, 0), query=f"?session={SESSION}").json()

    assert [each["type"] for each in answers] == ["ack", "superseded"]


def test_open_sockets_hear_that_the_lease_was_taken(world: World, alice: Client) -> None:
    layer = get_channel_layer()
    socket = async_to_sync(layer.new_channel)()
    async_to_sync(layer.group_add)(GROUP, socket)
    send(alice, open_(world))
    send(alice, open_(world, OTHER, takeover=True))

    heard = async_to_sync(layer.receive)(socket)

    assert (heard["type"], heard["session"]) == ("lease.taken", OTHER)


@pytest.mark.parametrize("body", [{}, {"messages": []}, None, "x", 1])
def test_what_is_no_list_is_refused(alice: Client, body: Any) -> None:
    response = alice.post("/api/v1/study/messages", json.dumps(body), content_type="application/json")

    assert (response.status_code, response.json()["code"]) == (422, "invalid")


def test_more_than_50_messages_are_refused_whole(world: World, alice: Client) -> None:
    response = send(alice, *[open_(world)] * 51)

    assert response.status_code == 422
    assert not StudyClock.objects.exists()


def test_too_many_messages_in_a_minute_are_refused_whole(world: World, alice: Client) -> None:
    for _ in range(7):
        assert send(alice, *[{}] * 50).status_code == 200

    response = send(alice, *[open_(world)] * 11)

    assert (response.status_code, response.json()["code"]) == (429, "rate_limited")
    assert 1 <= int(response["Retry-After"]) <= 60
    assert not StudyClock.objects.exists()


def new(world: World, count: int = 1) -> list[dict[str, Any]]:
    """Opens of as many sessions that nobody knows yet."""
    return [open_(world, str(uuid.uuid4())) for _ in range(count)]


def test_over_http_too_a_learner_opens_24_sessions_at_once_and_then_one_in_thirty_seconds(
    world: World, alice: Client, bo: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = 1_000_000
    monkeypatch.setattr("lms.api.rates.time", SimpleNamespace(time=lambda: now_s + 0.9))
    [*opened, refused] = send(alice, *new(world, 25)).json()
    again = open_(world, opened[-1]["session"])
    resumed, beaten, still = send(alice, again, beat(1, 0, "play"), *new(world)).json()
    [of_another] = send(bo, *new(world)).json()
    now_s += 29
    [early] = send(alice, *new(world)).json()
    now_s += 1
    [late, too_late] = send(alice, *new(world, 2)).json()
    now_s += 24 * 30
    rested = send(alice, *new(world, 25)).json()

    assert [each["type"] for each in opened] == ["opened"] * 24
    assert (refused["type"], refused["code"]) == ("error", "rate_limited")
    assert (resumed["type"], beaten["type"], still["code"]) == ("opened", "ack", "rate_limited")
    assert of_another["type"] == "opened"
    assert (early["code"], late["type"], too_late["code"]) == ("rate_limited", "opened", "rate_limited")
    assert [each["type"] for each in rested] == ["opened"] * 24 + ["error"]


def test_each_beat_costs_the_same(
    world: World, alice: Client, clock: "Clock", django_assert_num_queries: "DjangoAssertNumQueries"
) -> None:
    send(alice, open_(world), beat(1, 0, "play"))

    for number in range(2, 5):
        clock(NOON + timedelta(seconds=15 * number))
        with django_assert_num_queries(8):
            send(alice, beat(number, 15 * number))


def test_a_database_that_takes_no_writes_is_told_as_one_that_is_away(world: World, alice: Client) -> None:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL transaction_read_only = on")
        response = send(alice, open_(world))
        transaction.set_rollback(True)  # and with it whether it takes writes

    assert (response.status_code, response["Retry-After"]) == (503, "15")


def test_an_empty_list_is_answered_by_one(alice: Client) -> None:
    assert send(alice).json() == []


def test_an_unknown_uuid_in_the_query_is_not_open(world: World, alice: Client) -> None:
    [answer] = send(alice, beat(1, 0), query=f"?session={uuid.uuid4()}").json()

    assert answer["code"] == "not_open"


def test_without_the_cache_and_the_channel_layer_one_studies_on(
    world: World, alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise RedisError("away")

    send(alice, open_(world))
    monkeypatch.setattr("lms.api.rates.cache.add", away)
    monkeypatch.setattr("channels_redis.core.RedisChannelLayer.group_send", away)

    [opened] = send(alice, open_(world, OTHER, takeover=True)).json()

    assert (opened["type"], opened["session"]) == ("opened", OTHER)
