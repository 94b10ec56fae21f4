"""Whether a learner may register for a sitting now, and every reason against, in the reader's language."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from lms.accounts.models import User
from lms.enrollments.models import Enrollment, Module
from lms.exams import texts
from lms.exams.models import Decision, Registration, Sitting
from lms.exams.queries.facts import candidates
from lms.exams.rules.eligibility import Unmet, Verdict, judge_best, judge_holder
from lms.exams.rules.facts import Facts
from lms.exams.rules.reasons import read
from lms.exams.texts import Reason
from lms.hours.queries.balances import last_number


@dataclass(frozen=True, slots=True)
class Eligibility:
    """A verdict that nothing was booked upon, as of a moment. `ledger_number`: the last entry that it could know."""

    verdict: Verdict
    facts: Facts
    enrollment: Enrollment | None
    as_of: datetime
    ledger_number: int

    @property
    def eligible(self) -> bool:
        return self.verdict.eligible


def eligibility(viewer: User, sitting: Sitting, at: datetime, instead_of: Registration | None = None) -> Eligibility:
    """The viewer's own eligibility, judged on the enrollment that serves best. Writes nothing, promises nothing.

    `instead_of`: a seat of the viewer's that would be given up for this one.
    """
    # Before the hours are read: what is posted meanwhile is then newer than this, never thought to be known.
    ledger_number = last_number(viewer.pk)
    found = candidates(viewer, sitting, at, instead_of)
    best, verdict = judge_best([each.facts for each in found])
    return Eligibility(verdict, found[best].facts, found[best].enrollment, at, ledger_number)


def holding(learner: User, sitting: Sitting, at: datetime) -> Eligibility:
    """Whether a learner who holds a seat may keep it, judged on the enrollment that serves best."""
    ledger_number = last_number(learner.pk)
    found = candidates(learner, sitting, at)
    best, verdict = judge_best([each.facts for each in found], judge_holder)
    return Eligibility(verdict, found[best].facts, found[best].enrollment, at, ledger_number)


def holding_many(learners: Collection[User], sitting: Sitting, at: datetime) -> dict[int, Eligibility]:
    """The same of each of these holders, by primary key."""
    return {each.pk: holding(each, sitting, at) for each in learners}


def reasons_of(decision: Decision) -> list[Reason]:
    """Why a kept decision refused, in words."""
    return reasons(read(each) for each in decision.unmet)


def reasons(unmet: Iterable[Unmet]) -> list[Reason]:
    """The reasons in words, for the page, the refusal and the API alike."""
    listed = list(unmet)
    uuids = {each.module for each in listed if each.module}
    names = {str(each.uuid): each.name for each in Module.objects.filter(uuid__in=uuids)} if uuids else {}
    return [texts.reason(each, names.get(each.module or "", "")) for each in listed]
