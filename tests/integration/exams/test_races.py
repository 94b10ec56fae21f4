"""Real threads on real connections."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import connection

from lms.accounts.models import User
from lms.enrollments.actions import enroll
from lms.exams.actions import RegistrationRefused, register
from lms.exams.models import Decision, Registration
from tests.integration.exams.builders import NOON, Ground, Role, finish, make_ground, make_person

LEARNERS = 20


def race(people: list[User], attempt: Callable[[User], str]) -> Counter[str]:
    """Everybody at the same moment, eight at a time: two cores give no more."""
    gate = Barrier(8)

    def run(place: int) -> str:
        try:
            if place < 8:
                gate.wait(timeout=60)
            return attempt(people[place])
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=8) as pool:
        return Counter(pool.map(run, range(len(people))))


def learners_of(ground: Ground) -> list[User]:
    people = [make_person(f"worker{number}", Role.LEARNER, serial=100 + number) for number in range(LEARNERS)]
    for each in people:
        enrollment = enroll(by=ground.bob, at=NOON, uuid=uuid4(), learner=each, training_class=ground.training_class)
        finish(ground, enrollment)
    return people


def attempt_at(ground: Ground) -> Callable[[User], str]:
    def attempt(learner: User) -> str:
        try:
            register(by=learner, at=NOON, uuid=uuid4(), sitting=ground.sitting)
        except RegistrationRefused as refused:
            return ",".join(each.code for each in refused.unmet)
        return "booked"

    return attempt


@pytest.mark.django_db(transaction=True)
def test_twenty_learners_get_exactly_five_seats() -> None:
    ground = make_ground(capacity=5)

    outcome = race(learners_of(ground), attempt_at(ground))

    assert outcome == {"booked": 5, "full": 15}
    assert sorted(Registration.objects.values_list("seat", flat=True)) == [1, 2, 3, 4, 5]
    assert Decision.objects.filter(eligible=False).count() == 15


@pytest.mark.django_db(transaction=True)
def test_one_learner_on_many_connections_gets_one_seat() -> None:
    ground = make_ground(capacity=5)
    finish(ground)

    outcome = race([ground.alice] * 8, attempt_at(ground))

    assert outcome == {"booked": 1, "already_registered": 7}


@pytest.mark.django_db(transaction=True)
def test_one_request_sent_many_times_at_once_is_one_registration() -> None:
    ground = make_ground(capacity=5)
    finish(ground)
    uuid = uuid4()

    outcome = race(
        [ground.alice] * 8,
        lambda learner: str(register(by=learner, at=NOON, uuid=uuid, sitting=ground.sitting).pk),
    )

    assert list(outcome.values()) == [8]
    assert Registration.objects.count() == 1
