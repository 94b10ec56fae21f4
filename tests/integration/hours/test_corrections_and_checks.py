"""A correction is settled when it is decided: a check that fails afterwards takes other credit back, and only that."""

import pytest

from lms.hours.actions import settling
from lms.hours.actions.checks import answer_check
from lms.hours.models import Entry, EntrySort, LessonCoverage, Refusal, StudyClock
from lms.hours.queries.balances import confirmed_hours
from lms.hours.queries.verification import differences
from tests.integration.hours.judges import Court, appealed, at_s, decided, proposed


class ShortestWait:
    def random(self) -> float:
        return 0.0

    def getrandbits(self, bits: int) -> int:
        return 12_345


@pytest.fixture(autouse=True)
def _shortest_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "CHANCE", ShortestWait())
    monkeypatch.setattr("lms.hours.actions.checks.CHANCE", ShortestWait())


def failed_check_after_a_correction(court: Court) -> None:
    """A minute, a gap of four, the gap given back while it is all provisional, four more minutes, a wrong answer."""
    court.video.open()
    court.video.study("0@0play 60@60 300@300")
    decided(court, proposed(court, appealed(court, refusal=Refusal.objects.get())))
    check = court.video.study("360@360 420@420 480@480 540@540")[-1].check
    assert check is not None
    answer_check(
        by=court.world.alice,
        at=at_s(545),
        session=court.video.session,
        check=check.uuid,
        choice=(check.right + 1) % len(check.options),
    )


def test_a_correction_on_the_day_it_is_studied_is_no_difference(court: Court) -> None:
    decided(court)

    assert StudyClock.objects.get().day_ms == 300_000
    assert differences(court.world.alice.pk) == []


def test_a_failed_check_leaves_what_was_decided(court: Court) -> None:
    failed_check_after_a_correction(court)

    coverage = LessonCoverage.objects.get()
    assert confirmed_hours(court.world.enrollment)[court.world.theory.pk, "online"] == 240_000
    assert (coverage.covered, coverage.credited_ms) == ([(60_000, 300_000)], 240_000)


def test_what_it_took_back_has_an_appeal_of_its_own(court: Court) -> None:
    failed_check_after_a_correction(court)

    void = Entry.objects.get(sort=EntrySort.VOID)
    decided(court, proposed(court, appealed(court, entry=void), ms=300_000))

    coverage = LessonCoverage.objects.get()
    assert differences(court.world.alice.pk) == []
    assert confirmed_hours(court.world.enrollment)[court.world.theory.pk, "online"] == 540_000
    assert (coverage.covered_ms, coverage.credited_ms) == (540_000, 540_000)
