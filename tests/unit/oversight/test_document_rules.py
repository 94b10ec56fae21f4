"""Completion, digest and numbers: tables in the words of the field."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.oversight.rules.documents import (
    AskedHours,
    Completion,
    Line,
    completed_at,
    digest,
    kinds_of,
    number_of,
    read_number,
    shortages,
    state_of,
    summed,
    unmet_of,
    with_hours,
)

HOUR_ONLINE, HOUR_CLASSROOM = 30 * 60_000, 45 * 60_000


def asked(kind: str, hours: str, confirmed_ms: int, module: str = "theory") -> AskedHours:
    return AskedHours(module, kind, Decimal(hours), 30 if kind == "online" else 45, confirmed_ms)


COMPLETE = Completion(
    training="initial",
    is_enrolled=True,
    has_identity=True,
    class_state="accepted",
    is_institution_suspended=False,
    asked=(asked("online", "1", HOUR_ONLINE), asked("workshop", "2", 2 * HOUR_CLASSROOM)),
)


def line(number: int, ms: int, module: str = "theory", kind: str = "online", sort: str = "confirm") -> Line:
    return Line(f"uuid-{number}", number, module, kind, sort, ms, datetime(2026, 3, number, tzinfo=UTC))


def test_who_has_completed_lacks_nothing() -> None:
    assert unmet_of(COMPLETE, "certificate") == ()


@pytest.mark.parametrize(
    ("change", "kind", "codes"),
    [
        ({"class_state": "ended"}, "certificate", []),
        ({"class_state": "reported"}, "certificate", ["class_not_accepted"]),
        ({"is_institution_suspended": True}, "certificate", ["institution_suspended"]),
        ({"has_identity": False}, "certificate", ["identity_missing"]),
        ({"is_enrolled": False}, "certificate", ["not_enrolled"]),
        ({"asked": ()}, "certificate", ["nothing_asked"]),
        ({}, "record_card", ["kind_of_another_training"]),
        ({"training": "refresher"}, "record_card", []),
        ({"training": "refresher"}, "certificate", []),
        ({"training": "continuing"}, "certificate", ["no_document"]),
    ],
)
def test_a_completion_is_judged_by_every_fact(change: dict[str, object], kind: str, codes: list[str]) -> None:
    found = unmet_of(replace(COMPLETE, **change), kind)  # type: ignore[arg-type]

    assert [each.code for each in found] == codes


def test_every_missing_hour_is_listed_and_rounded_against_the_learner() -> None:
    missing = shortages((asked("online", "1", HOUR_ONLINE - 1), asked("workshop", "2", 0, module="practice")))

    assert [(each.module, each.kind, each.required, each.actual, each.missing) for each in missing] == [
        ("theory", "online", Decimal("1"), Decimal("0.99"), Decimal("0.01")),
        ("practice", "workshop", Decimal("2"), Decimal("0.00"), Decimal("2.00")),
    ]


@pytest.mark.parametrize(
    ("hours", "kinds_missing"),
    [
        # A classroom hour beyond what is asked stands in for an online hour of the same module …
        ((asked("online", "2", HOUR_ONLINE), asked("classroom", "1", 2 * HOUR_CLASSROOM)), []),
        # … and only of the same module, only beyond, and never the other way or for practice.
        ((asked("online", "2", HOUR_ONLINE), asked("classroom", "1", 2 * HOUR_CLASSROOM, "other")), ["online"]),
        ((asked("online", "2", HOUR_ONLINE), asked("classroom", "2", 2 * HOUR_CLASSROOM)), ["online"]),
        ((asked("online", "1", 9 * HOUR_ONLINE), asked("classroom", "1", 0)), ["classroom"]),
        ((asked("workshop", "1", 0), asked("classroom", "1", 9 * HOUR_CLASSROOM)), ["workshop"]),
    ],
)
def test_it_judges_hours_as_the_exam_gate_does(hours: tuple[AskedHours, ...], kinds_missing: list[str]) -> None:
    assert [each.kind for each in shortages(hours)] == kinds_missing


def test_a_digest_is_that_of_its_written_form() -> None:
    # sha256 of [["uuid-1","theory","online","confirm",5],["uuid-2","theory","online","void",-3]]
    expected = "02ebf74db071fe9ed08a7b7d7f506dbffb1c5a87a97af471f4862b0be174a560"

    assert digest([line(1, 5), line(2, -3, sort="void")]) == expected


def test_a_digest_does_not_depend_on_the_order_in_which_entries_are_read() -> None:
    lines = [line(1, 5), line(2, 7), line(10, -3, sort="void")]

    assert len({digest(order) for order in permutations(lines)}) == 1


@pytest.mark.parametrize(
    "changed",
    [
        line(2, 8),
        replace(line(2, 7), uuid="uuid-3"),
        line(2, 7, sort="correction"),
        line(2, 7, module="practice"),
        line(2, 7, kind="classroom"),
    ],
)
def test_a_digest_changes_with_everything_that_makes_the_sum(changed: Line) -> None:
    assert digest([line(1, 5), changed]) != digest([line(1, 5), line(2, 7)])


@pytest.mark.parametrize(
    ("lines", "day"),
    [
        ([line(1, HOUR_ONLINE)], 1),
        ([line(1, HOUR_ONLINE // 2)], None),
        ([line(1, HOUR_ONLINE // 2), line(4, HOUR_ONLINE // 2), line(6, HOUR_ONLINE)], 4),
        ([line(1, HOUR_ONLINE), line(2, -1, sort="void")], None),
        ([line(1, HOUR_ONLINE), line(2, -1, sort="void"), line(9, 1)], 9),
        ([line(1, 2 * HOUR_ONLINE), line(2, -1, sort="void")], 1),
    ],
)
def test_it_knows_since_when_the_hours_are_complete(lines: list[Line], day: int | None) -> None:
    since = completed_at([asked("online", "1", 0)], reversed(lines))

    assert since == (datetime(2026, 3, day, tzinfo=UTC) if day else None)


STEPS = st.tuples(
    st.sampled_from(["theory", "safety", "elsewhere"]),
    st.sampled_from(["online", "classroom", "workshop"]),
    st.sampled_from([-15, 15, 30, 45, 90]),
)


@given(st.lists(STEPS, max_size=25))
def test_it_agrees_with_judging_after_every_entry(steps: list[tuple[str, str, int]]) -> None:
    needed = [asked("online", "1", 0), asked("classroom", "0.5", 0), asked("workshop", "1", 0, "safety")]
    lines = [line(n, minutes * 60_000, module, kind) for n, (module, kind, minutes) in enumerate(steps, start=1)]
    judged = [not shortages(with_hours(needed, summed(lines[:n]))) for n in range(1, len(lines) + 1)]
    since = None
    for is_complete, each in zip(judged, lines, strict=True):
        since = (since or each.posted_at) if is_complete else None

    assert completed_at(needed, lines) == since


def test_a_revocation_outweighs_missing_hours() -> None:
    missing = shortages((asked("online", "1", 0),))

    assert state_of(is_revoked=True, missing=missing) == "revoked"
    assert state_of(is_revoked=False, missing=missing) == "uncovered"
    assert state_of(is_revoked=False, missing=()) == "valid"


def test_only_a_refresher_gives_a_record_card() -> None:
    assert kinds_of("initial") == ("certificate",)
    assert kinds_of("refresher") == ("certificate", "record_card")


def test_numbers_are_read_as_they_are_written() -> None:
    assert number_of(2026, "530102", 17) == "2026-530102-000017"
    assert read_number(" 2026-530102-000017 ") == "2026-530102-000017"
    assert read_number("2026–530102—000017") == "2026-530102-000017"


@pytest.mark.parametrize("text", ["", "2026-530102", "2026-530102-17", "2026/530102/000017", "2026-53-000001' OR 1=1"])
def test_what_is_no_number_is_none(text: str) -> None:
    assert read_number(text) is None
