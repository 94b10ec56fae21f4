"""The gate: may this learner register for this sitting, and if not, everything that is missing.

A verdict is made from facts alone, so the same facts give the same verdict years later. It fails closed: a fact that
nobody knows (None) is itself a reason to refuse. Hours are compared exactly, in fractions of a class hour; a surplus
of classroom hours of a module stands in for its missing online hours, never the other way, and practice is only ever
earned in a workshop (AQ 8011-2023). Read on in `facts` (what is judged) and `docs/eligibility.md`.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from lms.enrollments.rules import units
from lms.enrollments.rules.syllabus import CLASSROOM, KINDS, ONLINE
from lms.exams.rules.facts import Facts, KindFacts, ModuleFacts
from lms.exams.rules.requirements import FIRST, Requirements

RULE_VERSION = "eligibility-3"
HOLDER_RULE_VERSION = f"{RULE_VERSION}-holder"
BEFORE_PLANS: dict[str, Any] = {
    "sitting_state": "published",
    "registered_elsewhere": False,
    "another_exam_then": False,
    "trained_by_examiner": False,
}
"""What nobody asked before sittings had plans."""
OLD_RULE_VERSIONS: dict[str, dict[str, Any]] = {
    "eligibility-1": {**BEFORE_PLANS, "requirements": FIRST},
    "eligibility-2": BEFORE_PLANS,
    "eligibility-2-holder": BEFORE_PLANS,
}
"""Rules that decisions were made by; they are this one with what was then asked of everybody, and what was not."""
UNSIGNED_RULE_VERSIONS = frozenset({"eligibility-1"})

REFRESHER = "refresher"
TRAINED_STATES = frozenset({"accepted", "ended"})


@dataclass(frozen=True, slots=True)
class Unmet:
    """One reason. `required` and `actual` are class hours for `hours_missing` and `classroom_share`, seats for `full`,
    people for `teacher_not_certified`, else moments or None.

    `missing` is what is left to do, rounded up; `fact` names what is not known when the code is `unknown`.
    """

    code: str
    module: str | None = None
    kind: str | None = None
    required: Decimal | str | None = None
    actual: Decimal | str | None = None
    missing: Decimal | None = None
    fact: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    eligible: bool
    unmet: tuple[Unmet, ...]
    rule_version: str = RULE_VERSION


def judge(facts: Facts) -> Verdict:
    """Every reason against, in the order in which a learner can do something about them."""
    unmet = [*_against_the_person(facts), *_against_the_class(facts), *_against_the_hours(facts)]
    unmet += [*_against_the_plan(facts), *_against_the_sitting(facts)]
    return Verdict(eligible=not unmet, unmet=tuple(unmet))


def judge_holder(facts: Facts) -> Verdict:
    """Whether somebody who holds a seat may keep it: all that `judge` asks, but for a free seat in time."""
    unmet = (
        *_against_the_person(facts),
        *_against_the_class(facts),
        *_against_the_hours(facts),
        *_against_the_plan(facts),
    )
    return Verdict(eligible=not unmet, unmet=unmet, rule_version=HOLDER_RULE_VERSION)


def judge_again(facts: Facts, rule_version: str) -> Verdict:
    """As it was judged under that version of the rule. Raises LookupError for one that never was."""
    if rule_version == RULE_VERSION:
        return judge(facts)
    if rule_version == HOLDER_RULE_VERSION:
        return judge_holder(facts)
    if rule_version not in OLD_RULE_VERSIONS:
        raise LookupError(f"no such rule: {rule_version!r}, there are {[*OLD_RULE_VERSIONS, RULE_VERSION]}")
    rule = judge_holder if rule_version.endswith("-holder") else judge
    return replace(rule(replace(facts, **OLD_RULE_VERSIONS[rule_version])), rule_version=rule_version)


def judge_best(candidates: Sequence[Facts], rule: Callable[[Facts], Verdict] = judge) -> tuple[int, Verdict]:
    """Judge each enrollment and keep the best: an eligible one, else the one with the least left to do.

    Gives its place in `candidates`, which holds at least one (a learner without an enrollment is one with
    `enrolled=False`). Equal ones: the first.
    """
    verdicts = [rule(facts) for facts in candidates]
    best = min(range(len(verdicts)), key=lambda place: (_left_to_do(verdicts[place]), place))
    return best, verdicts[best]


def _left_to_do(verdict: Verdict) -> tuple[int, Decimal]:
    others = sum(1 for each in verdict.unmet if each.missing is None)
    missing = sum((each.missing for each in verdict.unmet if each.missing is not None), Decimal(0))
    return others, missing


def _unknown(fact: str) -> Unmet:
    return Unmet("unknown", fact=fact)


def _against_the_person(facts: Facts) -> Iterable[Unmet]:
    yield from _if(facts.person_suspended, "person_suspended", "person_suspended")
    if facts.identity_present is None:
        yield _unknown("identity_present")
    elif not facts.identity_present:
        yield Unmet("identity_missing")
    elif facts.requirements is not None and facts.requirements.verified_identity:
        yield from _unless(facts.identity_verified, "identity_verified", "identity_not_verified")


def _against_the_class(facts: Facts) -> Iterable[Unmet]:
    if facts.enrolled is None:
        yield _unknown("enrolled")
        return
    if not facts.enrolled:
        yield Unmet("no_enrollment")
        return
    if facts.class_state is None:
        yield _unknown("class_state")
    elif facts.class_state not in TRAINED_STATES:
        yield Unmet("class_not_accepted", actual=facts.class_state)
    yield from _if(facts.trained_by_examiner, "trained_by_examiner", "trained_by_examiner")
    if facts.requirements is None:
        yield _unknown("requirements")
    else:
        yield from _against_the_training(facts, facts.requirements)


def _against_the_training(facts: Facts, asked: Requirements) -> Iterable[Unmet]:
    if asked.reported_class and facts.class_state in TRAINED_STATES:
        yield from _against_the_report(facts)
    if asked.institution_in_order:
        yield from _if(facts.institution_suspended, "institution_suspended", "institution_suspended")
    if asked.certified_teachers:
        yield from _against_the_teachers(facts)
    if asked.earlier_certificate:
        yield from _against_a_refresher(facts)


def _if(fact: bool | None, name: str, code: str) -> Iterable[Unmet]:
    if fact is None:
        yield _unknown(name)
    elif fact:
        yield Unmet(code)


def _unless(fact: bool | None, name: str, code: str) -> Iterable[Unmet]:
    yield from _if(None if fact is None else not fact, name, code)


def _against_the_report(facts: Facts) -> Iterable[Unmet]:
    if facts.reported_at is None or facts.begins_at is None:
        yield _unknown("reported_at")
    elif facts.reported_at >= facts.begins_at:
        yield Unmet("class_reported_late", required=facts.begins_at.isoformat(), actual=facts.reported_at.isoformat())


def _against_the_teachers(facts: Facts) -> Iterable[Unmet]:
    """All who are named in the report hold a certificate, and somebody is named."""
    named, certified = facts.teachers_named, facts.teachers_certified
    if named is None or certified is None:
        yield _unknown("teachers")
    elif certified < max(named, 1):
        yield Unmet("teacher_not_certified", required=Decimal(max(named, 1)), actual=Decimal(certified))


def _against_a_refresher(facts: Facts) -> Iterable[Unmet]:
    if facts.training == REFRESHER:
        yield from _unless(facts.earlier_certificate, "earlier_certificate", "earlier_certificate_missing")
    elif facts.training is None:
        yield _unknown("training")


def _against_the_hours(facts: Facts) -> Iterable[Unmet]:
    if not facts.enrolled:
        return
    # A syllabus that asks nothing at all is a mistake, not an open gate.
    if not facts.modules or not any(each.kinds for each in facts.modules):
        yield _unknown("modules")
        return
    for module in facts.modules:
        yield from _against_a_module(module)
    if facts.requirements is not None and facts.requirements.classroom_percent:
        yield from _against_the_classroom_share(facts.modules, facts.requirements.classroom_percent)


def _against_the_classroom_share(modules: Iterable[ModuleFacts], percent: int) -> Iterable[Unmet]:
    """Of the theory hours asked, this share must be confirmed in a classroom, over all modules."""
    theory = [each for module in modules for each in module.kinds if each.kind in (ONLINE, CLASSROOM)]
    if any(each.required_hours is None or each.confirmed_ms is None or not each.minutes for each in theory):
        return  # said already, module by module
    required = sum((_required(each) for each in theory), Fraction(0)) * percent / 100
    earned = sum((_earned(each) for each in theory if each.kind == CLASSROOM), Fraction(0))
    if earned < required:
        yield Unmet(
            "classroom_share",
            kind=CLASSROOM,
            required=_up(required),
            actual=Decimal(math.floor(earned * 100)) * units.SHOWN,
            missing=_up(required - earned),
        )


def _up(hours: Fraction) -> Decimal:
    """Class hours as they are shown, rounded up: what is left to do is never told too small."""
    return Decimal(math.ceil(hours * 100)) * units.SHOWN


def _against_a_module(module: ModuleFacts) -> Iterable[Unmet]:
    kinds = {each.kind: each for each in module.kinds}
    if len(kinds) != len(module.kinds) or not set(kinds) <= set(KINDS):
        yield _unknown(f"kinds of module {module.module}")
        return
    for kind in KINDS:
        asked = kinds.get(kind)
        if asked is None or asked.required_hours == 0:
            continue
        if asked.required_hours is None or asked.confirmed_ms is None or not asked.minutes:
            yield Unmet("unknown", module=module.module, kind=kind, fact="hours")
            continue
        missing = _required(asked) - _earned(asked)
        if kind == ONLINE:
            missing -= _classroom_surplus(kinds.get(CLASSROOM))
        if missing > 0:
            yield _hours_missing(module.module, asked, missing)


def _required(asked: KindFacts) -> Fraction:
    assert asked.required_hours is not None
    return Fraction(asked.required_hours)


def _earned(asked: KindFacts) -> Fraction:
    """Class hours confirmed, exactly. A negative figure cannot be and counts as nothing."""
    assert asked.confirmed_ms is not None and asked.minutes
    return Fraction(max(asked.confirmed_ms, 0), asked.minutes * units.MS_PER_MINUTE)


def _classroom_surplus(classroom: KindFacts | None) -> Fraction:
    """Classroom class hours beyond what the module asks; 0 when anything about them is not known."""
    if classroom is None or classroom.confirmed_ms is None or not classroom.minutes:
        return Fraction(0)
    if classroom.required_hours is None:
        return Fraction(0)
    return max(_earned(classroom) - Fraction(classroom.required_hours), Fraction(0))


def _hours_missing(module: str, asked: KindFacts, missing: Fraction) -> Unmet:
    assert asked.required_hours is not None and asked.confirmed_ms is not None and asked.minutes
    return Unmet(
        "hours_missing",
        module=module,
        kind=asked.kind,
        required=asked.required_hours,
        actual=units.done_hours(max(asked.confirmed_ms, 0), asked.minutes),
        missing=_up(missing),
    )


def _against_the_plan(facts: Facts) -> Iterable[Unmet]:
    if facts.sitting_state is None:
        yield _unknown("sitting_state")
    elif facts.sitting_state == "cancelled":
        yield Unmet("sitting_cancelled")
    elif facts.sitting_state != "published":
        yield Unmet("sitting_not_published", actual=facts.sitting_state)


def _against_the_sitting(facts: Facts) -> Iterable[Unmet]:
    if facts.at is None or facts.opens_at is None or facts.closes_at is None:
        yield _unknown("registration_period")
    elif facts.at < facts.opens_at:
        yield Unmet("registration_not_open", required=facts.opens_at.isoformat(), actual=facts.at.isoformat())
    elif facts.at >= facts.closes_at:
        yield Unmet("registration_closed", required=facts.closes_at.isoformat(), actual=facts.at.isoformat())
    if facts.already_registered is None:
        yield _unknown("already_registered")
    elif facts.already_registered:
        yield Unmet("already_registered")
    yield from _if(facts.registered_elsewhere, "registered_elsewhere", "registered_elsewhere")
    # Said once: who has a seat for the same syllabus then is told of that.
    if not facts.registered_elsewhere:
        yield from _if(facts.another_exam_then, "another_exam_then", "another_exam_then")
    if facts.capacity is None or facts.booked is None:
        yield _unknown("seats")
    elif facts.booked >= facts.capacity and not facts.already_registered:
        yield Unmet("full", required=Decimal(facts.capacity), actual=Decimal(facts.booked))
