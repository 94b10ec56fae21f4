"""Claims made and decided at the same moment, on real connections: the claimant's clock puts them in one order."""

import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from lms.hours.actions.attendance import AttendanceRefused
from lms.hours.models import Entry, StudyClock
from lms.hours.queries.verification import differences
from lms.teachers.actions import ClaimRefused, NotReviewer, YearRefused, take_claim_back
from lms.teachers.models import Claim
from tests.integration.hours import classroom
from tests.integration.teachers.academy import (
    LATER,
    Academy,
    another_year,
    claimed,
    decided,
    make_academy,
    proposed_by_bob,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def academy() -> Iterator[Academy]:
    yield make_academy()
    assert [line for pk in StudyClock.objects.values_list("pk", flat=True) for line in differences(pk)] == []


def at_once(attempts: list[Callable[[], Any]]) -> Counter[str]:
    gate = Barrier(len(attempts))

    def run(attempt: Callable[[], Any]) -> str:
        try:
            gate.wait(timeout=60)
            attempt()
            return "done"
        except (ClaimRefused, YearRefused) as refused:
            return refused.problems[0].code
        except AttendanceRefused as refused:
            return refused.code
        except NotReviewer:
            return "not_theirs"
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=len(attempts)) as pool:
        return Counter(pool.map(run, attempts))


def test_two_reviewers_at_once_post_once(academy: Academy) -> None:
    claim = claimed(academy)

    outcome = at_once([lambda by=by: decided(academy, claim, by=by) for by in (academy.pia, academy.paul)])  # type: ignore[misc]

    assert outcome == {"done": 1, "decided": 1}
    assert Entry.objects.count() == 1


def test_one_who_accepts_and_one_who_refuses_at_once_end_one_way(academy: Academy) -> None:
    claim = claimed(academy)

    outcome = at_once(
        [
            lambda: decided(academy, claim),
            lambda: decided(academy, claim, by=academy.paul, verb="refuse", reason="没有日期"),
            lambda: take_claim_back(by=academy.tess, at=LATER, claim=claim),
        ]
    )

    claim.refresh_from_db()
    assert outcome == {"done": 1, "decided": 2}
    assert Entry.objects.count() == (1 if claim.state == "accepted" else 0)


def test_the_same_reviewer_twice_at_once_decides_once(academy: Academy) -> None:
    claim = claimed(academy)

    assert at_once([lambda: decided(academy, claim)] * 4) == {"done": 4}
    assert Entry.objects.count() == 1


def test_the_same_claim_sent_twice_at_once_is_one_claim(academy: Academy) -> None:
    name = uuid.uuid4()

    assert at_once([lambda: claimed(academy, uuid=name)] * 3) == {"done": 3}
    assert Claim.objects.count() == 1


def test_two_claims_of_one_time_at_once_are_one_claim(academy: Academy) -> None:
    assert at_once([lambda: claimed(academy), lambda: claimed(academy, 2)]) == {"done": 1, "taken": 1}


def test_a_claim_and_attendance_of_one_time_decided_at_once_share_no_second(academy: Academy) -> None:
    claim = claimed(academy)
    proposal = proposed_by_bob(academy, at=LATER)

    at_once([lambda: decided(academy, claim), lambda: classroom.decided(proposal, by=academy.paul, at=LATER)])

    assert Entry.objects.count() == 1


def test_a_year_opened_twice_at_once_is_opened_once(academy: Academy) -> None:
    outcome = at_once([lambda by=by: another_year(academy, 2027, by=by) for by in (academy.pia, academy.paul)])  # type: ignore[misc]

    assert outcome == {"done": 1, "opened": 1}
