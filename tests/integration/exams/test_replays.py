"""Ten thousand decisions judged again, and the few among them that somebody changed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from lms import signing
from lms.exams.models import Decision
from lms.exams.queries.replays import claims_of
from lms.exams.rules.eligibility import HOLDER_RULE_VERSION, RULE_VERSION, judge_again
from lms.exams.rules.facts import Facts, KindFacts, ModuleFacts, as_json, digest
from lms.exams.rules.reasons import written
from lms.exams.rules.requirements import Requirements
from tests.integration.exams.builders import NOON, Ground

COUNT = 10_000
OTHER_DIGEST = "the digest is not that of the inputs"
VERSIONS = ("eligibility-1", "eligibility-2", "eligibility-2-holder", RULE_VERSION, RULE_VERSION, HOLDER_RULE_VERSION)
OTHERWISE_SIGNED = "the signature is of something else"


def facts(chance: Random) -> Facts:
    """A life like others: mostly known, mostly in order, hours around what is asked."""

    def maybe(value: object) -> object:
        return None if chance.random() < 0.01 else value

    def likely() -> bool:
        return chance.random() < 0.9

    kinds = [
        KindFacts(kind, Decimal(chance.randint(0, 9_000)) / 1000, minutes, chance.randint(0, 20_000_000))
        for kind, minutes in (("online", 30), ("classroom", 45), ("workshop", 45))
    ]
    asked = Requirements("1 4", chance.choice((0, 0, 30, 55)), likely(), likely(), likely(), likely(), likely())
    return Facts(
        at=NOON,
        opens_at=NOON - timedelta(days=chance.randint(-1, 30)),
        closes_at=datetime(2026, 3, 25, tzinfo=UTC),
        capacity=30,
        booked=chance.randint(0, 31),
        person_suspended=maybe(not likely()),  # type: ignore[arg-type]
        identity_present=likely(),
        already_registered=not likely(),
        enrolled=likely(),
        class_state=chance.choice(("accepted", "accepted", "accepted", "ended", "returned")),
        reported_at=datetime(2026, 1, chance.randint(1, 6), tzinfo=UTC),
        begins_at=datetime(2026, 1, 5, tzinfo=UTC),
        institution_suspended=not likely(),
        requirements=maybe(asked),  # type: ignore[arg-type]
        training=chance.choice(("initial", "refresher")),
        identity_verified=likely(),
        sitting_state=chance.choice(("published", "published", "published", "cancelled", "draft")),
        registered_elsewhere=not likely(),
        another_exam_then=not likely(),
        trained_by_examiner=not likely(),
        teachers_named=2,
        teachers_certified=2 if likely() else 1,
        earlier_certificate=likely(),
        modules=tuple(ModuleFacts(f"m{n}", tuple(chance.sample(kinds, 3))) for n in range(chance.randint(1, 4))),
    )


def decided(ground: Ground, made_from: Facts, rule_version: str) -> Decision:
    inputs, verdict = as_json(made_from), judge_again(made_from, rule_version)
    decision = Decision(
        uuid=uuid4(),
        learner=ground.alice,
        sitting=ground.sitting,
        made_at=NOON,
        rule_version=rule_version,
        inputs=inputs,
        eligible=verdict.eligible,
        unmet=[written(each) for each in verdict.unmet],
        digest=digest(inputs, rule_version),
    )
    if rule_version != "eligibility-1":
        decision.signature = signing.sign(claims_of(decision), typ="decision+jwt", at=NOON)
    return decision


def test_ten_thousand_decisions_come_out_as_they_were_kept(ground: Ground) -> None:
    chance = Random(20261129)
    made = [decided(ground, facts(chance), chance.choice(VERSIONS)) for _ in range(COUNT)]
    Decision.objects.bulk_create(made, batch_size=1000)
    assert {(each.eligible, len(each.unmet) > 1) for each in made} == {(True, False), (False, False), (False, True)}

    assert verified() == ["10000 decisions, no difference"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"eligible": True}, [OTHERWISE_SIGNED, "kept as eligible, judged otherwise"]),
        (
            {"unmet": [], "eligible": True},
            [OTHERWISE_SIGNED, "kept as eligible, judged otherwise", "the reasons are others"],
        ),
        ({"unmet": []}, ["the reasons are others"]),
        ({"digest": "0" * 64}, [OTHER_DIGEST, OTHERWISE_SIGNED]),
        ({"rule_version": "eligibility-0"}, [OTHER_DIGEST, OTHERWISE_SIGNED, "the inputs cannot be read"]),
        ({"inputs": {}}, [OTHER_DIGEST, "the inputs cannot be read"]),
        ({"signature": ""}, ["the signature is not ours"]),
        ({"signature": "eyJhbGciOiJub25lIn0.e30."}, ["the signature is not ours"]),
        ({"uuid": uuid4()}, [OTHERWISE_SIGNED]),
    ],
    ids=["verdict", "verdict and reasons", "reasons", "digest", "rule", "inputs", "unsigned", "forged", "another's"],
)
def test_a_decision_that_somebody_changed_is_found(ground: Ground, changed: dict[str, Any], said: list[str]) -> None:
    full = decided(ground, replace(facts(Random(1)), capacity=30, booked=30), RULE_VERSION)
    assert not full.eligible
    for name, value in changed.items():
        setattr(full, name, value)
    Decision.objects.bulk_create([decided(ground, facts(Random(2)), RULE_VERSION), full])

    with pytest.raises(CommandError, match="in 2 decisions"):
        verified(told := [])

    assert [line.split(": ")[0:2] for line in told] == [[f"decision {full.uuid}", each] for each in said]


def verified(told: list[str] | None = None) -> list[str]:
    said = StringIO()
    try:
        call_command("verify_decisions", stdout=said, stderr=StringIO())
    finally:
        lines = said.getvalue().splitlines()
        if told is not None:
            told += lines
    return lines
