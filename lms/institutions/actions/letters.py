"""What is told by letter of decisions on institutions and on what they publish, inside their transaction."""

from datetime import datetime

from lms.accounts.models import User
from lms.institutions.models import CourseSubmission, Institution, ReviewState
from lms.institutions.queries import people_running
from lms.letters.actions import NewLetter, write_letters


def tell_review_decided(*, at: datetime, review: ReviewState) -> None:
    """To who submitted it."""
    to = review.workflow_state.requested_by
    if isinstance(to, User):
        facts = {"title": review.revision.content["title"], "reason": review.comment}
        letter = NewLetter(f"review.{review.status}", to, str(review.pk), str(review.pk), facts)
        write_letters(at=at, letters=[letter])


def tell_course_decided(*, at: datetime, submission: CourseSubmission, outcome: str, words: str) -> None:
    """To who submitted it: one letter for all its parts."""
    about, facts = str(submission.uuid), {"title": submission.page.title, "reason": words}
    write_letters(at=at, letters=[NewLetter(f"course.{outcome}", submission.submitted_by, about, about, facts)])


def tell_suspended(*, at: datetime, institution: Institution, reason: str) -> None:
    """To who runs it."""
    _tell_all(f"institution.suspended.{institution.kind}", at, institution, reason)


def tell_lifted(*, at: datetime, institution: Institution, reason: str) -> None:
    """To who runs it."""
    _tell_all("institution.lifted", at, institution, reason)


def _tell_all(kind: str, at: datetime, institution: Institution, reason: str) -> None:
    names = {"zh-hans": institution.name_zh, "en": institution.name_en}
    facts, once = {"institution": names, "reason": reason}, f"{institution.uuid} {at.isoformat()}"
    write_letters(at=at, letters=[NewLetter(kind, each, once, facts=facts) for each in people_running(institution)])
