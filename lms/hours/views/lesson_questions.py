"""The pages on which editors write what presence checks ask about a lesson: the lessons, one lesson, one question."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from courses.models import LessonVersion
from courses.queries import may_preview
from lms.hours.actions.lesson_questions import (
    QuestionRefused,
    carry_questions,
    restore_question,
    retire_question,
    write_question,
)
from lms.hours.forms.lesson_questions import QuestionForm, problem_text
from lms.hours.models import LessonQuestion
from lms.hours.queries.checks import question_in
from lms.hours.queries.lesson_questions import (
    CountedVersion,
    QuestionNotFound,
    question_to_edit,
    questions_of,
    shelves_with_questions,
    versions_to_edit,
)
from lms.hours.rules.checks import ANSWER_WITHIN_MS, LATELY_MS, Question
from lms.hours.rules.lesson_questions import question_of, question_problems

STRIP = 1000
"""The width of the strip that shows where in a lesson its questions are."""


@login_required
@never_cache
@require_GET
def questioned_lessons(request: HttpRequest) -> HttpResponse:
    """The lessons whose pages the viewer may edit, each with the number of its questions."""
    if not may_preview(request.user):
        raise PermissionDenied
    shelves = [
        {"title": shelf.title, "lessons": [_lesson_link(each) for each in lessons]}
        for shelf, lessons in shelves_with_questions(request.user)
    ]
    return render(request, "hours/questioned_lessons.html", {"shelves": shelves})


@login_required
@never_cache
@require_GET
def lesson_questions(request: HttpRequest, lesson: UUID) -> HttpResponse:
    """The questions of one version of a lesson, the newest unless the address names another."""
    versions = _versions(request, lesson)
    shown = _chosen(versions, request.GET.get("version"))
    rows = questions_of(shown.version)
    context = {
        "lesson": _lesson(shown),
        "versions": [_version_link(each, shown) for each in versions],
        "asked": [_question_row(each) for each in rows if each.retired_at is None],
        "retired": [_question_row(each) for each in rows if each.retired_at is not None],
        "strip": [each.from_ms * STRIP // shown.version.duration_ms for each in rows if each.retired_at is None],
        "lately_ms": LATELY_MS,
        "earlier": _earlier(versions, shown),
    }
    return render(request, "hours/lesson_questions.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def new_question(request: HttpRequest, lesson: UUID) -> HttpResponse:
    """Write a question for the version of the lesson that the address names."""
    shown = _chosen(_versions(request, lesson), request.GET.get("version"))
    return _question_page(request, shown.version, QuestionForm(request.POST or None))


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def question(request: HttpRequest, question: UUID) -> HttpResponse:
    """Change a question. Checks that have asked it keep the words that they asked."""
    found = _question(request, question)
    return _question_page(request, found.lesson_version, QuestionForm(request.POST or None, question=found), found)


@login_required
@require_POST
def retire(request: HttpRequest, question: UUID) -> HttpResponse:
    """Ask a question no more, or with `retired=no` again."""
    found = _question(request, question)
    at = datetime.now(UTC)
    try:
        if request.POST.get("retired") == "no":
            restore_question(by=request.user, at=at, question=found)  # type: ignore[arg-type]
            messages.success(request, _("The question may be asked again."))
        else:
            retire_question(by=request.user, at=at, question=found)  # type: ignore[arg-type]
            messages.success(request, _("The question is asked no more."))
    except QuestionRefused as refused:
        for problem in refused.problems:
            messages.error(request, problem_text(problem.code))
    return redirect(_address(found.lesson_version))


@login_required
@require_POST
def carry(request: HttpRequest, lesson: UUID) -> HttpResponse:
    """Copy the questions of an earlier version into the one that is shown."""
    versions = _versions(request, lesson)
    target = _chosen(versions, request.GET.get("version"))
    source = _earlier(versions, target)
    if source is not None:
        count = carry_questions(
            by=request.user,  # type: ignore[arg-type]
            at=datetime.now(UTC),
            source=source.version,
            target=target.version,
        )
        text = ngettext("%(n)s question taken over.", "%(n)s questions taken over.", count)
        messages.success(request, text % {"n": count})
    return redirect(_address(target.version))


def _question_page(
    request: HttpRequest, version: LessonVersion, form: QuestionForm, known: LessonQuestion | None = None
) -> HttpResponse:
    preview = _preview(question_in(known)) if known is not None else None
    if request.method == "POST":
        preview = None
        if form.is_valid():
            draft = form.draft()
            problems = question_problems(draft, version.duration_ms)
            if "preview" in request.POST:
                form.refuse(problems)
            elif _is_written(request, version, form):
                return redirect(_address(version))
            preview = _preview(question_of(draft)) if not problems else None
    context = {
        "lesson": _lesson(CountedVersion(version, 0)),
        "list_url": _address(version),
        "form": form,
        "preview": preview,
        "is_new": known is None,
        "is_draft": request.method == "POST",
        "retire_url": reverse("retire_question", args=[known.uuid]) if known is not None else None,
        "is_retired": known is not None and known.retired_at is not None,
    }
    return render(request, "hours/question.html", context, status=422 if form.errors else 200)


def _is_written(request: HttpRequest, version: LessonVersion, form: QuestionForm) -> bool:
    try:
        write_question(
            by=request.user,  # type: ignore[arg-type]
            at=datetime.now(UTC),
            uuid=form.cleaned_data["uuid"],
            version=version,
            draft=form.draft(),
        )
    except QuestionRefused as refused:
        form.refuse(refused.problems)
        return False
    messages.success(request, _("The question was saved."))
    return True


def _versions(request: HttpRequest, lesson: UUID) -> list[CountedVersion]:
    try:
        return versions_to_edit(request.user, lesson)
    except QuestionNotFound:
        raise Http404 from None


def _question(request: HttpRequest, uuid: UUID) -> LessonQuestion:
    try:
        return question_to_edit(request.user, uuid)
    except QuestionNotFound:
        raise Http404 from None


def _chosen(versions: list[CountedVersion], number: str | None) -> CountedVersion:
    if number is None:
        return versions[0]
    chosen = next((each for each in versions if str(each.version.number) == number), None)
    if chosen is None:
        raise Http404
    return chosen


def _earlier(versions: list[CountedVersion], shown: CountedVersion) -> CountedVersion | None:
    """The newest earlier version that has questions, offered to a version that has none."""
    if shown.questions:
        return None
    older = (each for each in versions if each.version.number < shown.version.number and each.questions)
    return next(older, None)


def _address(version: LessonVersion) -> str:
    return f"{reverse('lesson_questions', args=[version.lesson.uuid])}?version={version.number}"


def _lesson(shown: CountedVersion) -> dict[str, Any]:
    version = shown.version
    uuid = version.lesson.uuid
    return {
        "title": version.title,
        "kind": version.lesson.kind,
        "duration_ms": version.duration_ms,
        "number": version.number,
        "new_url": f"{reverse('new_question', args=[uuid])}?version={version.number}",
        "carry_url": f"{reverse('carry_questions', args=[uuid])}?version={version.number}",
    }


def _lesson_link(each: CountedVersion) -> dict[str, Any]:
    version = each.version
    return {
        "title": version.title,
        "kind": version.lesson.kind,
        "duration_ms": version.duration_ms,
        "questions": each.questions,
        "url": reverse("lesson_questions", args=[version.lesson.uuid]),
    }


def _version_link(each: CountedVersion, shown: CountedVersion) -> dict[str, Any]:
    return {
        "number": each.version.number,
        "questions": each.questions,
        "published_at": each.version.published_at,
        "url": _address(each.version),
        "is_shown": each.version.pk == shown.version.pk,
    }


def _question_row(row: LessonQuestion) -> dict[str, Any]:
    found = question_in(row)
    return {
        "from_ms": row.from_ms,
        "prompt": found.prompt,
        "options": [{"words": option, "is_right": index == found.right} for index, option in enumerate(found.options)],
        "url": reverse("question", args=[row.uuid]),
        "retire_url": reverse("retire_question", args=[row.uuid]),
    }


def _preview(found: Question) -> list[dict[str, Any]]:
    """The question as a learner meets it, in each language in which it is written."""
    languages = [("zh-Hans", "zh-hans"), *([("en", "en")] if found.prompt.en else [])]
    return [
        {
            "lang": tag,
            "prompt": found.prompt.spoken(code),
            "options": [each.spoken(code) for each in found.options],
            "within_ms": ANSWER_WITHIN_MS,
        }
        for tag, code in languages
    ]
