"""Withdrawing a lesson: from that moment on it earns nothing. Hours already earned stay, and so do its versions."""

from datetime import datetime
from typing import Any

from django.db import transaction

from courses.actions.permission import check_may_publish
from courses.models import Lesson
from courses.queries import page_of
from courses.signals import lesson_withdrawn
from media_pipeline.signals import acted


def withdraw_lesson(*, by: Any, at: datetime, lesson: Lesson, reason: str, is_entitled: bool = False) -> Lesson:
    """Idempotent: the first withdrawal's moment stands. MayNotEdit without the right to publish the lesson.

    `is_entitled`: the root above, which knows whose a lesson is, has decided that this person may.
    """
    if not is_entitled:
        check_may_publish(by, page_of(lesson))
    return _set_withdrawn(by, at, lesson, withdrawn_at=at, detail={"reason": reason})


def restore_lesson(*, by: Any, at: datetime, lesson: Lesson, reason: str, is_entitled: bool = False) -> Lesson:
    """The lesson earns again. Idempotent. As `withdraw_lesson`."""
    if not is_entitled:
        check_may_publish(by, page_of(lesson))
    return _set_withdrawn(by, at, lesson, withdrawn_at=None, detail={"reason": reason})


def _set_withdrawn(
    by: Any, at: datetime, lesson: Lesson, *, withdrawn_at: datetime | None, detail: dict[str, str]
) -> Lesson:
    with transaction.atomic():
        lesson = Lesson.objects.select_for_update().get(pk=lesson.pk)
        if (lesson.withdrawn_at is None) == (withdrawn_at is None):
            return lesson
        lesson.withdrawn_at = withdrawn_at
        lesson.save(update_fields=["withdrawn_at"])
        verb = "lesson.withdrawn" if withdrawn_at else "lesson.restored"
        acted.send(sender=Lesson, verb=verb, subject=lesson, by=by, at=at, detail=detail)
        if withdrawn_at is not None:
            transaction.on_commit(lambda: lesson_withdrawn.send(sender=Lesson, lesson=lesson), robust=True)
    return lesson
