"""The study page and "my hours"."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from courses.models import LessonKind, LessonVersion
from lms.enrollments.models import ClassLesson, Enrollment, Kind, Module, spoken
from lms.enrollments.queries import not_studying_because, studying, teachers_named
from lms.enrollments.rules.units import hours_to_ms
from lms.hours.forms.attendance import problem_text
from lms.hours.models import CheckOutcome, Effect, EntrySort, Presence, ProposalState, ProposedLearner
from lms.hours.queries.attendance import own_presences, own_proposals, state_of
from lms.hours.queries.clocks import ms_of
from lms.hours.queries.entries import entries_of, refusals_of
from lms.hours.queries.overview import EnrollmentHours, KindHours, LessonProgress, day_hours, hours_of
from lms.hours.study_texts import refusal_text, study_texts
from lms.hours.views.appeals import appeal_links
from lms.hours.views.attendance import proposal_label
from media_pipeline import queries as media


@login_required
@require_GET
def study(request: HttpRequest, lesson: UUID) -> HttpResponse:
    """A lesson to study; a page that says why when it cannot be studied now."""
    at = datetime.now(UTC)
    place = studying(request.user, lesson, at)  # type: ignore[arg-type]
    if place is None:
        reason = not_studying_because(request.user, lesson, at)  # type: ignore[arg-type]
        texts = study_texts()
        return render(request, "hours/not_now.html", {"reason": texts[f"error.{reason}"]}, status=403)
    enrollment, planned = place
    hours = next(each for each in hours_of(request.user) if each.enrollment.pk == enrollment.pk)  # type: ignore[arg-type]
    version = planned.lesson_version
    context = {
        "lesson": _lesson(version),
        "course_title": enrollment.training_class.title,
        "module": {"title": planned.module.name},
        "study_config": _study_config(request, at, enrollment, planned, hours),
        "next_lesson": _next_lesson(hours, version),
    }
    template = "hours/study_video.html" if version.lesson.kind == LessonKind.VIDEO else "hours/study_reading.html"
    return render(request, template, context)


@login_required
@require_GET
def my_hours(request: HttpRequest) -> HttpResponse:
    """What is asked, done and missing; every entry and every refusal with its reason."""
    entries: Any = entries_of(request.user, request.GET.get("entries", 1))  # type: ignore[arg-type]
    refusals: Any = refusals_of(request.user, request.GET.get("refusals", 1))  # type: ignore[arg-type]
    appeals = appeal_links(request.user, refusals.object_list, entries.object_list)  # type: ignore[arg-type]
    entries.object_list = [{**_entry_row(entry), "appeal": appeals.get(entry)} for entry in entries.object_list]
    refusals.object_list = [
        {
            "from": row.from_at,
            "ms": row.ms,
            "code": row.code,
            "label": refusal_text(row.code),
            "title": row.lesson_version.title,
            "appeal": appeals[row],
        }
        for row in refusals.object_list
    ]
    hours = hours_of(request.user)  # type: ignore[arg-type]
    teachers = teachers_named([each.enrollment.training_class_id for each in hours])
    context = {
        "enrollments": [
            {**_enrollment_row(each), "teachers": teachers.get(each.enrollment.training_class_id, [])} for each in hours
        ],
        "entries": entries,
        "refusals": refusals,
        "attendance": [_presence_row(each, datetime.now(UTC)) for each in own_presences(request.user)],  # type: ignore[arg-type]
        "proposed": [_proposed_row(each) for each in own_proposals(request.user)],  # type: ignore[arg-type]
    }
    return render(request, "hours/my_hours.html", context)


def lesson_row(each: LessonProgress) -> dict[str, Any]:
    """A lesson as `components/lesson_link.html` shows it."""
    return {
        "title": each.version.title,
        "url": reverse("study", kwargs={"lesson": each.version.lesson.uuid}),
        "percent": each.percent,
        "kind": each.version.lesson.kind,
        "duration_ms": each.version.duration_ms,
    }


def _lesson(version: LessonVersion) -> dict[str, Any]:
    return {
        "title": version.title,
        "kind": version.lesson.kind,
        "duration_ms": version.duration_ms,
        "poster": media.poster_url(version.asset) if version.asset else None,
        "captions": _captions(version),
        # Frozen at publication from Wagtail's own, already sanitised, rendering.
        "sections": [{**section, "html": mark_safe(section.get("html", ""))} for section in version.sections],
    }


def _captions(version: LessonVersion) -> list[dict[str, str]]:
    """What can be shown below the picture now, whenever it was made; the reader's language in front."""
    if version.asset is None:
        return []
    lesson = version.lesson.uuid
    return [
        {
            "language": each.language,
            "label": each.own_name,
            "url": reverse("lesson_captions", kwargs={"lesson": lesson, "language": each.language}),
        }
        for each in media.captions_of(version.asset, reader=get_language() or "")
    ]


def _study_config(
    request: HttpRequest, at: datetime, enrollment: Enrollment, planned: ClassLesson, hours: EnrollmentHours
) -> dict[str, Any]:
    version = planned.lesson_version
    online = _online(hours, planned.module)
    day = day_hours(request.user, at, enrollment.training_class.syllabus_version)  # type: ignore[arg-type]
    is_video = version.lesson.kind == LessonKind.VIDEO
    return {
        "lesson": str(version.lesson.uuid),
        "kind": version.lesson.kind,
        "socket": "/ws/study/",
        "playlist": reverse("lesson_master", kwargs={"lesson": version.lesson.uuid}) if is_video else None,
        "sprites": media.sprites_of(version.asset) if version.asset else None,
        "texts": study_texts(),
        "sections": [{key: section[key] for key in ("title", "from_ms", "to_ms")} for section in version.sections],
        "duration_ms": version.duration_ms,
        "minutes_per_class_hour": enrollment.training_class.syllabus_version.online_minutes,
        "module": {
            "title": planned.module.name,
            "required_ms": hours_to_ms(online.required_hours, online.minutes) if online else 0,
            "confirmed_ms": online.confirmed_ms if online else 0,
            "provisional_ms": online.provisional_ms if online else 0,
        },
        "day": {"cap_ms": day.cap_ms, "credited_ms": day.credited_ms},
    }


def _online(hours: EnrollmentHours, module: Module) -> KindHours | None:
    kinds = [kind for each in hours.modules if each.module.pk == module.pk for kind in each.kinds]
    return next((kind for kind in kinds if kind.kind == Kind.ONLINE), None)


def _next_lesson(hours: EnrollmentHours, version: LessonVersion) -> dict[str, Any] | None:
    lessons = [lesson for module in hours.modules for lesson in module.lessons]
    place = next(index for index, each in enumerate(lessons) if each.version.pk == version.pk)
    later = [*lessons[place + 1 :], *lessons[:place]]
    unfinished = next((each for each in later if not each.is_finished), None)
    return lesson_row(unfinished) if unfinished else None


def _enrollment_row(hours: EnrollmentHours) -> dict[str, Any]:
    training_class = hours.enrollment.training_class
    return {
        "title": training_class.syllabus_version.syllabus.name,
        "class_title": training_class.title,
        "institution": spoken(training_class.institution.name_zh, training_class.institution.name_en),
        "starts_on": training_class.starts_on,
        "ends_on": training_class.ends_on,
        "total": hours,
        "modules": [
            {
                "title": module.module.name,
                "rows": [_kind_row(kind) for kind in module.kinds],
                "lessons": [lesson_row(each) for each in module.lessons],
            }
            for module in hours.modules
        ],
    }


def _kind_row(kind: KindHours) -> dict[str, Any]:
    return {
        "kind": kind.kind,
        "kind_label": Kind(kind.kind).label,
        "required_hours": kind.required_hours,
        "confirmed_ms": kind.confirmed_ms,
        "provisional_ms": kind.provisional_ms,
        "confirmed_hours": kind.confirmed_hours,
        "missing_hours": kind.missing_hours,
        "percent": kind.percent,
        "refused": [{"code": code, "label": refusal_text(code), "ms": ms} for code, ms in sorted(kind.refused.items())],
    }


def _presence_row(presence: Presence, at: datetime) -> dict[str, Any]:
    sheet = presence.sheet
    return {
        "title": f"{sheet.module.name} · {Kind(sheet.kind).label}",
        "class_title": sheet.training_class.title,
        "in": presence.in_at,
        "out": presence.out_at,
        "state": state_of(presence, at),
        "ms": presence.credited_ms,
    }


def _proposed_row(row: ProposedLearner) -> dict[str, Any]:
    """A proposal as its learner sees it: accepted for the others and refused for them is refused."""
    proposal = row.proposal
    takes = proposal.effect == Effect.TAKE
    state = ProposalState.REJECTED if row.refused else ProposalState(proposal.state)
    return {
        "title": f"{proposal.module.name} · {Kind(proposal.kind).label}",
        "from": proposal.from_at,
        "to": proposal.to_at,
        "ms": row.entry.ms if row.entry is not None else ms_of(proposal.to_at) - ms_of(proposal.from_at),
        "takes": takes,
        "state": state.value,
        "label": proposal_label(proposal.effect, state),
        "reason": proposal.reason,
        "decided_reason": proposal.decided_reason,
        "refused": problem_text(row.refused) if row.refused else "",
    }


REASONS = {outcome.value: outcome.label for outcome in CheckOutcome if outcome.value}
"""Reasons that the system gives; a person's are kept in that person's words."""


def _entry_state(entry: Any) -> str:
    """What became of an entry's time: a credit waits until a later entry settles it."""
    if entry.sort == EntrySort.CREDIT:
        return {EntrySort.CONFIRM: "confirmed", EntrySort.VOID: "void"}.get(entry.settled_by, "provisional")
    return "void" if entry.sort == EntrySort.VOID else "confirmed"


def _entry_row(entry: Any) -> dict[str, Any]:
    return {
        "number": entry.number,
        "kind_label": f"{Kind(entry.kind).label} · {EntrySort(entry.sort).label}",
        "from": entry.from_at or entry.posted_at,
        "to": entry.to_at,
        "ms": entry.ms,
        "balance_ms": entry.confirmed_after_ms,
        "title": entry.lesson_version.title if entry.lesson_version else entry.module.name,
        "state": _entry_state(entry),
        "reason": REASONS.get(entry.reason, entry.reason),
        "names": _("proposed by %(proposer)s, decided by %(decider)s")
        % {"proposer": entry.proposed_by, "decider": entry.posted_by}
        if entry.proposed_by_id
        else "",
    }
