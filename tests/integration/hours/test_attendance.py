import uuid
from datetime import timedelta

import pytest

from lms.audit.models import Event
from lms.enrollments.models import ClassState
from lms.hours.actions.attendance import AttendanceRefused, enter_attendance
from lms.hours.models import Entry
from lms.hours.queries.balances import confirmed_hours
from tests.integration.hours.client import Client
from tests.world import NOON, World


def attend(world: World, from_s: int, to_s: int, **changes: object) -> Entry:
    arguments = {
        "by": world.bob,
        "at": NOON + timedelta(hours=10),
        "uuid": uuid.uuid4(),
        "enrollment": world.enrollment,
        "module": world.practice,
        "kind": "workshop",
        "from_at": NOON + timedelta(seconds=from_s),
        "to_at": NOON + timedelta(seconds=to_s),
    }
    return enter_attendance(**{**arguments, **changes})  # type: ignore[arg-type]


def test_it_becomes_a_confirmed_entry_of_the_same_ledger(world: World) -> None:
    entry = attend(world, 0, 5400)

    assert (entry.ms, entry.confirmed_after_ms, entry.posted_by) == (5_400_000, 5_400_000, world.bob)
    assert confirmed_hours(world.enrollment)[(world.practice.pk, "workshop")] == 5_400_000
    assert Event.objects.get(verb="attendance.entered").by == world.bob


def test_the_same_id_enters_it_once(world: World) -> None:
    key = uuid.uuid4()

    assert attend(world, 0, 5400, uuid=key) == attend(world, 0, 5400, uuid=key)
    assert Entry.objects.count() == 1


def test_time_already_studied_is_refused(world: World, video: Client) -> None:
    video.open()
    video.study("0@0play 30@30 60@60")

    with pytest.raises(AttendanceRefused) as refused:
        attend(world, 30, 3600)

    assert refused.value.code == "overlap"


def test_a_session_that_runs_into_attendance_earns_only_the_rest(world: World, video: Client) -> None:
    video.open()
    video.study("0@0play 30@30")
    attend(world, 30, 50, at=NOON + timedelta(seconds=55))

    ack = video.study("60@60")[0]

    assert (ack.credited_ms, dict(ack.refused)) == (10_000, {"overlap": 20_000})


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("span", {"to_at": NOON}),
        ("span", {"to_at": NOON + timedelta(hours=13)}),
        ("future", {"at": NOON + timedelta(minutes=1)}),
        (
            "outside_class",
            {"from_at": NOON - timedelta(days=90), "to_at": NOON - timedelta(days=90) + timedelta(hours=1)},
        ),
        ("kind", {"kind": "online"}),
        ("kind", {"kind": "classroom"}),
    ],
)
def test_it_refuses_what_cannot_be(world: World, code: str, changes: dict[str, object]) -> None:
    with pytest.raises(AttendanceRefused) as refused:
        attend(world, 0, 3600, **changes)

    assert refused.value.code == code
    assert Entry.objects.count() == 0


def test_a_class_that_was_not_accepted_holds_no_hours(world: World) -> None:
    world.training_class.state = ClassState.REPORTED

    with pytest.raises(AttendanceRefused) as refused:
        attend(world, 0, 3600)

    assert refused.value.code == "not_accepted"


@pytest.mark.parametrize("who", ["alice", "charlie"])
def test_a_stranger_enters_nothing(world: World, who: str) -> None:
    with pytest.raises(AttendanceRefused) as refused:
        attend(world, 0, 3600, by=getattr(world, who))

    assert refused.value.code == "not_staff"
