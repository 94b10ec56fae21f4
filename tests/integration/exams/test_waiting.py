"""The waiting list: first come first served, never past somebody who waits, and only while everything else is met."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4, uuid5

import pytest
from django.core.exceptions import PermissionDenied

from lms.accounts.models import User
from lms.audit.models import Event
from lms.enrollments.actions import withdraw_enrollment
from lms.enrollments.models import Enrollment
from lms.exams.actions import (
    NotWaiting,
    RegistrationRefused,
    UuidTaken,
    cancel_registration,
    cancel_sitting,
    change_capacity,
    join_waiting,
    leave_waiting,
    register,
    seat_waiting,
    seating,
)
from lms.exams.actions.holding import look_again
from lms.exams.models import Registration, WaitingPlace
from lms.exams.queries import ahead_of, places_to_come, sitting_for, sittings_for
from lms.exams.queries.replays import replayed
from lms.letters.models import Letter
from tests.integration.exams.builders import NOON, Ground, classmate, finish, make_ground

SOON = NOON + timedelta(minutes=1)


@pytest.fixture
def ground(db: None) -> Ground:
    """One seat, and Alice has it."""
    made = make_ground(capacity=1)
    finish(made)
    register(by=made.alice, at=NOON, uuid=uuid4(), sitting=made.sitting)
    return made


@pytest.fixture
def ben(ground: Ground) -> User:
    return classmate(ground, "ben", 11)


@pytest.fixture
def cara(ground: Ground) -> User:
    return classmate(ground, "cara", 12)


def wait(ground: Ground, person: User, uuid: UUID | None = None) -> WaitingPlace:
    return join_waiting(by=person, at=NOON, uuid=uuid or uuid4(), sitting=ground.sitting)


def free_alices_seat(ground: Ground) -> None:
    cancel_registration(by=ground.alice, at=NOON, registration=Registration.objects.get(learner=ground.alice))


def fill(at: datetime = SOON) -> int:
    return seat_waiting(clock=lambda: at)


def seated() -> list[str]:
    booked = Registration.objects.filter(state="booked").order_by("seat")
    return [each.learner.real_name for each in booked.select_related("learner")]


def unmet_of(place: WaitingPlace) -> list[str]:
    place.refresh_from_db()
    assert place.ending is not None
    return [each["code"] for each in place.ending.unmet]


def test_a_seat_that_comes_free_goes_to_who_came_first(ground: Ground, ben: User, cara: User) -> None:
    first, second = wait(ground, ben), wait(ground, cara)
    assert (ahead_of(first), ahead_of(second)) == (0, 1)
    free_alices_seat(ground)

    assert (fill(), fill()) == (1, 0)

    first.refresh_from_db()
    registration = Registration.objects.get(learner=ben)
    assert (first.state, first.ended_at, first.ending) == ("seated", SOON, registration.decision)
    assert (registration.uuid, registration.seat, registration.booked_at) == (uuid5(first.uuid, "seat"), 1, SOON)
    assert [ahead for _place, ahead in places_to_come(cara, SOON)] == [0]
    assert Letter.objects.get(kind="waiting.seated").to == ben


def test_a_free_seat_is_promised_to_who_waits_and_nobody_overtakes(ground: Ground, ben: User, cara: User) -> None:
    wait(ground, ben)
    free_alices_seat(ground)

    with pytest.raises(RegistrationRefused) as refused:
        register(by=cara, at=NOON, uuid=uuid4(), sitting=ground.sitting)

    assert [each.code for each in refused.value.unmet] == ["full"]
    seen = sitting_for(cara, ground.sitting.uuid, NOON)
    assert (seen.state, seen.left, seen.waiting) == ("full", 0, 1)
    # Whoever comes now waits behind, though a seat is free at this moment.
    assert ahead_of(wait(ground, cara)) == 1


def test_whose_turn_it_is_may_take_the_seat_without_the_worker(ground: Ground, ben: User) -> None:
    place = wait(ground, ben)
    free_alices_seat(ground)

    register(by=ben, at=NOON, uuid=uuid4(), sitting=ground.sitting)

    place.refresh_from_db()
    assert (place.state, fill(), seated()) == ("seated", 0, ["Ben"])


def test_there_is_nothing_to_wait_for_while_a_seat_is_free(ground: Ground, ben: User) -> None:
    free_alices_seat(ground)

    with pytest.raises(NotWaiting) as refused:
        wait(ground, ben)

    assert refused.value.made.eligible
    assert WaitingPlace.objects.count() == 0


def test_who_lacks_something_else_does_not_wait(ground: Ground) -> None:
    with pytest.raises(NotWaiting) as charlie:
        wait(ground, ground.charlie)
    with pytest.raises(NotWaiting) as alice:
        wait(ground, ground.alice)

    assert [each.code for each in charlie.value.made.verdict.unmet] == ["no_enrollment", "full"]
    assert [each.code for each in alice.value.made.verdict.unmet] == ["already_registered"]
    assert WaitingPlace.objects.count() == 0


def test_who_lost_what_is_asked_is_passed_over_with_reasons_and_a_letter(ground: Ground, ben: User, cara: User) -> None:
    lost, next_one = wait(ground, ben), wait(ground, cara)
    withdraw_enrollment(by=ground.bob, at=NOON, enrollment=Enrollment.objects.get(learner=ben))
    free_alices_seat(ground)

    assert fill() == 1

    assert unmet_of(lost) == ["no_enrollment"]
    next_one.refresh_from_db()
    assert (lost.state, next_one.state, seated()) == ("refused", "seated", ["Cara"])
    assert Letter.objects.get(kind="waiting.refused").to == ben
    assert Event.objects.get(verb="waiting.refused").detail["unmet"] == ["no_enrollment"]


def test_more_seats_seat_several_in_turn(ground: Ground, ben: User, cara: User) -> None:
    wait(ground, ben)
    wait(ground, cara)
    late = wait(ground, classmate(ground, "dan", 13))
    change_capacity(by=ground.edda, at=NOON, sitting=ground.sitting, capacity=3)

    assert (fill(), seated()) == (2, ["Alice", "Ben", "Cara"])
    assert ahead_of(late) == 0


def test_a_worker_that_was_killed_and_runs_again_books_nothing_twice(
    ground: Ground, ben: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = wait(ground, ben)
    change_capacity(by=ground.edda, at=NOON, sitting=ground.sitting, capacity=3)
    monkeypatch.setattr(seating, "sittings_to_fill", lambda at: [ground.sitting])
    monkeypatch.setattr(seating, "waiting_in", lambda sitting: [place])

    fill()
    fill()

    assert seated() == ["Alice", "Ben"]
    assert Letter.objects.filter(kind="waiting.seated").count() == 1


def test_nobody_overtakes_by_a_failure_and_the_next_round_tries_again(
    ground: Ground, ben: User, cara: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait(ground, ben)
    wait(ground, cara)
    change_capacity(by=ground.edda, at=NOON, sitting=ground.sitting, capacity=3)
    with monkeypatch.context() as broken:
        broken.setattr(seating, "eligibility", lambda *given: {}["gone"])
        assert fill() == 0
    assert seated() == ["Alice"]

    assert (fill(), seated()) == (2, ["Alice", "Ben", "Cara"])


def test_after_registration_has_closed_nobody_is_seated(ground: Ground, ben: User) -> None:
    place = wait(ground, ben)
    free_alices_seat(ground)

    assert fill(ground.sitting.closes_at) == 0

    place.refresh_from_db()
    assert place.state == "waiting"
    assert places_to_come(ben, ground.sitting.closes_at) == []
    assert sitting_for(ben, ground.sitting.uuid, ground.sitting.closes_at).state == "closed"


def test_who_leaves_makes_way_and_comes_back_at_the_end(ground: Ground, ben: User, cara: User) -> None:
    place, second = wait(ground, ben), wait(ground, cara)

    left = leave_waiting(by=ben, at=SOON, place=place)
    again = leave_waiting(by=ben, at=SOON + timedelta(minutes=1), place=place)

    assert (left.state, left.ended_at, again.ended_at) == ("left", SOON, SOON)
    assert Event.objects.filter(verb="waiting.left").count() == 1
    assert (ahead_of(second), ahead_of(wait(ground, ben))) == (0, 1)


def test_nobody_leaves_for_another(ground: Ground, ben: User, cara: User) -> None:
    place = wait(ground, ben)

    with pytest.raises(PermissionDenied):
        leave_waiting(by=cara, at=SOON, place=place)


def test_the_same_uuid_is_one_place_and_another_persons_is_refused(ground: Ground, ben: User, cara: User) -> None:
    uuid = uuid4()
    place = wait(ground, ben, uuid)

    assert (wait(ground, ben, uuid), wait(ground, ben)) == (place, place)
    with pytest.raises(UuidTaken):
        wait(ground, cara, uuid)


def test_who_waits_for_an_exam_that_is_cancelled_waits_no_longer_and_is_told(ground: Ground, ben: User) -> None:
    place = wait(ground, ben)
    cancel_sitting(by=ground.edda, at=NOON, sitting=ground.sitting, reason="停电")

    look_again(clock=lambda: SOON)
    assert fill() == 0

    assert unmet_of(place) == ["sitting_cancelled"]
    assert (place.state, seated()) == ("refused", [])
    assert Letter.objects.get(kind="waiting.cancelled").to == ben
    assert not Letter.objects.filter(kind="waiting.refused").exists()
    assert sittings_for(ben, SOON) == []
    assert [each.state for each in sittings_for(ben, SOON, with_cancelled=True)] == ["cancelled"]


def test_decisions_of_the_waiting_list_replay(ground: Ground, ben: User, cara: User) -> None:
    wait(ground, ben)
    wait(ground, cara)
    free_alices_seat(ground)
    fill()

    assert [each.differences for each in replayed()] == [()] * 4
