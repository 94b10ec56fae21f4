"""Keeping a verdict that is acted upon: its inputs, reasons and digest, signed, never changed afterwards."""

from uuid import uuid4

from lms import signing
from lms.accounts.models import User
from lms.exams.models import Decision, Sitting
from lms.exams.queries.replays import claims_of
from lms.exams.queries.verdicts import Eligibility
from lms.exams.rules.facts import as_json, digest
from lms.exams.rules.reasons import written
from lms.exams.rules.signed import SIGNED_TYPE


def keep_decision(learner: User, sitting: Sitting, made: Eligibility) -> Decision:
    """Raises signing.NoSigningKey: without a signature nothing is decided."""
    inputs, rule_version = as_json(made.facts), made.verdict.rule_version
    decision = Decision(
        uuid=uuid4(),
        learner=learner,
        sitting=sitting,
        enrollment=made.enrollment,
        made_at=made.as_of,
        rule_version=rule_version,
        inputs=inputs,
        eligible=made.verdict.eligible,
        unmet=[written(each) for each in made.verdict.unmet],
        digest=digest(inputs, rule_version),
        ledger_number=made.ledger_number,
    )
    decision.signature = signing.sign(claims_of(decision), typ=SIGNED_TYPE, at=made.as_of)
    decision.save(force_insert=True)
    return decision
