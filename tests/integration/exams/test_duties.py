"""What is still done about a sitting after its plan: more or fewer seats, cancelling, who is on duty."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from lms.accounts.models import Role, User
from lms.audit.models import Event
from lms.exams.actions import (
    DutyRefused,
    NotExaminer,
    SittingRefused,
    UuidTaken,
    assign_officer,
    cancel_registration,
    cancel_sitting,
    change_capacity,
    relieve_officer,
)
from lms.exams.actions.holding import look_again
from lms.exams.models import Duty, Officer, Registration, Sitting
from lms.institutions.actions import join_institution, leave_institution
from tests.integration.exams.builders import EXAM, NOON, REPORTED, Ground, make_person, publish
from tests.integration.exams.offices import examiner, newcomer, refreshed, seat
from tests.integration.letters.post import delivered


@pytest.fixture
def seated(ground: Ground) -> list[Registration]:
    """Seats 1 to 3: Alice, Lily and Leo."""
    return [seat(ground), seat(ground, newcomer("lily", 11)), seat(ground, newcomer("leo", 12))]


def assigned(ground: Ground, person: User, duty: Duty = Duty.INVIGILATOR, **changes: Any) -> Officer:
    given = {"uuid": uuid.uuid4(), "sitting": ground.sitting, "by": ground.edda, "at": NOON, **changes}
    return assign_officer(person=person, duty=duty, **given)


def test_a_seat_above_the_new_number_moves_down_and_its_holder_hears_of_it(
    ground: Ground, seated: list[Registration]
) -> None:
    cancel_registration(by=ground.alice, at=NOON, registration=seated[0])

    change_capacity(by=ground.edda, at=NOON, sitting=ground.sitting, capacity=2)

    numbers = Registration.objects.filter(state="booked").order_by("pk").values_list("seat", flat=True)
    assert (refreshed(ground.sitting).capacity, list(numbers)) == (2, [2, 1])
    assert "leo@example.test" in delivered()
    assert Event.objects.get(verb="registration.moved").detail == {"from": 3, "to": 1}
    assert Event.objects.get(verb="sitting.capacity").detail == {"from": 5, "to": 2}


@pytest.mark.parametrize("capacity", [2, 0, 21])
def test_never_fewer_seats_than_are_taken_nor_more_than_the_room_has(
    ground: Ground, seated: list[Registration], capacity: int
) -> None:
    with pytest.raises(SittingRefused, match=f"capacity: '{capacity}', allowed: 3 to 20"):
        change_capacity(by=ground.edda, at=NOON, sitting=ground.sitting, capacity=capacity)

    assert refreshed(ground.sitting).capacity == 5


def test_the_same_number_again_writes_nothing_and_a_begun_exam_changes_nothing(ground: Ground) -> None:
    change_capacity(by=ground.edda, at=NOON, sitting=ground.sitting, capacity=5)
    assert not Event.objects.filter(verb="sitting.capacity").exists()

    with pytest.raises(SittingRefused, match="a sitting that is still to come"):
        change_capacity(by=ground.edda, at=EXAM, sitting=ground.sitting, capacity=6)


def test_a_cancelled_sitting_takes_every_seat_with_its_reason(ground: Ground, seated: list[Registration]) -> None:
    for _again in range(2):
        cancel_sitting(by=ground.edda, at=NOON, sitting=ground.sitting, reason=" 停电 ")
    assert look_again(clock=lambda: NOON + timedelta(seconds=20)) == 3

    sitting = refreshed(ground.sitting)
    assert (sitting.state, sitting.cancel_reason) == ("cancelled", "停电")
    kept = [each.withdrawal for each in Registration.objects.select_related("withdrawal")]
    assert [[reason["code"] for reason in each.unmet] for each in kept if each] == [["sitting_cancelled"]] * 3
    assert Event.objects.filter(verb="sitting.cancelled").count() == 1
    assert {"alice@example.test", "lily@example.test", "leo@example.test"} <= delivered().keys()


def test_a_sitting_is_cancelled_with_a_reason_before_it_begins(ground: Ground) -> None:
    with pytest.raises(SittingRefused, match="reason: '', allowed: 1 to 500"):
        cancel_sitting(by=ground.edda, at=NOON, sitting=ground.sitting, reason="")
    with pytest.raises(SittingRefused, match="a published sitting that is still to come"):
        cancel_sitting(by=ground.edda, at=EXAM, sitting=ground.sitting, reason="停电")
    with pytest.raises(IntegrityError, match="a_sitting_is_cancelled_with_a_reason"), transaction.atomic():
        Sitting.objects.filter(pk=ground.sitting.pk).update(cancelled_at=NOON)


def test_a_cancelled_sitting_does_not_come_back(ground: Ground) -> None:
    cancel_sitting(by=ground.edda, at=NOON, sitting=ground.sitting, reason="停电")

    with pytest.raises(IntegrityError, match="what was proposed stays as it is"), transaction.atomic():
        Sitting.objects.filter(pk=ground.sitting.pk).update(cancelled_at=None, cancel_reason="")


def test_an_examiner_is_put_on_duty_once_and_relieved_once(ground: Ground) -> None:
    key = uuid.uuid4()
    for _again in range(2):
        officer = assigned(ground, ground.edda, Duty.CHIEF, uuid=key)
    for _again in range(2):
        relieve_officer(by=ground.edda, at=NOON, officer=officer)

    assert (officer.duty, Officer.objects.count()) == ("chief", 1)
    told = Event.objects.filter(verb__startswith="officer.").order_by("pk").values_list("verb", flat=True)
    assert list(told) == ["officer.assigned", "officer.relieved"]
    assert assigned(ground, ground.edda, Duty.CHIEF).relieved_at is None


def test_nobody_who_works_elsewhere_is_on_duty(ground: Ground) -> None:
    for person in (ground.bob, ground.vera, ground.charlie, make_person("emil", Role.EXAMINER)):
        with pytest.raises(DutyRefused) as refused:
            assigned(ground, person)
        assert refused.value.code == "not_an_examiner_here"


def test_whoever_once_worked_for_the_school_examines_none_of_its_learners(ground: Ground) -> None:
    emma = make_person("emma", Role.EXAMINER)
    join_institution(by=None, at=REPORTED, person=emma, institution=ground.school)
    leave_institution(by=None, at=REPORTED, person=emma, institution=ground.school)
    join_institution(by=None, at=NOON, person=emma, institution=ground.exam_office)
    before = assigned(ground, emma)
    relieve_officer(by=ground.edda, at=NOON, officer=before)
    seat(ground)

    with pytest.raises(DutyRefused) as refused:
        assigned(ground, emma)

    assert refused.value.code == "trained_somebody_here"
    assert not Officer.objects.filter(relieved_at__isnull=True).exists()


def test_nobody_is_on_duty_twice_at_a_time_and_one_is_the_chief(ground: Ground) -> None:
    room = ground.sitting.site.rooms.create(name_zh="二号机房", seats=10, opened_at=NOON)
    twin = publish(ground.edda, ground.vera, room, ground.version, capacity=5)
    ella = examiner("ella", ground.exam_office)
    assigned(ground, ground.edda, Duty.CHIEF)

    for person, duty, changes, code in (
        (ground.edda, Duty.INVIGILATOR, {}, "on_duty_then"),
        (ground.edda, Duty.CHIEF, {"sitting": twin}, "on_duty_then"),
        (ella, Duty.CHIEF, {}, "has_a_chief"),
    ):
        with pytest.raises(DutyRefused) as refused:
            assigned(ground, person, duty, **changes)
        assert refused.value.code == code

    assert assigned(ground, ella, Duty.CHIEF, sitting=twin).sitting == twin


def test_a_duty_at_a_cancelled_exam_keeps_nobody_from_another(ground: Ground) -> None:
    room = ground.sitting.site.rooms.create(name_zh="二号机房", seats=10, opened_at=NOON)
    twin = publish(ground.edda, ground.vera, room, ground.version, capacity=5)
    assigned(ground, ground.edda, sitting=twin)
    cancel_sitting(by=ground.edda, at=NOON, sitting=twin, reason="停电")

    assert assigned(ground, ground.edda).relieved_at is None


def test_postgresql_holds_one_duty_of_a_person_and_one_chief(ground: Ground) -> None:
    assigned(ground, ground.edda, Duty.CHIEF)
    ella = examiner("ella", ground.exam_office)

    for person, duty, name in (
        (ground.edda, "invigilator", "one_duty_at_a_sitting"),
        (ella, "chief", "one_chief_examiner_at_a_sitting"),
    ):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            Officer.objects.create(sitting=ground.sitting, person=person, duty=duty, assigned_at=NOON)


@pytest.mark.parametrize("who", ["alice", "bob", "vera", "charlie"])
def test_only_examiners_of_the_institution_do_any_of_it(ground: Ground, who: str) -> None:
    officer = assigned(ground, ground.edda)
    by: dict[str, Any] = {"by": getattr(ground, who), "at": NOON}
    sitting = ground.sitting
    tries = [
        lambda: change_capacity(sitting=sitting, capacity=6, **by),
        lambda: cancel_sitting(sitting=sitting, reason="停电", **by),
        lambda: assign_officer(uuid=uuid.uuid4(), sitting=sitting, person=ground.edda, duty=Duty.CHIEF, **by),
        lambda: relieve_officer(officer=officer, **by),
    ]

    for each in tries:
        with pytest.raises(NotExaminer):
            each()


def test_an_id_names_one_duty(ground: Ground) -> None:
    officer = assigned(ground, ground.edda)

    with pytest.raises(UuidTaken):
        assigned(ground, examiner("ella", ground.exam_office), uuid=officer.uuid)
