"""The books that judge the races see what they are there to see: rows are made wrong, and they say so."""

from uuid import uuid4

import pytest
from django.db import connection

from lms.audit.actions import record
from lms.exams.actions import cancel_registration, register
from lms.exams.models import Registration, WaitingPlace
from tests.integration.exams.builders import NOON, Ground, confirm, finish, make_ground
from tests.integration.exams.racing.books import Books, overtaken
from tests.integration.exams.racing.layers import drop_constraints
from tests.sittings import made_up_decision
from tests.templates import owner_connection

pytestmark = pytest.mark.django_db(transaction=True)


def database() -> str:
    return str(connection.settings_dict["NAME"])


def counts() -> dict[str, int]:
    books = Books()
    with owner_connection(database()) as own:
        books.look(own)
    return books.counts()


def seat(ground: Ground, number: int) -> Registration:
    decision = made_up_decision(ground.sitting, ground.enrollment)
    return Registration.objects.create(
        learner=ground.alice, sitting=ground.sitting, decision=decision, seat=number, booked_at=NOON
    )


def test_they_find_a_seat_without_hours_a_double_one_and_one_too_many() -> None:
    ground = make_ground(capacity=1)
    finish(ground)
    drop_constraints()
    seat(ground, 1)
    assert counts() == {"ineligible": 0, "duplicate": 0, "over_capacity": 0}

    second = seat(ground, 2)
    assert counts() == {"ineligible": 0, "duplicate": 1, "over_capacity": 1}

    confirm(ground.enrollment, ground.practice, "workshop", -1)
    assert counts() == {"ineligible": 2, "duplicate": 1, "over_capacity": 1}

    Registration.objects.filter(pk=second.pk).update(doubted_at=NOON)
    assert counts()["ineligible"] == 1


def test_they_find_somebody_who_overtook() -> None:
    ground = make_ground(capacity=1)
    finish(ground)
    first = register(by=ground.alice, at=NOON, uuid=uuid4(), sitting=ground.sitting)
    refused = made_up_decision(ground.sitting, ground.enrollment)
    place = WaitingPlace.objects.create(
        learner=ground.charlie, sitting=ground.sitting, decision=refused, joined_at=NOON
    )
    record(verb="waiting.joined", subject=place, by=ground.charlie, at=NOON)
    cancel_registration(by=ground.alice, at=NOON, registration=first)
    assert overtaken(database()) == 0

    record(verb="registration.booked", subject=seat(ground, 1), by=ground.alice, at=NOON)

    assert overtaken(database()) == 1
