"""Whether a learner may register for a sitting now, and every reason against, in the reader's language."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from lms.accounts.models import User
from lms.enrollments.models import Enrollment, Module
from lms.exams import texts
from lms.exams.models import Decision, Registration, Sitting
from lms.exams.queries.facts import candidates_of
from lms.exams.rules.eligibility import Unmet, Verdict, judge, judge_best, judge_holder
from lms.exams.rules.facts import Facts
from lms.exams.rules.reasons import read
from lms.exams.texts import Reason
from lms.hours.queries.balances import last_numbers


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
    return _judged([viewer], sitting, at, judge, instead_of)[viewer.pk]


def eligibility_many(learners: Collection[User], sitting: Sitting, at: datetime) -> dict[int, Eligibility]:
    """The same of each of these learners, by primary key, in as many statements as of one."""
    return _judged(learners, sitting, at, judge)


def holding(learner: User, sitting: Sitting, at: datetime) -> Eligibility:
    """Whether a learner who holds a seat may keep it, judged on the enrollment that serves best."""
    return holding_many([learner], sitting, at)[learner.pk]


def holding_many(learners: Collection[User], sitting: Sitting, at: datetime) -> dict[int, Eligibility]:
    """The same of each of these holders, by primary key, in as many statements as of one."""
    return _judged(learners, sitting, at, judge_holder)


def _judged(
    learners: Collection[User],
    sitting: Sitting,
    at: datetime,
    rule: Callable[[Facts], Verdict],
    instead_of: Registration | None = None,
) -> dict[int, Eligibility]:
    # Before the hours are read: what is posted meanwhile is then newer than this, never thought to be known.
    numbers = last_numbers(learners)
    judged = {}
    for pk, found in candidates_of(learners, sitting, at, instead_of).items():
        best, verdict = judge_best([each.facts for each in found], rule)
        judged[pk] = Eligibility(verdict, found[best].facts, found[best].enrollment, at, numbers[pk])
    return judged


def reasons_of(decision: Decision) -> list[Reason]:
    """Why a kept decision refused, in words."""
    return reasons(read(each) for each in decision.unmet)


def reasons(unmet: Iterable[Unmet]) -> list[Reason]:
    """The reasons in words, for the page, the refusal and the API alike."""
    listed = list(unmet)
    uuids = {each.module for each in listed if each.module}
    names = {str(each.uuid): each.name for each in Module.objects.filter(uuid__in=uuids)} if uuids else {}
    return [texts.reason(each, names.get(each.module or "", "")) for each in listed]
