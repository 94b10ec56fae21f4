"""Eligibility as programs read it: the gate's own verdict, of whom their body may see and nobody else."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lms.accounts.models import Role
from lms.enrollments.actions import enroll, withdraw_enrollment
from lms.exams.actions import register
from lms.exams.models import Decision, Sitting
from lms.institutions.actions import join_institution, open_institution, suspend_institution
from tests.integration.exams.builders import EXAM, NOON, REPORTED, Ground, finish, make_person
from tests.integration.exchange.builders import Lands, reader_for
from tests.sittings import published_sitting


@pytest.fixture(autouse=True)
def _noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Registration is open. Tokens are given by the real clock, which is later."""
    monkeypatch.setattr("lms.api.moments.now", lambda: NOON)


def about(ground: Ground, **more: Any) -> dict[str, Any]:
    return {"person": ground.alice.uuid, "sitting": ground.sitting.uuid, **more}


def test_it_names_everything_that_is_missing(lands: Lands) -> None:
    page = reader_for(lands.province).get("eligibility", **about(lands.ground)).json()

    [standing] = page["standings"]
    assert (page["sitting"], page["next_after"]) == (str(lands.ground.sitting.uuid), None)
    assert {name: standing[name] for name in ("eligible", "requirements_met", "registered")} == {
        "eligible": False,
        "requirements_met": False,
        "registered": False,
    }
    assert (standing["person"], standing["identity"]) == (str(lands.ground.alice.uuid), "000***********0013")
    assert (standing["rule_version"], standing["as_of"]) == ("eligibility-3", "2026-03-02T04:00:00Z")
    assert [each["code"] for each in standing["unmet"]] == ["hours_missing", "hours_missing"]
    assert standing["unmet"][1] == {
        "code": "hours_missing",
        "text": "Practice: workshop class hours missing: 2.",
        "required": 2,
        "actual": 0,
        "missing": 2,
        "module": "Practice",
        "module_uuid": str(lands.ground.practice.uuid),
        "kind": "workshop",
    }


def test_it_is_the_verdict_of_the_gate_and_books_nothing(lands: Lands) -> None:
    finish(lands.ground)
    reader = reader_for(lands.province)

    [standing] = reader.get("eligibility", **about(lands.ground)).json()["standings"]

    assert (standing["eligible"], standing["requirements_met"], standing["unmet"]) == (True, True, [])
    assert Decision.objects.count() == 0
    register(by=lands.ground.alice, at=NOON, uuid=uuid.uuid4(), sitting=lands.ground.sitting)


def test_whoever_has_a_seat_still_meets_the_requirements_until_they_do_not(lands: Lands) -> None:
    finish(lands.ground)
    register(by=lands.ground.alice, at=NOON, uuid=uuid.uuid4(), sitting=lands.ground.sitting)
    reader = reader_for(lands.ground.exam_office)

    def told() -> tuple[Any, ...]:
        [found] = reader.get("eligibility", **about(lands.ground)).json()["standings"]
        return found["eligible"], found["requirements_met"], found["registered"], [u["code"] for u in found["unmet"]]

    assert told() == (False, True, True, ["already_registered"])
    suspend_institution(by=None, at=NOON, institution=lands.ground.school, reason="test")
    assert told() == (False, False, True, ["institution_suspended", "already_registered"])


def test_a_region_sees_nobody_of_another(lands: Lands) -> None:
    readers = {each.code: reader_for(each) for each in (lands.province, lands.county, lands.other)}
    sitting = lands.ground.sitting.uuid
    people = {"alice": lands.ground.alice, "dan": lands.dan, "eve": lands.eve, "charlie": lands.ground.charlie}

    found = {
        code: [name for name, each in people.items() if _status(reader, each.uuid, sitting) == 200]
        for code, reader in readers.items()
    }

    assert found == {"99": ["alice", "dan"], "9901": ["dan"], "98": ["eve"]}
    assert _status(readers["98"], lands.ground.alice.uuid, sitting) == 404
    assert _status(readers["98"], uuid.uuid4(), sitting) == 404


def _status(reader: Any, person: uuid.UUID, sitting: uuid.UUID) -> int:
    return int(reader.get("eligibility", person=person, sitting=sitting).status_code)


def test_a_verdict_that_rests_on_training_elsewhere_is_not_told(lands: Lands) -> None:
    """Eve is in classes of both provinces; the gate judges by the one with all hours."""
    boss = lands.ground.bob
    enroll(by=boss, at=NOON, uuid=uuid.uuid4(), learner=lands.eve, training_class=lands.ground.training_class)
    own, other = reader_for(lands.other), reader_for(lands.province)
    sitting = lands.ground.sitting.uuid

    finish(lands.ground, lands.eves)

    assert _status(own, lands.eve.uuid, sitting) == 200
    assert _status(other, lands.eve.uuid, sitting) == 404
    page = other.get("eligibility", **{"class": lands.ground.training_class.uuid, "sitting": sitting}).json()
    assert [each["person"] for each in page["standings"]] == [str(lands.ground.alice.uuid)]


def _other_office(lands: Lands) -> Sitting:
    """Another exam institution with a sitting of the same syllabus, two days before."""
    office = open_institution(by=None, at=REPORTED, kind="exam", name_zh="二院", region=lands.province)
    examiner = make_person("emil", Role.EXAMINER)
    join_institution(by=None, at=REPORTED, person=examiner, institution=office)
    return published_sitting(
        office,
        lands.ground.version.syllabus,
        title_zh="二考",
        starts_at=EXAM - timedelta(days=2),
        opens_at=NOON - timedelta(days=9),
        closes_at=EXAM - timedelta(days=9),
        capacity=9,
    )


def test_an_exam_institution_sees_its_own_candidates_and_sittings_only(lands: Lands) -> None:
    finish(lands.ground)
    theirs = _other_office(lands)
    own, other = reader_for(lands.ground.exam_office), reader_for(theirs.site.institution)
    alice, sitting = lands.ground.alice.uuid, lands.ground.sitting.uuid
    assert _status(own, alice, sitting) == 404

    register(by=lands.ground.alice, at=NOON, uuid=uuid.uuid4(), sitting=lands.ground.sitting)

    assert _status(own, alice, sitting) == 200
    assert _status(own, alice, theirs.uuid) == 404
    assert _status(other, alice, sitting) == 404
    assert _status(other, alice, theirs.uuid) == 404


def test_a_class_is_read_before_the_soonest_sitting_of_its_syllabus(lands: Lands) -> None:
    soonest = _other_office(lands)

    page = reader_for(lands.province).get("eligibility", **{"class": lands.ground.training_class.uuid}).json()

    assert page["sitting"] == str(soonest.uuid)
    assert [each["enrollment"] for each in page["standings"]] == [str(lands.ground.enrollment.uuid)]


def test_a_class_is_read_page_by_page(lands: Lands) -> None:
    people = [make_person(f"worker{number}", Role.LEARNER, serial=100 + number) for number in range(4)]
    given: dict[str, Any] = {"by": lands.ground.bob, "training_class": lands.ground.training_class}
    enrolled = [enroll(at=NOON, uuid=uuid.uuid4(), learner=each, **given) for each in people]
    withdraw_enrollment(by=lands.ground.bob, at=NOON, enrollment=enrolled[1])
    asked = {"class": lands.ground.training_class.uuid, "limit": 2}
    reader = reader_for(lands.province)

    first = reader.get("eligibility", **asked).json()
    second = reader.get("eligibility", **asked, after=first["next_after"]).json()

    told = [each["person"] for page in (first, second) for each in page["standings"]]
    assert told == [str(each.uuid) for each in (lands.ground.alice, people[0], people[2], people[3])]
    assert second["next_after"] is None


def test_a_class_that_is_not_seen_is_not_there(lands: Lands) -> None:
    ours = lands.ground.training_class.uuid
    reader = reader_for(lands.other)

    assert reader.get("eligibility", **{"class": ours}).status_code == 404
    assert reader.get("eligibility", **{"class": uuid.uuid4()}).status_code == 404
    theirs = lands.eves.training_class.uuid
    assert reader.get("eligibility", **{"class": theirs, "after": lands.ground.enrollment.uuid}).status_code == 404
    assert reader.get("eligibility", **{"class": theirs, "sitting": uuid.uuid4()}).status_code == 404
    assert reader.get("eligibility", **{"class": theirs}).status_code == 200


@pytest.mark.parametrize("names", [[], ["person"], ["sitting"], ["person", "class"], ["person", "sitting", "class"]])
def test_it_says_what_may_be_asked_for(lands: Lands, names: list[str]) -> None:
    answer = reader_for(lands.province).get("eligibility", **{name: uuid.uuid4() for name in names})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


def test_a_page_of_a_class_is_bounded(lands: Lands) -> None:
    asked = {"class": lands.ground.training_class.uuid, "limit": 101}
    assert reader_for(lands.province).get("eligibility", **asked).status_code == 422


def test_a_page_costs_the_same_for_two_learners_and_for_thirty(lands: Lands) -> None:
    reader = reader_for(lands.province)
    asked = {"class": lands.ground.training_class.uuid}
    given: dict[str, Any] = {"by": lands.ground.bob, "at": NOON, "training_class": lands.ground.training_class}
    costs = {}
    for size in (2, 30):
        for number in range(lands.ground.training_class.enrollments.count(), size):
            enroll(
                uuid=uuid.uuid4(), learner=make_person(f"worker{number}", Role.LEARNER, serial=100 + number), **given
            )
        with CaptureQueriesContext(connection) as queries:
            page = reader.get("eligibility", **asked).json()
        costs[len(page["standings"])] = len(queries)

    assert list(costs) == [2, 30]
    assert costs[2] == costs[30]
