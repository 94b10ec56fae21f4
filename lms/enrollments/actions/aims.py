"""Saying which module a lesson is meant for. Whoever may change the lesson's page may say so."""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction

from courses.models import Lesson
from courses.queries import may_edit_lesson
from lms.accounts.models import User
from lms.audit.actions import record
from lms.enrollments.models import LessonAim, Module


class NotTheirLesson(PermissionDenied):
    """Only who may change a lesson may say what it is meant for."""


def aim_lesson(*, by: User, at: datetime, lesson: Lesson, module: Module | None) -> None:
    """The lesson is meant for `module` from now on, or for none. Saying the same again changes nothing."""
    if not may_edit_lesson(by, lesson):
        raise NotTheirLesson(str(lesson.uuid))
    with transaction.atomic():
        # The lesson's row puts two callers in one order.
        Lesson.objects.select_for_update(no_key=True).get(pk=lesson.pk)
        before = LessonAim.objects.filter(lesson=lesson).values_list("module__uuid", flat=True).first()
        if before == (module.uuid if module else None):
            return
        if module is None:
            LessonAim.objects.filter(lesson=lesson).delete()
        else:
            said = {"module": module, "set_by": by, "set_at": at}
            LessonAim.objects.update_or_create(lesson=lesson, defaults=said)
        detail = {"module": str(module.uuid) if module else None, "was": str(before) if before else None}
        record(verb="lesson.aimed", subject=lesson, by=by, at=at, detail=detail)
