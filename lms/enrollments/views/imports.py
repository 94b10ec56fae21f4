"""A roster from a spreadsheet: the template, the upload, the preview, the progress.

The file is read in the request, within bounds; what waits for the worker waits sealed in the row of the import. No
address, message or answer holds an identity number.
"""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lms.enrollments import actions
from lms.enrollments.actions import EnrollmentRefused, NotConfirmable, UuidTaken
from lms.enrollments.forms.joining import UploadForm
from lms.enrollments.forms.roster_file import BYTES_MAX, FileRefused, read_file, template_file
from lms.enrollments.models import ImportState, RosterImport, TrainingClass
from lms.enrollments.queries.planning import local_day
from lms.enrollments.queries.rosters import ImportNotFound, import_for
from lms.enrollments.rules.classes import closed_to_newcomers
from lms.enrollments.rules.roster import ROWS_MAX, FileProblem, columns_of, read_rows
from lms.enrollments.texts import column_text, enrollment_text, file_text, row_text
from lms.enrollments.views.places import now, own_class_or_404, viewer_of
from lms.enrollments.views.planning import class_head

PROBLEMS_PER_PAGE = 50
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
POLL_MS = 1_000


@login_required
@require_GET
def roster_template(request: HttpRequest, training_class: UUID) -> HttpResponse:
    own_class_or_404(request, training_class)
    headers = {"Content-Disposition": 'attachment; filename="roster.xlsx"'}
    return HttpResponse(template_file(), content_type=XLSX, headers=headers)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def upload_roster(request: HttpRequest, training_class: UUID) -> HttpResponse:
    """Take a list and check it; whatever is wrong is shown on the page of the import."""
    group = own_class_or_404(request, training_class)
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = _check(request, group, form.cleaned_data["uuid"], form.cleaned_data["file"])
        except FileRefused as refused:
            form.add_error("file", file_text(refused.problem))
        except EnrollmentRefused as refused:
            form.add_error(None, enrollment_text(refused.code))
        except UuidTaken:
            form.add_error(None, _("This form was used for another list. Open it anew."))
        else:
            return redirect("roster_import", group.uuid, made.uuid)
    training = group.syllabus_version.syllabus.training
    closed = closed_to_newcomers(group.state, group.ends_on, local_day(now()), training)
    context = {
        "training_class": class_head(group),
        "form": form,
        "closed": enrollment_text(closed) if closed else "",
        "template_url": reverse("roster_template", args=[group.uuid]),
        "rows_max": ROWS_MAX,
    }
    return render(request, "enrollments/upload_roster.html", context, status=422 if form.errors else 200)


@login_required
@never_cache
@require_GET
def roster_import(request: HttpRequest, training_class: UUID, roster: UUID) -> HttpResponse:
    """The preview with every wrong row, then the progress, then what was imported."""
    found = _import(request, training_class, roster)
    page = Paginator(found.problems, PROBLEMS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "training_class": class_head(found.training_class),
        "roster": {
            "filename": found.filename,
            "state": found.state,
            "total": found.total,
            "new_people": found.new_people,
            "known_people": found.total - found.new_people,
            "done": found.done,
            "percent": _percent(found),
            "finished_at": found.finished_at,
        },
        "problems": [_problem_row(each) for each in page.object_list],
        "wrong_rows": len({each["row"] for each in found.problems}),
        "page": page,
        "sample": found.sample,
        "more": max(found.total - len(found.sample), 0),
        "is_under_way": found.state in (ImportState.WAITING, ImportState.RUNNING),
        "poll": {"url": reverse("import_progress", args=[training_class, roster]), "every_ms": POLL_MS},
        "upload_url": reverse("upload_roster", args=[training_class]),
        "confirm_url": reverse("confirm_import", args=[training_class, roster]),
        "discard_url": reverse("discard_import", args=[training_class, roster]),
    }
    return render(request, "enrollments/roster_import.html", context)


@login_required
@never_cache
@require_GET
def import_progress(request: HttpRequest, training_class: UUID, roster: UUID) -> HttpResponse:
    """`{"state", "percent", "done", "total"}`, asked for every second by the page."""
    found = _import(request, training_class, roster)
    return JsonResponse({"state": found.state, "percent": _percent(found), "done": found.done, "total": found.total})


@login_required
@require_POST
def confirm_import(request: HttpRequest, training_class: UUID, roster: UUID) -> HttpResponse:
    found = _import(request, training_class, roster)
    try:
        actions.confirm_import(by=viewer_of(request), at=now(), roster=found)
    except NotConfirmable:
        messages.error(request, _("This list cannot be imported any more. Upload it again."))
    return redirect("roster_import", training_class, roster)


@login_required
@require_POST
def discard_import(request: HttpRequest, training_class: UUID, roster: UUID) -> HttpResponse:
    found = _import(request, training_class, roster)
    try:
        actions.discard_import(by=viewer_of(request), at=now(), roster=found)
    except NotConfirmable:
        messages.error(request, _("This list was confirmed already."))
        return redirect("roster_import", training_class, roster)
    return redirect("upload_roster", training_class)


@sensitive_variables()
def _check(request: HttpRequest, group: TrainingClass, uuid: UUID, file: UploadedFile) -> RosterImport:
    if file.size is None or file.size > BYTES_MAX:
        raise FileRefused(FileProblem("too_large", f"{(file.size or 0) / 1024 / 1024:.1f} MB", "5 MB"))
    (_number, headings), *rest = read_file(file.read())
    columns = columns_of(headings)
    if isinstance(columns, FileProblem):
        raise FileRefused(columns)
    at = now()
    rows, problems = read_rows(rest, columns, today=local_day(at))
    return actions.check_roster(
        by=viewer_of(request),
        at=at,
        uuid=uuid,
        training_class=group,
        filename=file.name or "",
        rows=rows,
        problems=problems,
    )


def _import(request: HttpRequest, training_class: UUID, uuid: UUID) -> RosterImport:
    try:
        return import_for(request.user, training_class, uuid)
    except ImportNotFound:
        raise Http404 from None


def _percent(found: RosterImport) -> int:
    """Rounded down; 100 is told only of what is committed."""
    if found.state == ImportState.DONE:
        return 100
    return min(99, found.done * 100 // found.total) if found.total else 0


def _problem_row(problem: dict[str, Any]) -> dict[str, Any]:
    return {
        "row": problem["row"] or None,
        "column": column_text(problem["column"]),
        "value": problem["value"],
        "text": row_text(problem["code"], problem["other"]),
    }
