"""The first page."""

from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from lms.accounts.models import User
from lms.exams.queries import next_sitting
from lms.exams.views.rows import sitting_row
from lms.hours.queries.overview import EnrollmentHours, day_hours, hours_of
from lms.hours.views.pages import lesson_row


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What Xueshi is, for a stranger; where to go on, for a learner."""
    if not isinstance(request.user, User):
        return render(request, "home.html")
    return render(request, "home.html", _learner_context(request.user, datetime.now(UTC)))


def _learner_context(learner: User, at: datetime) -> dict[str, Any]:
    enrollments = hours_of(learner)
    unfinished = [
        (hours, lesson)
        for hours in enrollments
        for module in hours.modules
        for lesson in module.lessons
        if not lesson.is_finished
    ]
    context: dict[str, Any] = {"enrollments": [_enrollment_row(each) for each in enrollments]}
    if unfinished:
        hours, lesson = unfinished[0]
        context["next_lesson"] = {**lesson_row(lesson), "course_title": hours.enrollment.training_class.title}
    if enrollments:
        day = day_hours(learner, at, enrollments[0].enrollment.training_class.syllabus_version)
        context["today"] = {
            "credited_ms": day.credited_ms,
            "cap_ms": day.cap_ms,
            "percent": min(100, day.credited_ms * 100 // day.cap_ms) if day.cap_ms else 100,
        }
    syllabi = {hours.enrollment.training_class.syllabus_version.syllabus_id for hours in enrollments}
    sitting = next_sitting(learner, at, syllabi) if syllabi else None
    if sitting is not None:
        context["next_sitting"] = sitting_row(sitting)
    return context


def _enrollment_row(hours: EnrollmentHours) -> dict[str, Any]:
    return {
        "title": hours.enrollment.training_class.syllabus_version.syllabus.name,
        "class_title": hours.enrollment.training_class.title,
        "percent": hours.percent,
        "missing_hours": hours.missing_hours,
    }
