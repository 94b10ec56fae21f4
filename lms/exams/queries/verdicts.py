"""Whether a learner may register for a sitting now, and every reason against, in the reader's language."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from lms.accounts.models import User
from lms.enrollments.models import Enrollment, Module
from lms.exams import texts
from lms.exams.models import Decision, Sitting
from lms.exams.queries.facts import candidates_of
from lms.exams.rules.eligibility import Unmet, Verdict, judge, judge_best, judge_holder
from lms.exams.rules.facts import Facts
from lms.exams.rules.reasons import read
from lms.exams.texts import Reason


@dataclass(frozen=True, slots=True)
class Eligibility:
    """A verdict that nothing was booked upon, as of a moment."""

    verdict: Verdict
    facts: Facts
    enrollment: Enrollment | None
    as_of: datetime

    @property
    def eligible(self) -> bool:
        return self.verdict.eligible


def eligibility(viewer: User, sitting: Sitting, at: datetime) -> Eligibility:
    """The viewer's own eligibility, judged on the enrollment that serves best. Writes nothing, promises nothing."""
    return eligibility_many([viewer], sitting, at)[viewer.pk]


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
    learners: Collection[User], sitting: Sitting, at: datetime, rule: Callable[[Facts], Verdict]
) -> dict[int, Eligibility]:
    judged = {}
    for pk, found in candidates_of(learners, sitting, at).items():
        best, verdict = judge_best([each.facts for each in found], rule)
        judged[pk] = Eligibility(verdict, found[best].facts, found[best].enrollment, at)
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
