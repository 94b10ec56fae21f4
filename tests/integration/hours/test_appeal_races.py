"""Two judges at the same moment, on real connections: the learner's clock lock puts them in one order."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from lms.accounts.models import User
from lms.hours.actions.appeals import AppealRefused
from lms.hours.models import Appeal, Entry, EntrySort, Refusal
from lms.hours.queries.balances import confirmed_hours
from tests.integration.hours.judges import Court, appealed, decided, make_court, proposed


def at_once(attempts: list[Callable[[], Appeal]]) -> Counter[str]:
    gate = Barrier(len(attempts))

    def run(attempt: Callable[[], Appeal]) -> str:
        try:
            gate.wait(timeout=60)
            return attempt().state
        except AppealRefused as refused:
            return ",".join(each.code for each in refused.problems)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=len(attempts)) as pool:
        return Counter(pool.map(run, attempts))


def deciding(court: Court, appeal: Appeal, by: User) -> Callable[[], Appeal]:
    return lambda: decided(court, appeal, by=by)


def online_ms(court: Court) -> int:
    return confirmed_hours(court.world.enrollment)[court.world.theory.pk, "online"]


@pytest.mark.django_db(transaction=True)
def test_two_judges_at_once_post_one_correction() -> None:
    court = make_court()
    appeal = proposed(court)

    outcome = at_once([deciding(court, appeal, by) for by in (court.vera, court.wen)])

    assert outcome == {"accepted": 1, "state": 1}
    assert Entry.objects.filter(sort=EntrySort.CORRECTION).count() == 1
    assert online_ms(court) == 300_000


@pytest.mark.django_db(transaction=True)
def test_two_appeals_for_the_same_time_at_once_give_it_once() -> None:
    court = make_court()
    first = proposed(court)
    twin = Refusal.objects.get()
    twin.pk = None
    twin.save()
    second = proposed(court, appealed(court, refusal=twin))

    outcome = at_once([deciding(court, first, court.vera), deciding(court, second, court.wen)])

    assert outcome == {"accepted": 1, "overlap": 1}
    assert online_ms(court) == 300_000
