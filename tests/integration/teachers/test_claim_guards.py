"""Action and PostgreSQL each hold alone that nobody decides on their own claim or a colleague's.

Rows are written past the actions, as if the program were wrong; and the actions are tried with every trigger off.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from lms.accounts.models import User
from lms.enrollments.models import Enrollment
from lms.hours.actions.attendance import AttendanceRefused
from lms.hours.actions.posting import Account, post_held
from lms.hours.models import AttendanceProposal, Entry, EntrySort, StudyClock
from lms.hours.queries.verification import differences
from lms.institutions.models import AuthorityPost, Membership
from lms.teachers.actions import NotReviewer, take_part_in_year
from lms.teachers.models import CategoryCap, Claim, ClaimState, EducationYear, Evidence
from tests.integration.hours import classroom
from tests.integration.teachers.academy import (
    LATER,
    MORNING,
    Academy,
    claimed,
    decided,
    earned,
    make_academy,
    proposed_by_bob,
)
from tests.templates import owner_connection
from tests.world import NOON


@contextmanager
def refused_by(constraint: str) -> Iterator[None]:
    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        yield
    assert refused.value.__cause__.diag.constraint_name == constraint  # type: ignore[union-attr]


@contextmanager
def refused_as(words: str) -> Iterator[None]:
    with pytest.raises(DatabaseError, match=words), transaction.atomic():
        yield


def post(claim: Claim, by: User, **changes: Any) -> Entry:
    """The entry of a claim as the action posts it, and what `changes` say."""
    enrollment = Enrollment.objects.get(learner=claim.person, training_class=claim.education_year.training_class)
    account = Account(claim.person_id, enrollment, claim.module, changes.pop("kind", claim.kind))
    columns: dict[str, Any] = {
        "uuid": claim.uuid,
        "from_at": claim.from_at,
        "to_at": claim.to_at,
        "at": LATER,
        "posted_by": by,
        "proposed_by": claim.person,
    }
    return post_held(account, sort=EntrySort.CLAIM, **{**columns, **changes})


def step(claim: Claim, state: ClaimState, by: User | None, **changes: Any) -> None:
    columns = {"state": state, "decided_at": LATER, "decided_by": by, "reason": "看过", **changes}
    Claim.objects.filter(pk=claim.pk).update(**columns)


def works_there(person: User, academy: Academy, **times: datetime) -> None:
    started = {"started_at": MORNING - timedelta(days=900)}
    Membership.objects.create(person=person, institution=academy.world.institution, **{**started, **times})


def _tess_in_office(academy: Academy) -> User:
    AuthorityPost.objects.create(person=academy.tess, region=academy.year.region, started_at=NOON)
    academy.tess.role_grants.create(role="authority", granted_at=NOON)
    return academy.tess


def _once_a_colleague(academy: Academy) -> User:
    works_there(academy.paul, academy, ended_at=LATER + timedelta(days=1))
    return academy.paul


def _relieved(academy: Academy) -> User:
    AuthorityPost.objects.filter(person=academy.paul).update(ended_at=LATER)
    return academy.paul


def _suspended(academy: Academy) -> User:
    User.objects.filter(pk=academy.paul.pk).update(is_active=False)
    return User.objects.get(pk=academy.paul.pk)


def _without_the_role(academy: Academy) -> User:
    academy.paul.role_grants.update(ended_at=NOON)
    return academy.paul


OTHERS: dict[str, Callable[[Academy], User]] = {
    "the claimant in office": _tess_in_office,
    "a colleague": lambda academy: academy.theo,
    "an authority who works there": lambda academy: academy.amy,
    "an authority who worked there when it was claimed": _once_a_colleague,
    "the host": lambda academy: academy.hana,
    "a county's authority": lambda academy: academy.cora,
    "another province's authority": lambda academy: academy.otto,
    "who was relieved": _relieved,
    "who is suspended": _suspended,
    "who lost the role": _without_the_role,
}


def test_what_a_reviewer_writes_is_taken(academy: Academy) -> None:
    """Otherwise every refusal below could have another reason."""
    claim = claimed(academy)

    entry = post(claim, academy.paul)
    step(claim, ClaimState.ACCEPTED, academy.paul, entry=entry)

    assert decided(academy, claimed(academy, by=academy.tara), verb="refuse", reason="不清楚").state == "refused"
    claim.refresh_from_db()
    assert (claim.state, claim.entry) == ("accepted", entry)


@pytest.mark.parametrize("who", OTHERS)
def test_the_ledger_refuses_a_decision_by_anybody_else(academy: Academy, who: str) -> None:
    claim = claimed(academy)
    person = OTHERS[who](academy)

    with refused_by("a_claim_is_reviewed_from_outside"):
        post(claim, person)


@pytest.mark.parametrize("who", OTHERS)
def test_the_claim_refuses_a_decision_by_anybody_else(academy: Academy, who: str) -> None:
    claim = claimed(academy)
    person = OTHERS[who](academy)

    with refused_by("a_claim_is_reviewed_from_outside"):
        step(claim, ClaimState.REFUSED, person)


MISMATCHES: dict[str, Callable[[Academy], dict[str, Any]]] = {
    "no claim": lambda academy: {"uuid": uuid.uuid4()},
    "another time": lambda academy: {"to_at": MORNING + timedelta(hours=9)},
    "another kind": lambda academy: {"kind": "workshop"},
}


@pytest.mark.parametrize("case", MISMATCHES)
def test_claimed_hours_are_those_of_the_claim(academy: Academy, case: str) -> None:
    claim = claimed(academy)

    with refused_by("claimed_hours_rest_on_a_claim"):
        post(claim, academy.pia, **MISMATCHES[case](academy))


def test_a_claim_is_posted_once_and_stays_decided(academy: Academy) -> None:
    entry = earned(academy, 4)
    claim = Claim.objects.get()

    with refused_by("claimed_hours_rest_on_a_claim"):
        post(claim, academy.pia, from_at=MORNING + timedelta(days=1), to_at=MORNING + timedelta(days=1, hours=1))
    for state in (ClaimState.REFUSED, ClaimState.TAKEN_BACK, ClaimState.WAITING):
        with refused_as("a claim is decided once"):
            step(claim, state, academy.pia)

    assert Entry.objects.get() == entry


def test_an_accepted_claim_has_its_own_entry(academy: Academy) -> None:
    other = earned(academy, 1, from_at=MORNING + timedelta(days=1))
    claim = claimed(academy)

    with refused_by("an_accepted_claim_has_its_entry"):
        step(claim, ClaimState.ACCEPTED, academy.pia, entry=other)
    with refused_by("a_claim_ends_with_a_name"):
        step(claim, ClaimState.REFUSED, academy.pia, entry=other)


def test_a_claim_whose_hours_were_posted_is_neither_refused_nor_taken_back(academy: Academy) -> None:
    claim = claimed(academy)
    post(claim, academy.pia)

    with refused_by("an_accepted_claim_has_its_entry"):
        step(claim, ClaimState.TAKEN_BACK, None)
    with refused_by("an_accepted_claim_has_its_entry"):
        step(claim, ClaimState.REFUSED, academy.pia)
    step(claim, ClaimState.ACCEPTED, academy.pia, entry=Entry.objects.get())


SAID: dict[str, Any] = {
    "title": "别的",
    "to_at": MORNING + timedelta(hours=8),
    "kind": "workshop",
    "claimed_at": LATER + timedelta(days=5),
}


@pytest.mark.parametrize("column", SAID)
def test_a_claim_says_for_ever_what_it_said(academy: Academy, column: str) -> None:
    claim = claimed(academy)

    with refused_as("says for ever what it said"):
        Claim.objects.filter(pk=claim.pk).update(**{column: SAID[column]})


def test_nothing_of_a_claim_is_deleted(academy: Academy) -> None:
    claim = claimed(academy)

    for rows in (Claim.objects.filter(pk=claim.pk), Evidence.objects.all(), EducationYear.objects.all()):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {rows.model._meta.db_table}")


def row(academy: Academy, **changes: Any) -> Claim:
    """As an action would write it, and what `changes` say."""
    take_part_in_year(by=academy.tess, at=NOON, education_year=academy.year)
    columns: dict[str, Any] = {
        "person": academy.tess,
        "education_year": academy.year,
        "module": academy.seminars,
        "kind": "classroom",
        "from_at": MORNING,
        "to_at": MORNING + timedelta(hours=3),
        "title": "研修",
        "place": "省城",
        "claimed_at": LATER,
    }
    return Claim.objects.create(**{**columns, **changes})


ROWS: dict[str, Callable[[Academy], dict[str, Any]]] = {
    "a_claim_begins_by_waiting": lambda academy: {"module": academy.world.practice},
    "a_claim_is_of_a_place": lambda academy: {"kind": "online"},
    "a_claim_ends_after_it_begins": lambda academy: {"to_at": MORNING},
    "a_claim_comes_after_its_time": lambda academy: {"claimed_at": MORNING},
}


@pytest.mark.parametrize("constraint", ROWS)
def test_a_claim_that_cannot_be_is_refused_by_its_row(academy: Academy, constraint: str) -> None:
    with refused_by(constraint):
        row(academy, **ROWS[constraint](academy))


def test_a_time_is_claimed_once_until_the_claim_is_over(academy: Academy) -> None:
    first = row(academy)

    with refused_by("no_time_is_claimed_twice"):
        row(academy, from_at=MORNING + timedelta(hours=2), to_at=MORNING + timedelta(hours=4))
    step(first, ClaimState.TAKEN_BACK, None)

    assert row(academy).state == "waiting"


def test_evidence_comes_before_the_decision_and_is_five_files_at_most(academy: Academy) -> None:
    claim = claimed(academy)

    def add(number: int) -> None:
        Evidence.objects.create(
            claim=claim, file=f"evidence/{number}", name="a.pdf", content_type="application/pdf", size=1,
            sha256=str(number),
        )  # fmt: skip

    for number in range(4):
        add(number)
    with refused_by("evidence_comes_before_the_decision"):
        add(9)
    done = decided(academy, claimed(academy, by=academy.tara))
    claim = done
    with refused_by("evidence_comes_before_the_decision"):
        add(1)


def test_a_cap_comes_with_its_year(academy: Academy) -> None:
    cap = {"education_year": academy.year, "hours_max": Decimal(1)}

    with refused_by("a_cap_comes_with_its_year"):
        CategoryCap.objects.create(module=academy.world.practice, **cap)
    take_part_in_year(by=academy.tess, at=NOON, education_year=academy.year)
    with refused_by("a_cap_comes_with_its_year"):
        CategoryCap.objects.create(module=academy.workshops, **cap)


def test_a_year_is_a_class_of_teachers_from_its_first_day_to_its_last(academy: Academy) -> None:
    facts = {"region": academy.year.region, "make_up_until": date(2030, 1, 1), "opened_at": NOON}

    with refused_by("a_year_is_a_class_of_teachers"):
        EducationYear.objects.create(
            year=2027, training_class=academy.world.training_class, opened_by=academy.pia, **facts
        )


def listed(academy: Academy) -> dict[str, Any]:
    """An hour of Tess's year that its host would put on a list, instead of her claiming it."""
    return {
        "training_class": academy.training_class,
        "module": academy.seminars,
        "kind": "classroom",
        "from_at": MORNING,
        "to_at": MORNING + timedelta(hours=1),
    }


def test_no_list_of_the_host_gives_a_teacher_hours(academy: Academy) -> None:
    enrollment = take_part_in_year(by=academy.tess, at=NOON, education_year=academy.year)

    with pytest.raises(AttendanceRefused) as refused:
        classroom.proposed(academy.world, 0, 0, by=academy.hana, at=LATER, enrollments=[enrollment], **listed(academy))

    assert refused.value.code == "teachers"


def test_postgresql_alone_keeps_teachers_off_a_list(academy: Academy) -> None:
    """What is proposed in another class is the positive control."""
    proposed_by_bob(academy, at=LATER)
    row = AttendanceProposal.objects.values().get()

    with refused_as("teachers claim hours of continuing education themselves"):
        changes = {"id": None, "uuid": uuid.uuid4(), "training_class_id": academy.training_class.pk}
        AttendanceProposal.objects.create(**{**row, **changes, "module_id": academy.seminars.pk})


@pytest.mark.django_db(transaction=True)
def test_without_the_triggers_the_action_holds_and_the_ledger_tells_what_slipped_through() -> None:
    """The other layer alone; and the positive control of `verify_ledger`: rows written past it differ."""
    academy = make_academy()
    claim = claimed(academy)
    with owner_connection(str(connection.settings_dict["NAME"])) as owner:
        for table in ("teachers_claim", "hours_entry"):
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")  # type: ignore[call-overload]

    for who in OTHERS:
        with transaction.atomic():
            person = OTHERS[who](academy)
            with pytest.raises(NotReviewer):
                decided(academy, claim, by=person)
            transaction.set_rollback(True)
    entry = post(claim, academy.theo)

    assert differences(academy.tess.pk) == [
        f"learner {academy.tess.pk}: entry {entry.number} is claimed and rests on no accepted claim"
    ]
    step(claim, ClaimState.ACCEPTED, academy.pia, entry=entry)
    assert differences(academy.tess.pk) == [
        f"learner {academy.tess.pk}: entry {entry.number} says something else than its claim {claim.uuid}"
    ]
    assert StudyClock.objects.count() == 1
