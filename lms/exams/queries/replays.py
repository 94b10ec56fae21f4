"""Kept decisions judged again: same inputs and rule, same verdict and digest, or somebody changed a row."""

from collections.abc import Iterator
from dataclasses import dataclass

from lms import signing
from lms.exams.models import Decision
from lms.exams.rules.eligibility import UNSIGNED_RULE_VERSIONS, judge_again
from lms.exams.rules.facts import digest, from_json
from lms.exams.rules.reasons import written
from lms.exams.rules.signed import SIGNED_TYPE, signed_claims

BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Replayed:
    """A decision and what is wrong with it; empty when it came out as it was kept."""

    decision: Decision
    differences: tuple[str, ...]


def replayed() -> Iterator[Replayed]:
    """Every decision there is, oldest first, a batch of rows at a time."""
    for each in Decision.objects.select_related("learner", "sitting").order_by("pk").iterator(BATCH):
        yield Replayed(each, tuple(_differences(each)))


def claims_of(decision: Decision) -> dict[str, object]:
    """What its signature says."""
    return signed_claims(
        decision=str(decision.uuid),
        learner=str(decision.learner.uuid),
        sitting=str(decision.sitting.uuid),
        made_at=decision.made_at,
        rule_version=decision.rule_version,
        digest=decision.digest,
        eligible=decision.eligible,
    )


def _differences(decision: Decision) -> Iterator[str]:
    if decision.digest != digest(decision.inputs, decision.rule_version):
        yield "the digest is not that of the inputs"
    yield from _signature_differences(decision)
    try:
        verdict = judge_again(from_json(decision.inputs), decision.rule_version)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        yield f"the inputs cannot be read: {error}"
        return
    if verdict.eligible != decision.eligible:
        yield f"kept as {'eligible' if decision.eligible else 'refused'}, judged otherwise"
    if [written(each) for each in verdict.unmet] != decision.unmet:
        yield "the reasons are others"


def _signature_differences(decision: Decision) -> Iterator[str]:
    if not decision.signature and decision.rule_version in UNSIGNED_RULE_VERSIONS:
        return
    try:
        signed = signing.verify(decision.signature, typ=SIGNED_TYPE)
    except signing.NotOurs as error:
        yield f"the signature is not ours: {error}"
        return
    if signed != claims_of(decision):
        yield "the signature is of something else"
