"""Eligibility since a cursor: whoever may stand differently before a sitting, as the gate judges them now."""

import uuid
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from lms.accounts.actions import restore, suspend
from lms.accounts.models import User
from lms.enrollments.actions import enroll
from lms.exams.actions import RegistrationRefused, cancel_registration, register
from lms.exams.actions.holding import look_again
from lms.exams.models import Decision, Sitting
from lms.exchange.actions.numbering import number_changes
from lms.exchange.models import StandingChange
from lms.exchange.rules.cursors import Cursor, read, written
from lms.institutions.actions import lift_suspension, open_institution, suspend_institution
from tests.integration.exams.builders import EXAM, NOON, classmate, finish
from tests.integration.exchange.builders import Lands, Reader, reader_for
from tests.sittings import published_sitting

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Registration is open. Tokens are given by the real clock, which is later."""
    monkeypatch.setattr("lms.api.moments.now", lambda: NOON)


def ask(reader: Reader, since: str = "", **query: Any) -> Any:
    return reader.get("eligibility", since=since, **query).json()


def told(page: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [
        (each["person"], each["seat"], each["requirements_met"], [unmet["code"] for unmet in each["unmet"]])
        for each in page["standings"]
    ]


def book(lands: Lands, person: User | None = None, sitting: Sitting | None = None) -> Any:
    return register(
        by=person or lands.ground.alice, at=NOON, uuid=uuid.uuid4(), sitting=sitting or lands.ground.sitting
    )


def another_sitting(lands: Lands, days: int) -> Sitting:
    """Of the same syllabus in the same office, so many days after."""
    return published_sitting(
        lands.ground.exam_office,
        lands.ground.version.syllabus,
        title_zh=f"第{days}场",
        starts_at=EXAM + timedelta(days=days),
        opens_at=NOON - timedelta(days=9),
        closes_at=EXAM - timedelta(days=9),
        capacity=9,
    )


def test_a_refusal_a_seat_a_doubt_and_a_withdrawal_come_one_after_another(lands: Lands) -> None:
    alice = str(lands.ground.alice.uuid)
    region, office = reader_for(lands.province), reader_for(lands.ground.exam_office)
    begun = ask(region)
    assert (begun["standings"], begun["has_more"]) == ([], False)

    with pytest.raises(RegistrationRefused):
        book(lands)
    refused = ask(region, begun["next"])
    assert told(refused) == [(alice, None, False, ["hours_missing", "hours_missing"])]

    finish(lands.ground)
    book(lands)
    booked = ask(region, refused["next"])
    assert told(booked) == [(alice, "booked", True, ["already_registered"])]
    assert booked["standings"][0]["sitting"] == str(lands.ground.sitting.uuid)
    assert told(ask(office)) == told(booked)

    suspend_institution(by=None, at=NOON, institution=lands.ground.school, reason="停训")
    doubted = ask(region, booked["next"])
    assert told(doubted) == [(alice, "booked", False, ["institution_suspended", "already_registered"])]

    look_again(clock=lambda: NOON + MINUTE)
    withdrawn = ask(region, doubted["next"])
    assert told(withdrawn) == [(alice, "withdrawn", False, ["institution_suspended"])]
    assert told(ask(office, doubted["next"])) == told(withdrawn), "the office learns that the seat is gone, and why"
    assert ask(region, withdrawn["next"])["standings"] == []


def test_a_doubt_that_was_cleared_is_told_and_so_is_a_second_one(lands: Lands) -> None:
    """Whoever read in between would keep what is not true any more."""
    finish(lands.ground)
    book(lands)
    alice, reader = str(lands.ground.alice.uuid), reader_for(lands.province)
    suspend_institution(by=None, at=NOON, institution=lands.ground.school, reason="停训")
    doubted = ask(reader)
    assert told(doubted) == [(alice, "booked", False, ["institution_suspended", "already_registered"])]

    suspend(by=None, at=NOON, person=lands.ground.alice, reason="冒名")
    again = ask(reader, doubted["next"])
    assert told(again) == [
        (alice, "booked", False, ["person_suspended", "institution_suspended", "already_registered"])
    ]

    restore(by=None, at=NOON, person=lands.ground.alice)
    lift_suspension(by=None, at=NOON, institution=lands.ground.school)
    look_again(clock=lambda: NOON + MINUTE)
    cleared = ask(reader, again["next"])
    assert told(cleared) == [(alice, "booked", True, ["already_registered"])]


def test_a_seat_that_was_given_up_is_told(lands: Lands) -> None:
    finish(lands.ground)
    registration = book(lands)
    reader = reader_for(lands.ground.exam_office)
    before = ask(reader)

    cancel_registration(by=lands.ground.alice, at=NOON, registration=registration)

    assert told(ask(reader, before["next"])) == [(str(lands.ground.alice.uuid), "cancelled", True, [])]


def test_everybody_is_told_once_for_each_sitting_as_they_stand_now(lands: Lands) -> None:
    for _times in range(3):
        with pytest.raises(RegistrationRefused):
            book(lands)
    finish(lands.ground)
    suspend_institution(by=None, at=NOON, institution=lands.ground.school, reason="停训")
    lift_suspension(by=None, at=NOON, institution=lands.ground.school)

    page = ask(reader_for(lands.province))

    assert told(page) == [(str(lands.ground.alice.uuid), None, True, [])]
    assert Decision.objects.count() == 3, "reading decides nothing"


def test_whom_the_gate_was_never_asked_about_is_not_there(lands: Lands) -> None:
    finish(lands.ground)

    assert ask(reader_for(lands.province))["standings"] == []


def test_each_reads_of_its_own_people_only(lands: Lands) -> None:
    finish(lands.ground)
    finish(lands.ground, lands.eves)
    book(lands)
    book(lands, lands.eve)
    readers = {each.code: reader_for(each) for each in (lands.province, lands.county, lands.other)}

    seen = {code: [each["person"] for each in ask(reader)["standings"]] for code, reader in readers.items()}

    assert seen == {"99": [str(lands.ground.alice.uuid)], "9901": [], "98": [str(lands.eve.uuid)]}


def test_an_exam_institution_reads_nothing_of_another_and_of_who_never_had_a_seat(lands: Lands) -> None:
    with pytest.raises(RegistrationRefused):
        book(lands)

    assert ask(reader_for(lands.ground.exam_office))["standings"] == []
    finish(lands.ground)
    book(lands)
    assert len(ask(reader_for(lands.ground.exam_office))["standings"]) == 1
    elsewhere = open_institution(by=None, at=NOON, kind="exam", name_zh="二院", region=lands.province)
    assert ask(reader_for(elsewhere))["standings"] == []


def test_it_can_be_read_of_one_person_or_one_class(lands: Lands) -> None:
    finish(lands.ground, lands.dans)
    finish(lands.ground)
    book(lands)
    book(lands, lands.dan)
    reader = reader_for(lands.province)

    dan = [str(lands.dan.uuid)]
    assert [each["person"] for each in ask(reader, person=lands.dan.uuid)["standings"]] == dan
    of_class = ask(reader, **{"class": lands.dans.training_class.uuid})
    assert [each["person"] for each in of_class["standings"]] == dan
    assert ask(reader, person=uuid.uuid4())["standings"] == []
    county = reader_for(lands.county)
    ours = lands.ground.training_class
    enroll(by=lands.ground.bob, at=NOON, uuid=uuid.uuid4(), learner=lands.dan, training_class=ours)
    assert ask(county, **{"class": ours.uuid})["standings"] == [], "who is in a class of another region is not told"


def test_a_reader_goes_on_where_it_was(lands: Lands) -> None:
    people = [classmate(lands.ground, f"worker{number}", 100 + number) for number in range(5)]
    for each in people:
        book(lands, each)
    reader, cursor, found, more = reader_for(lands.province), "", [], []

    for _page in range(3):
        page = ask(reader, cursor, limit=2)
        cursor = page["next"]
        more.append(page["has_more"])
        found += [each["person"] for each in page["standings"]]

    assert found == [str(each.uuid) for each in people]
    assert more == [True, True, False]


def test_a_page_ends_before_it_would_judge_for_too_many_sittings(lands: Lands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lms.exchange.queries.standings.SITTINGS_A_PAGE", 2)
    sittings = [another_sitting(lands, days) for days in (1, 2, 3)]
    for each in sittings:
        with pytest.raises(RegistrationRefused):
            book(lands, sitting=each)
    reader = reader_for(lands.province)

    first = ask(reader)
    second = ask(reader, first["next"])

    assert [each["sitting"] for each in first["standings"]] == [str(each.uuid) for each in sittings[:2]]
    assert [each["sitting"] for each in second["standings"]] == [str(sittings[2].uuid)]
    assert (first["has_more"], second["has_more"]) == (True, False)


def test_a_page_costs_the_same_for_two_people_and_for_twenty(lands: Lands) -> None:
    reader, costs = reader_for(lands.province), {}
    for size in (2, 20):
        for number in range(StandingChange.objects.count(), size):
            with suppress(RegistrationRefused):  # only the first few find a seat
                book(lands, classmate(lands.ground, f"worker{number}", 100 + number))
        number_changes(StandingChange)
        with CaptureQueriesContext(connection) as queries:
            page = ask(reader)
        costs[len(page["standings"])] = len(queries)

    assert list(costs) == [2, 20]
    assert costs[2] == costs[20]


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({"since": "nonsense"}, 422, "invalid"),
        ({"since": "", "sitting": str(uuid.UUID(int=1))}, 422, "invalid"),
        ({"since": "", "class": str(uuid.UUID(int=1)), "after": str(uuid.UUID(int=1))}, 422, "invalid"),
        ({"since": "", "limit": 101}, 422, "invalid"),
        ({"since": written(Cursor(7, uuid.UUID(int=7)))}, 410, "cursor_gone"),
        ({"since": "MToxOjE"}, 410, "cursor_gone"),
    ],
    ids=["no cursor", "with a sitting", "with a place in a class", "too many", "of another feed", "of before"],
)
def test_it_says_what_cannot_be_asked(lands: Lands, query: dict[str, Any], status: int, code: str) -> None:
    answer = reader_for(lands.province).get("eligibility", **query)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_feed_that_was_restored_is_known_by_its_mark(lands: Lands) -> None:
    """The same number, and the same id, belong to another change then."""
    finish(lands.ground)
    book(lands)
    reader = reader_for(lands.province)
    stands = read(ask(reader)["next"])

    answer = reader.get("eligibility", since=written(Cursor(stands.number, uuid.uuid4())))

    assert (answer.status_code, answer.json()["code"]) == (410, "cursor_gone")
    assert reader.get("eligibility", since=written(stands)).status_code == 200


def test_postgresql_gives_a_place_in_the_feed_once(lands: Lands) -> None:
    finish(lands.ground)
    book(lands)
    number_changes(StandingChange)
    change = StandingChange.objects.filter(number=1)

    for write in (
        lambda: change.update(number=2),
        lambda: change.update(number=None),
        lambda: change.update(learner=lands.dan),
        lambda: change.update(mark=uuid.uuid4()),
        lambda: change.delete(),
    ):
        with pytest.raises(DatabaseError, match="given once"), transaction.atomic():
            write()
    assert change.exists()
