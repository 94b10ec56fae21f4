"""Kept decisions judged again: same inputs and rule, same verdict and digest, or somebody changed a row."""

from collections.abc import Iterator
from dataclasses import dataclass

from lms.exams.models import Decision
from lms.exams.rules.eligibility import judge_again
from lms.exams.rules.facts import digest, from_json
from lms.exams.rules.reasons import written

BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Replayed:
    """A decision and what is wrong with it; empty when it came out as it was kept."""

    decision: Decision
    differences: tuple[str, ...]


def replayed() -> Iterator[Replayed]:
    """Every decision there is, oldest first, a batch of rows at a time."""
    for each in Decision.objects.order_by("pk").iterator(BATCH):
        yield Replayed(each, tuple(_differences(each)))


def _differences(decision: Decision) -> Iterator[str]:
    if decision.digest != digest(decision.inputs, decision.rule_version):
        yield "the digest is not that of the inputs"
    try:
        verdict = judge_again(from_json(decision.inputs), decision.rule_version)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        yield f"the inputs cannot be read: {error}"
        return
    if verdict.eligible != decision.eligible:
        yield f"kept as {'eligible' if decision.eligible else 'refused'}, judged otherwise"
    if [written(each) for each in verdict.unmet] != decision.unmet:
        yield "the reasons are others"
