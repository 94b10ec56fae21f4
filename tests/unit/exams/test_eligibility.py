"""The gate as tables: each row a life, and the reasons it leads to."""

from dataclasses import fields, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.exams.rules.eligibility import Unmet, Verdict, judge, judge_again, judge_best
from lms.exams.rules.facts import Facts, KindFacts, ModuleFacts, as_json, digest, from_json
from lms.exams.rules.requirements import Requirements
from lms.exams.rules.seats import lowest_free_seat

HOUR = {"online": 1_800_000, "classroom": 2_700_000, "workshop": 2_700_000}
MINUTES = {"online": 30, "classroom": 45, "workshop": 45}


def kind(name: str, required: str, done_ms: int | None) -> KindFacts:
    return KindFacts(name, Decimal(required), MINUTES[name], done_ms)


def module(*kinds: KindFacts, name: str = "m1") -> ModuleFacts:
    return ModuleFacts(name, kinds)


def march(day: int) -> datetime:
    return datetime(2026, 3, day, 4, 0, tzinfo=UTC)


ALL = Requirements(
    mark="7",
    classroom_percent=0,
    reported_class=True,
    certified_teachers=True,
    institution_in_order=True,
    verified_identity=True,
    earlier_certificate=True,
)
GOOD = Facts(
    at=march(10),
    opens_at=march(1),
    closes_at=march(20),
    capacity=30,
    booked=29,
    person_suspended=False,
    identity_present=True,
    already_registered=False,
    enrolled=True,
    class_state="accepted",
    reported_at=datetime(2026, 1, 5, tzinfo=UTC),
    begins_at=datetime(2026, 1, 10, tzinfo=UTC),
    institution_suspended=False,
    requirements=ALL,
    training="refresher",
    identity_verified=True,
    teachers_named=2,
    teachers_certified=2,
    earlier_certificate=True,
    sitting_state="published",
    registered_elsewhere=False,
    another_exam_then=False,
    trained_by_examiner=False,
    modules=(module(kind("online", "1", HOUR["online"])),),
)


def codes(facts: Facts) -> list[str]:
    return [each.code for each in judge(facts).unmet]


def test_a_learner_who_did_everything_is_eligible() -> None:
    assert judge(GOOD) == Verdict(eligible=True, unmet=(), rule_version="eligibility-3")


@pytest.mark.parametrize(
    ("label", "changed", "expected"),
    [
        ("suspended person", {"person_suspended": True}, ["person_suspended"]),
        ("no identity number", {"identity_present": False}, ["identity_missing"]),
        ("in no class", {"enrolled": False, "modules": None}, ["no_enrollment"]),
        ("class only reported", {"class_state": "reported"}, ["class_not_accepted"]),
        ("class returned", {"class_state": "returned"}, ["class_not_accepted"]),
        ("class over", {"class_state": "ended"}, []),
        ("reported at its first moment", {"reported_at": GOOD.begins_at}, ["class_reported_late"]),
        ("reported after it began", {"reported_at": march(1)}, ["class_reported_late"]),
        ("institution suspended", {"institution_suspended": True}, ["institution_suspended"]),
        ("card never shown", {"identity_verified": False}, ["identity_not_verified"]),
        ("no number, so no card either", {"identity_present": False, "identity_verified": False}, ["identity_missing"]),
        ("one of two teachers certified", {"teachers_certified": 1}, ["teacher_not_certified"]),
        ("no teacher named", {"teachers_named": 0, "teachers_certified": 0}, ["teacher_not_certified"]),
        ("a refresher without a certificate", {"earlier_certificate": False}, ["earlier_certificate_missing"]),
        ("initial training without one", {"training": "initial", "earlier_certificate": False}, []),
        ("nothing enacted", {"requirements": None}, ["unknown"]),
        ("before registration opens", {"opens_at": march(11)}, ["registration_not_open"]),
        ("at the opening", {"opens_at": march(10)}, []),
        ("at the closing", {"closes_at": march(10)}, ["registration_closed"]),
        ("no seat left", {"booked": 30}, ["full"]),
        ("has a seat", {"already_registered": True}, ["already_registered"]),
        ("has the last seat", {"already_registered": True, "booked": 30}, ["already_registered"]),
        ("a syllabus that asks nothing", {"modules": ()}, ["unknown"]),
        ("modules that ask nothing", {"modules": (module(), module())}, ["unknown"]),
        (
            "everything at once",
            {"person_suspended": True, "enrolled": False, "booked": 31, "closes_at": march(2)},
            ["person_suspended", "no_enrollment", "registration_closed", "full"],
        ),
    ],
)
def test_each_fact_against_gives_its_reason(label: str, changed: dict[str, Any], expected: list[str]) -> None:
    assert codes(replace(GOOD, **changed)) == expected, label


@pytest.mark.parametrize(
    ("label", "kinds", "expected"),
    [
        ("one millisecond short", [kind("online", "1", 1_799_999)], [("online", "1", "0.99", "0.01")]),
        ("nothing yet", [kind("online", "61", 0)], [("online", "61", "0", "61")]),
        ("more than asked", [kind("online", "1", 9_000_000)], []),
        ("a third of an hour", [kind("online", "1", 600_000)], [("online", "1", "0.33", "0.67")]),
        ("classroom missing", [kind("classroom", "2", HOUR["classroom"])], [("classroom", "2", "1", "1")]),
        ("workshop missing", [kind("workshop", "2", 0)], [("workshop", "2", "0", "2")]),
        (
            "classroom surplus stands in for online",
            [kind("online", "2", HOUR["online"]), kind("classroom", "1", 2 * HOUR["classroom"])],
            [],
        ),
        (
            "an hour of surplus covers only an hour",
            [kind("online", "3", HOUR["online"]), kind("classroom", "1", 2 * HOUR["classroom"])],
            [("online", "3", "1", "1")],
        ),
        (
            "online surplus never stands in for a classroom",
            [kind("online", "1", 9 * HOUR["online"]), kind("classroom", "1", 0)],
            [("classroom", "1", "0", "1")],
        ),
        (
            "workshop surplus stands in for nothing",
            [kind("online", "1", 0), kind("workshop", "1", 9 * HOUR["workshop"])],
            [("online", "1", "0", "1")],
        ),
        (
            "nothing stands in for practice",
            [kind("online", "1", 9_000_000), kind("classroom", "1", 9_000_000), kind("workshop", "1", 0)],
            [("workshop", "1", "0", "1")],
        ),
    ],
)
def test_hours_are_compared_by_kind(label: str, kinds: list[KindFacts], expected: list[tuple[str, ...]]) -> None:
    unmet = judge(replace(GOOD, modules=(module(*kinds),))).unmet

    assert unmet == tuple(
        Unmet("hours_missing", "m1", each, Decimal(required), Decimal(actual), Decimal(missing))
        for each, required, actual, missing in expected
    ), label


def test_a_surplus_of_one_module_helps_no_other() -> None:
    modules = (
        module(kind("classroom", "1", 9 * HOUR["classroom"]), name="m1"),
        module(kind("online", "1", 0), name="m2"),
    )

    unmet = judge(replace(GOOD, modules=modules)).unmet

    assert [(each.code, each.module, each.kind) for each in unmet] == [("hours_missing", "m2", "online")]


@pytest.mark.parametrize("name", [field.name for field in fields(Facts)])
def test_what_is_not_known_is_never_eligible(name: str) -> None:
    verdict = judge(replace(GOOD, **{name: None}))

    assert not verdict.eligible
    assert [each.code for each in verdict.unmet] == ["unknown"]


@pytest.mark.parametrize(
    "asked",
    [
        KindFacts("online", None, 30, 1_800_000),
        KindFacts("online", Decimal(1), None, 1_800_000),
        KindFacts("online", Decimal(1), 0, 1_800_000),
        KindFacts("online", Decimal(1), 30, None),
        KindFacts("asleep", Decimal(1), 30, 1_800_000),
    ],
)
def test_hours_that_are_not_known_are_never_eligible(asked: KindFacts) -> None:
    assert codes(replace(GOOD, modules=(module(asked),))) == ["unknown"]


def test_nothing_known_at_all_is_refused() -> None:
    assert not judge(Facts()).eligible


@pytest.mark.parametrize(
    ("relaxed", "changed"),
    [
        ("reported_class", {"reported_at": march(1)}),
        ("certified_teachers", {"teachers_certified": 0}),
        ("institution_in_order", {"institution_suspended": True}),
        ("verified_identity", {"identity_verified": False}),
        ("earlier_certificate", {"earlier_certificate": False}),
    ],
)
def test_what_is_not_required_keeps_nobody_out(relaxed: str, changed: dict[str, Any]) -> None:
    assert codes(replace(GOOD, **changed)) != []
    assert codes(replace(GOOD, requirements=replace(ALL, **{relaxed: False}), **changed)) == []


@pytest.mark.parametrize(
    ("percent", "classroom_ms", "expected"),
    [
        (30, 3 * HOUR["classroom"], []),
        (30, 3 * HOUR["classroom"] - 1, [("classroom_share", "3", "2.99", "0.01")]),
        (50, 3 * HOUR["classroom"], [("classroom_share", "5", "3", "2")]),
        (100, 10 * HOUR["classroom"], []),
    ],
)
def test_a_share_of_the_theory_must_be_earned_in_a_classroom(
    percent: int, classroom_ms: int, expected: list[tuple[str, str, str, str]]
) -> None:
    """Ten class hours of theory are asked in two modules, none of them in a classroom; practice is no theory."""
    asked = (
        module(kind("online", "4", 9 * HOUR["online"]), kind("workshop", "90", 90 * HOUR["workshop"])),
        module(kind("online", "6", 9 * HOUR["online"]), kind("classroom", "0", classroom_ms), name="m2"),
    )

    verdict = judge(replace(GOOD, modules=asked, requirements=replace(ALL, classroom_percent=percent)))

    assert [(u.code, str(u.required), str(u.actual), str(u.missing)) for u in verdict.unmet] == [
        (code, f"{Decimal(required):.2f}", f"{Decimal(actual):.2f}", f"{Decimal(missing):.2f}")
        for code, required, actual, missing in expected
    ]


def test_a_decision_of_the_first_rule_is_judged_again_as_it_was() -> None:
    """Its inputs know nothing of what is asked since."""
    written = as_json(replace(GOOD, reported_at=march(1), identity_verified=None, requirements=None, training=None))
    for name in ("requirements", "training", "identity_verified", "teachers_named", "teachers_certified"):
        del written[name]
    del written["earlier_certificate"]

    verdict = judge_again(from_json(written), "eligibility-1")

    assert (verdict.rule_version, [each.code for each in verdict.unmet]) == ("eligibility-1", ["class_reported_late"])
    assert [each.code for each in judge(from_json(written)).unmet] == ["unknown"]


def test_a_rule_that_never_was_judges_nothing() -> None:
    with pytest.raises(LookupError, match="eligibility-9"):
        judge_again(GOOD, "eligibility-9")


def test_the_best_enrollment_wins() -> None:
    short = replace(GOOD, modules=(module(kind("online", "1", 0)),))
    late = replace(GOOD, class_state="returned")

    assert judge_best([short, GOOD, late])[0] == 1
    assert judge_best([late, short])[0] == 1
    assert judge_best([short, replace(GOOD, modules=(module(kind("online", "1", 60_000)),))])[0] == 1


amounts = st.integers(0, 40_000_000)
kinds_of_a_module = st.fixed_dictionaries(
    {name: st.tuples(st.decimals("0.001", "9", places=3), amounts) for name in HOUR}
)


def facts_with(hours: list[dict[str, tuple[Decimal, int]]]) -> Facts:
    modules = tuple(
        ModuleFacts(f"m{place}", tuple(KindFacts(k, r, MINUTES[k], ms) for k, (r, ms) in each.items()))
        for place, each in enumerate(hours)
    )
    return replace(GOOD, modules=modules)


@given(hours=st.lists(kinds_of_a_module, min_size=1, max_size=4), more=amounts, name=st.sampled_from(sorted(HOUR)))
def test_more_hours_never_close_the_gate(hours: list[dict[str, tuple[Decimal, int]]], more: int, name: str) -> None:
    before = judge(facts_with(hours))
    required, ms = hours[0][name]

    after = judge(facts_with([{**hours[0], name: (required, ms + more)}, *hours[1:]]))

    assert len(after.unmet) <= len(before.unmet)
    assert after.eligible or not before.eligible


@given(hours=st.lists(kinds_of_a_module, min_size=1, max_size=3))
def test_stored_facts_give_the_same_verdict_and_digest_again(hours: list[dict[str, tuple[Decimal, int]]]) -> None:
    facts = facts_with(hours)

    again = from_json(as_json(facts))

    assert judge(again) == judge(facts)
    assert digest(as_json(again), "v") == digest(as_json(facts), "v")


def test_the_digest_changes_with_a_fact_and_with_the_rule() -> None:
    written = as_json(GOOD)

    assert len({digest(written, "1"), digest(written, "2"), digest(as_json(replace(GOOD, booked=1)), "1")}) == 3


@pytest.mark.parametrize(
    ("taken", "capacity", "seat"),
    [([], 3, 1), ([1, 2], 3, 3), ([1, 3], 3, 2), ([1, 2, 3], 3, None), ([2, 3, 4], 3, 1)],
)
def test_the_lowest_free_seat_is_given(taken: list[int], capacity: int, seat: int | None) -> None:
    assert lowest_free_seat(taken, capacity) == seat
