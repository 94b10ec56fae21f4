"""A lesson as the learner studies it now, and how far they are in it.

Only for learners of an open class that has the lesson, in the version of that class. For everybody else there is no
such lesson; learners whose class is closed, or whose lesson was withdrawn, are told so.
"""

from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from ninja import Router

from courses.models import LessonKind, LessonVersion
from lms.accounts.models import User
from lms.api import moments, shapes
from lms.api.authentication import PersonRequest
from lms.api.problems import ApiProblem, not_found
from lms.api.responses import answers
from lms.enrollments.queries import not_studying_because
from lms.hours.queries.delivery import studied_version
from lms.hours.queries.progress import progress_of
from media_pipeline.queries import captions_of

router = Router(tags=["lessons"])


@router.get("/lessons/{lesson}", response=answers(shapes.LessonOut, 404), summary="A lesson that I study")
def lesson(request: PersonRequest, lesson: UUID) -> shapes.LessonOut:
    version = _studied(request.auth, lesson)
    is_video = version.lesson.kind == LessonKind.VIDEO
    return shapes.LessonOut(
        uuid=version.lesson.uuid,
        kind=version.lesson.kind,
        title=version.title,
        duration_ms=version.duration_ms,
        playlist=reverse("lesson_master", kwargs={"lesson": lesson}) if is_video else None,
        captions=_captions(version),
        sections=[_section(version, section) for section in version.sections],
    )


@router.get("/lessons/{lesson}/coverage", response=answers(shapes.Coverage, 404), summary="How far I am in a lesson")
def coverage(request: PersonRequest, lesson: UUID) -> shapes.Coverage:
    version = _studied(request.auth, lesson)
    progress = progress_of(request.auth, version)
    return shapes.Coverage(
        lesson=version.lesson.uuid,
        duration_ms=version.duration_ms,
        covered=progress.covered,
        covered_ms=progress.covered_ms,
        credited_ms=progress.credited_ms,
    )


def _captions(version: LessonVersion) -> list[shapes.CaptionsOut]:
    if version.asset is None:
        return []
    lesson = version.lesson.uuid
    return [
        shapes.CaptionsOut(
            language=each.language,
            name=each.own_name,
            url=reverse("lesson_captions", kwargs={"lesson": lesson, "language": each.language}),
        )
        for each in captions_of(version.asset, reader=get_language() or "")
    ]


def _section(version: LessonVersion, section: dict[str, Any]) -> shapes.SectionOut:
    place = {key: section[key] for key in ("title", "from_ms", "to_ms")}
    if version.lesson.kind == LessonKind.VIDEO:
        return shapes.SectionOut(**place)
    return shapes.ReadingSectionOut(**place, html=section.get("html", ""))


def _studied(person: User, lesson: UUID) -> LessonVersion:
    at = moments.now()
    version = studied_version(person, lesson, at)
    if version is not None:
        return version
    reason = not_studying_because(person, lesson, at)
    if reason == "locked":
        raise ApiProblem(403, "locked", _("The class is not open for study now; what was earned stays."))
    if reason == "withdrawn":
        raise ApiProblem(403, "withdrawn", _("This lesson was withdrawn; what was earned stays."))
    raise not_found()
