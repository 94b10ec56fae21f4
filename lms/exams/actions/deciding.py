"""Keeping a verdict that is acted upon: its inputs, reasons and digest, never changed afterwards."""

from lms.accounts.models import User
from lms.exams.models import Decision, Sitting
from lms.exams.queries.verdicts import Eligibility
from lms.exams.rules.facts import as_json, digest
from lms.exams.rules.reasons import written


def keep_decision(learner: User, sitting: Sitting, made: Eligibility) -> Decision:
    inputs = as_json(made.facts)
    return Decision.objects.create(
        learner=learner,
        sitting=sitting,
        enrollment=made.enrollment,
        made_at=made.as_of,
        rule_version=made.verdict.rule_version,
        inputs=inputs,
        eligible=made.verdict.eligible,
        unmet=[written(each) for each in made.verdict.unmet],
        digest=digest(inputs, made.verdict.rule_version),
    )
