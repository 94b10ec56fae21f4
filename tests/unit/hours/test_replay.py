from dataclasses import replace

import pytest

from lms.hours.rules.replay import Posted, replay

ACCOUNT = (1, 1, "online")
CREDIT = Posted(
    1, "credit", ACCOUNT, 15_000, 15_000, 0, 15_000, 0, version=7, from_ms=0, to_ms=15_000, media=(0, 15_000)
)
CONFIRM = Posted(2, "confirm", ACCOUNT, 15_000, -15_000, 15_000, 0, 15_000, version=7)
VOID = Posted(2, "void", ACCOUNT, 15_000, -15_000, 0, 0, 0, version=7)


def test_a_confirmed_credit_stays() -> None:
    replayed = replay([CREDIT, CONFIRM])

    assert (replayed.confirmed_ms, replayed.provisional_ms) == ({ACCOUNT: 15_000}, {ACCOUNT: 0})
    assert (replayed.covered, replayed.credited_ms, replayed.faults) == ({7: [(0, 15_000)]}, {7: 15_000}, [])


def test_a_voided_credit_takes_its_coverage_with_it() -> None:
    replayed = replay([CREDIT, VOID])

    assert (replayed.confirmed_ms, replayed.covered, replayed.credited_ms) == ({ACCOUNT: 0}, {7: []}, {7: 0})
    assert replayed.faults == []


def test_a_correction_stays_covered_when_later_credit_is_voided() -> None:
    given = Posted(1, "correction", ACCOUNT, 5_000, 0, 5_000, 0, 5_000, version=7, media=(60_000, 65_000))
    credit = replace(CREDIT, number=2, confirmed_after_ms=5_000)
    void = replace(VOID, number=3, confirmed_after_ms=5_000)

    replayed = replay([given, credit, void])

    assert (replayed.covered, replayed.credited_ms, replayed.faults) == ({7: [(60_000, 65_000)]}, {7: 5_000}, [])


@pytest.mark.parametrize(
    ("what", "second"),
    [
        ("stands where 2 should", replace(CONFIRM, number=3)),
        ("come to 0 and 15000", replace(CONFIRM, confirmed_after_ms=20_000)),
        ("overlaps by 5000 ms", replace(CREDIT, number=2, provisional_after_ms=30_000, from_ms=10_000, to_ms=25_000)),
        (
            "more than its interval",
            replace(CREDIT, number=2, provisional_after_ms=30_000, from_ms=20_000, to_ms=30_000),
        ),
    ],
)
def test_a_fault_is_named(what: str, second: Posted) -> None:
    [fault] = replay([CREDIT, second]).faults

    assert what in fault
