"""Staff enter who was in the classroom or the workshop."""

from datetime import UTC, datetime
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from lms.accounts.queries import masked_identity
from lms.enrollments.models import EnrollmentState, Module, TrainingClass
from lms.enrollments.queries import ClassNotFound, class_for, roster
from lms.hours.actions.attendance import AttendanceRefused, enter_attendance_of_class
from lms.hours.forms.attendance import AttendanceForm
from lms.institutions.queries import staffs


@login_required
@require_http_methods(["GET", "POST"])
def attendance(request: HttpRequest, training_class: UUID) -> HttpResponse:
    """The form, and its entries: all of them or, when one is refused, none."""
    group = _class(request, training_class)
    people = [each for each in roster(request.user, group) if each.state == EnrollmentState.ACTIVE]
    modules = Module.objects.filter(
        syllabus_version=group.syllabus_version, requirements__kind__in=["classroom", "workshop"]
    ).distinct()
    form = AttendanceForm(request.POST or None, modules=modules, roster=people)
    if request.method == "POST" and form.is_valid():
        from_at, to_at = form.span()
        try:
            count = enter_attendance_of_class(
                by=request.user,  # type: ignore[arg-type]
                at=datetime.now(UTC),
                learners=[(form.entry_id(each), each) for each in form.present()],
                module=form.cleaned_data["module"],
                kind=form.cleaned_data["kind"],
                from_at=from_at,
                to_at=to_at,
            )
        except AttendanceRefused as refused:
            form.add_error(None, _refusal_text(refused))
        else:
            messages.success(request, _("Attendance of %(n)s learners entered.") % {"n": count})
            return redirect("class", group.uuid)
    context = {
        "training_class": {"title": group.title, "url": f"/manage/classes/{group.uuid}/"},
        "form": form,
        "head_fields": [form[name] for name in ("kind", "module", "date", "begins", "ends")],
        "rows": [
            {"name": each.learner, "identity": masked_identity(each.learner), "present": form[f"present_{each.uuid}"]}
            for each in people
        ],
    }
    return render(request, "enrollments/attendance.html", context, status=422 if form.errors else 200)


def _class(request: HttpRequest, uuid: UUID) -> TrainingClass:
    try:
        found = class_for(request.user, uuid)
    except ClassNotFound:
        raise Http404 from None
    if not staffs(request.user, found.institution):
        raise Http404
    return found


def _refusal_text(refused: AttendanceRefused) -> str:
    who = f"{refused.learner}: " if refused.learner else ""
    return who + {
        "overlap": _("already has hours in this time; one second counts once."),
        "future": _("Hours are entered after they were held."),
        "span": _("It must end after it begins and last at most 12 hours."),
        "outside_class": _("The day lies outside the dates of the class."),
        "kind": _("This module asks no hours of this kind."),
        "not_accepted": _("Nothing counts for a class that was not accepted."),
    }.get(refused.code, refused.detail)
