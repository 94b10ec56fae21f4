"""Withdrawing lessons and whole courses: by staff of the owner, or by the authority above it.

From that moment on nothing is earned; what was earned stays earned, and so do the frozen versions.
"""

from collections.abc import Callable
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from wagtail.models import Page

from courses.actions.withdrawal import restore_lesson, withdraw_lesson
from courses.models import Lesson
from courses.queries import lessons_below
from lms.accounts.queries import Viewer
from lms.institutions.models.publishing import ReasonMissing
from lms.institutions.queries import may_withdraw, may_withdraw_page
from lms.institutions.rules.reviewing import decision_problems


class NotTheirsToWithdraw(PermissionDenied):
    """Neither staff of the owner nor the authority above it."""


def withdraw(*, by: Viewer, at: datetime, lesson: Lesson, reason: str) -> Lesson:
    """Idempotent. Raises NotTheirsToWithdraw, ReasonMissing."""
    return _change(withdraw_lesson, by, at, lesson, reason)


def restore(*, by: Viewer, at: datetime, lesson: Lesson, reason: str) -> Lesson:
    """The lesson earns again. Idempotent. Raises NotTheirsToWithdraw, ReasonMissing."""
    return _change(restore_lesson, by, at, lesson, reason)


def withdraw_course(*, by: Viewer, at: datetime, page: Page, reason: str) -> list[Lesson]:
    """Every lesson of a course or textbook, in one step. Raises NotTheirsToWithdraw, ReasonMissing."""
    if not may_withdraw_page(by, page):
        raise NotTheirsToWithdraw(f"page {page.pk}")
    _check_reason(reason)
    with transaction.atomic():
        return [
            withdraw_lesson(by=by, at=at, lesson=lesson, reason=reason.strip(), is_entitled=True)
            for lesson in lessons_below(page)
        ]


def _change(step: Callable[..., Lesson], by: Viewer, at: datetime, lesson: Lesson, reason: str) -> Lesson:
    if not may_withdraw(by, lesson):
        raise NotTheirsToWithdraw(str(lesson.uuid))
    _check_reason(reason)
    return step(by=by, at=at, lesson=lesson, reason=reason.strip(), is_entitled=True)


def _check_reason(reason: str) -> None:
    if problems := decision_problems(approves=False, reason=reason):
        raise ReasonMissing(problems)
