"""What is told by letter of the review committee's decisions, inside their transaction."""

from datetime import datetime

from lms.accounts.models import User
from lms.institutions.models import CourseSubmission, ReviewState
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
