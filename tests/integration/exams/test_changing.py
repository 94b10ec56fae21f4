"""Changing a seat for one in another sitting: both or neither."""

from datetime import timedelta
from uuid import uuid4

import pytest

from lms.audit.models import Event
from lms.exams.actions import (
    GateFailed,
    NotChangeable,
    NotOwnRegistration,
    RegistrationRefused,
    UuidTaken,
    cancel_registration,
    change_registration,
    join_waiting,
    register,
    registering,
    seat_waiting,
)
from lms.exams.models import Registration, Sitting
from lms.exams.queries import last_seat, sittings_instead_of
from tests.integration.exams.builders import EXAM, NOON, Ground, classmate, confirm, finish, make_version, publish


@pytest.fixture
def other(ground: Ground) -> Sitting:
    """The day after, with one seat."""
    room = ground.sitting.room
    return publish(ground.edda, ground.vera, room, ground.version, capacity=1, starts_at=EXAM + timedelta(days=1))


@pytest.fixture
def seat(ground: Ground) -> Registration:
    finish(ground)
    return register(by=ground.alice, at=NOON, uuid=uuid4(), sitting=ground.sitting)


def change(ground: Ground, seat: Registration, to: Sitting, **given: object) -> Registration:
    arguments = {"by": ground.alice, "at": NOON, "uuid": uuid4(), **given}
    return change_registration(registration=seat, sitting=to, **arguments)  # type: ignore[arg-type]


def booked() -> list[tuple[str, int]]:
    rows = Registration.objects.filter(state="booked").order_by("pk")
    return [(each.learner.real_name, each.sitting_id) for each in rows.select_related("learner")]


def test_the_old_seat_is_free_when_the_new_one_is_booked(ground: Ground, seat: Registration, other: Sitting) -> None:
    new = change(ground, seat, other)

    seat.refresh_from_db()
    assert (seat.state, seat.cancelled_at, new.instead_of) == ("cancelled", NOON, seat)
    assert booked() == [("Alice", other.pk)]
    assert Event.objects.filter(verb="registration.booked").latest("pk").detail["instead_of"] == str(seat.uuid)
    kept = last_seat(ground.alice, ground.sitting)
    assert kept is not None
    assert kept.given_for == new


def test_a_full_one_refuses_and_the_old_seat_stays(ground: Ground, seat: Registration, other: Sitting) -> None:
    register(by=classmate(ground, "ben", 11), at=NOON, uuid=uuid4(), sitting=other)

    with pytest.raises(RegistrationRefused) as refused:
        change(ground, seat, other)

    assert [each.code for each in refused.value.unmet] == ["full"]
    assert booked() == [("Alice", ground.sitting.pk), ("Ben", other.pk)]
    assert refused.value.decision.sitting == other


def test_a_seat_that_is_promised_to_who_waits_is_not_taken_by_a_change(
    ground: Ground, seat: Registration, other: Sitting
) -> None:
    ben, cara = classmate(ground, "ben", 11), classmate(ground, "cara", 12)
    bens = register(by=ben, at=NOON, uuid=uuid4(), sitting=other)
    join_waiting(by=cara, at=NOON, uuid=uuid4(), sitting=other)
    cancel_registration(by=ben, at=NOON, registration=bens)

    with pytest.raises(RegistrationRefused):
        change(ground, seat, other)

    assert sittings_instead_of(ground.alice, ground.sitting, NOON) == []


def test_who_lost_hours_keeps_what_is_left_to_the_worker_and_changes_nothing(
    ground: Ground, seat: Registration, other: Sitting
) -> None:
    confirm(ground.enrollment, ground.theory, "online", -1)

    with pytest.raises(RegistrationRefused) as refused:
        change(ground, seat, other)

    assert [each.code for each in refused.value.unmet] == ["hours_missing"]
    assert booked() == [("Alice", ground.sitting.pk)]


def test_a_sitting_of_another_syllabus_or_the_same_one_is_refused(ground: Ground, seat: Registration) -> None:
    room, starts_at = ground.sitting.room, EXAM + timedelta(days=2)
    welding = publish(ground.edda, ground.vera, room, make_version("welding"), capacity=1, starts_at=starts_at)

    for sitting in (welding, ground.sitting):
        with pytest.raises(NotChangeable):
            change(ground, seat, sitting)

    assert booked() == [("Alice", ground.sitting.pk)]


def test_the_same_uuid_again_is_the_same_change(ground: Ground, seat: Registration, other: Sitting) -> None:
    uuid = uuid4()

    first, again = change(ground, seat, other, uuid=uuid), change(ground, seat, other, uuid=uuid)

    assert first == again
    assert booked() == [("Alice", other.pk)]


def test_a_uuid_that_names_another_seat_is_refused(ground: Ground, seat: Registration, other: Sitting) -> None:
    with pytest.raises(UuidTaken):
        change(ground, seat, other, uuid=seat.uuid)

    assert booked() == [("Alice", ground.sitting.pk)]


@pytest.mark.parametrize("who", ["charlie", "edda", "bob"])
def test_nobody_changes_the_seat_of_another(ground: Ground, seat: Registration, other: Sitting, who: str) -> None:
    with pytest.raises(NotOwnRegistration):
        change(ground, seat, other, by=getattr(ground, who))


def test_a_seat_that_was_given_back_is_not_changed(ground: Ground, seat: Registration, other: Sitting) -> None:
    cancel_registration(by=ground.alice, at=NOON, registration=seat)

    with pytest.raises(NotChangeable):
        change(ground, seat, other)


def test_a_seat_is_kept_once_its_exam_has_begun(ground: Ground, seat: Registration, other: Sitting) -> None:
    with pytest.raises(NotChangeable):
        change(ground, seat, other, at=EXAM)


def test_the_seat_that_was_given_up_goes_to_who_waits(db: None, ground: Ground) -> None:
    finish(ground)
    ben = classmate(ground, "ben", 11)
    room, starts_at = ground.sitting.room, EXAM + timedelta(days=1)
    single = publish(ground.edda, ground.vera, room, ground.version, capacity=1, starts_at=starts_at)
    seat = register(by=ground.alice, at=NOON, uuid=uuid4(), sitting=single)
    join_waiting(by=ben, at=NOON, uuid=uuid4(), sitting=single)

    change(ground, seat, ground.sitting)

    assert seat_waiting(clock=lambda: NOON) == 1
    assert booked() == [("Alice", ground.sitting.pk), ("Ben", single.pk)]


def test_a_failure_half_way_changes_nothing_and_is_on_record(
    ground: Ground, seat: Registration, other: Sitting, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*given: object) -> None:
        raise RuntimeError("the lights went out")

    monkeypatch.setattr(registering, "book", fails)

    with pytest.raises(GateFailed):
        change(ground, seat, other)

    assert booked() == [("Alice", ground.sitting.pk)]
    assert Event.objects.get(verb="registration.failed").detail == {"failure": "RuntimeError"}
