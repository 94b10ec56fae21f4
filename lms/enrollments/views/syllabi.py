"""Syllabi: what everybody may read, and the editor in which the authority writes the next version.

A version is first previewed (what would it change for running classes?) and then written; each step is a POST of the
whole page, so that nothing half-written is kept anywhere.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from lms.enrollments.actions import SyllabusRefused, create_syllabus_version, create_syllabus_with_version
from lms.enrollments.forms.syllabi import SyllabusEditor, as_initial, from_nothing, from_version
from lms.enrollments.models import Kind, Syllabus, SyllabusVersion, TrainingClass, spoken
from lms.enrollments.queries import (
    ListedSyllabus,
    Preview,
    SyllabusNotFound,
    VersionHours,
    listed_syllabi,
    may_write_syllabi,
    may_write_version,
    plan_of,
    preview,
    syllabus_by_code,
    version_shown,
    version_written,
    versions_of,
    writable_regions,
)
from lms.enrollments.rules.syllabus import KINDS, VersionPlan, hours_of
from lms.enrollments.rules.syllabus_bars import WIDTH, bars
from lms.enrollments.rules.syllabus_changes import KindChange, ModuleChange
from lms.enrollments.rules.syllabus_data import CATEGORIES

WORDS_MAX = 60


@require_safe
def syllabi(request: HttpRequest) -> HttpResponse:
    """Syllabi in force, by category; `?q=` finds by name and trade, `?category=` keeps one category."""
    words, category = request.GET.get("q", "")[:WORDS_MAX].replace("\0", ""), request.GET.get("category", "")
    names = {code: spoken(zh, en) for code, zh, en in CATEGORIES}
    chosen = category if category in names else ""
    found = listed_syllabi(_today(), words=words, category=chosen)
    context = {
        "groups": _by_category(found, names),
        "count": len(found),
        "words": words,
        "category": chosen,
        "categories": names.items(),
        "may_write": may_write_syllabi(request.user),
    }
    return render(request, "enrollments/syllabi.html", context)


@require_safe
def syllabus(request: HttpRequest, code: str, number: int | None = None) -> HttpResponse:
    """One syllabus: its modules and hours, the terms, where it comes from, and every version over time."""
    found = _syllabus(code)
    versions = versions_of(found, _today())
    try:
        shown = version_shown(versions, number)
    except SyllabusNotFound:
        raise Http404 from None
    plan = plan_of(shown.version)
    context = {
        "syllabus": found,
        "category": _category_name(found.category),
        "shown": shown,
        "versions": versions,
        "plan": plan,
        "modules": _module_rows(plan),
        "kinds": _kinds(shown.hours),
        "width": WIDTH,
        "may_write": may_write_syllabi(request.user),
    }
    return render(request, "enrollments/syllabus.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def new_syllabus(request: HttpRequest) -> HttpResponse:
    """A syllabus that there was not before, with its first version."""
    return _edit(request, None)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def new_version(request: HttpRequest, code: str) -> HttpResponse:
    """The next version of a syllabus, filled in from the last one."""
    if not may_write_syllabi(request.user):
        raise PermissionDenied
    return _edit(request, _syllabus(code))


def _edit(request: HttpRequest, syllabus: Syllabus | None) -> HttpResponse:
    if not may_write_syllabi(request.user):
        raise PermissionDenied
    if request.method == "GET":
        return _editor_page(request, syllabus, _editor(request, syllabus, **_beginning(request, syllabus)))
    step = request.POST.get("step", "preview")
    if step in ("add", "edit"):
        again = as_initial(request.POST, more_rows=1 if step == "add" else 0)
        return _editor_page(request, syllabus, _editor(request, syllabus, **again), added=step == "add")
    if step == "write" and (written := version_written(request.POST.get("terms-uuid", ""))):
        # The same page sent again: it was written the first time.
        return redirect("syllabus_version", written.syllabus.code, written.number)
    editor = _editor(request, syllabus, data=request.POST)
    if not editor.is_valid():
        return _editor_page(request, syllabus, editor, status=422)
    if step != "write":
        return _preview_page(request, syllabus, editor)
    try:
        version = _write(request, syllabus, editor)
    except SyllabusRefused as refused:
        editor.refuse(refused.problems)
        return _editor_page(request, syllabus, editor, status=422)
    messages.success(request, _("Version %(number)s was written.") % {"number": version.number})
    return redirect("syllabus_version", version.syllabus.code, version.number)


def _write(request: HttpRequest, syllabus: Syllabus | None, editor: SyllabusEditor) -> SyllabusVersion:
    said: dict[str, Any] = editor.terms.cleaned_data
    uuid: UUID = said["uuid"]
    known: dict[str, Any] = {"by": request.user, "at": datetime.now(UTC), "uuid": uuid, "region": said["region"]}
    if syllabus is not None:
        return create_syllabus_version(syllabus=syllabus, plan=editor.plan(), **known)
    assert editor.what is not None
    return create_syllabus_with_version(plan=editor.plan(), **known, **editor.what.cleaned_data)


def _editor(request: HttpRequest, syllabus: Syllabus | None, **filled: Any) -> SyllabusEditor:
    return SyllabusEditor(
        regions=writable_regions(request.user),
        may_be_everywhere=may_write_version(request.user, None),
        is_new=syllabus is None,
        **filled,
    )


def _beginning(request: HttpRequest, syllabus: Syllabus | None) -> dict[str, Any]:
    """The last version, or what a new syllabus begins with; for an authority its own region, the topmost first."""
    own = None if may_write_version(request.user, None) else writable_regions(request.user).first()
    if syllabus is None:
        return from_nothing(own, _today())
    last = version_shown(versions_of(syllabus, _today()), None).version
    return from_version(last, plan_of(last), own or last.region, _today())


def _editor_page(
    request: HttpRequest, syllabus: Syllabus | None, editor: SyllabusEditor, *, added: bool = False, status: int = 200
) -> HttpResponse:
    context = {"syllabus": syllabus, "editor": editor, "added": added, "rows": len(editor.rows)}
    return render(request, "enrollments/syllabus_editor.html", context, status=status)


def _preview_page(request: HttpRequest, syllabus: Syllabus | None, editor: SyllabusEditor) -> HttpResponse:
    plan, region = editor.plan(), editor.terms.cleaned_data["region"]
    found = preview(request.user, syllabus, plan, region, _today())
    context = {
        "syllabus": syllabus,
        "editor": editor,
        "rows": len(editor.rows),
        "plan": plan,
        "region_name": spoken(region.name_zh, region.name_en) if region else "",
        "preview": found,
        "changes": [_change_row(each) for each in found.modules],
        "totals": [_kind_row(each) for each in found.totals],
        "terms": _changed_terms(found, plan),
        "falling": _falling_rows(found),
        "falling_more": found.falling - len(found.falling_shown),
        "staying": [_staying_row(each) for each in found.staying_shown],
    }
    return render(request, "enrollments/syllabus_preview.html", context)


def _today() -> date:
    return timezone.localdate(datetime.now(UTC), timezone.get_default_timezone())


def _syllabus(code: str) -> Syllabus:
    try:
        return syllabus_by_code(code)
    except SyllabusNotFound:
        raise Http404 from None


def _category_name(code: str) -> str:
    return next((spoken(zh, en) for known, zh, en in CATEGORIES if known == code), code)


def _by_category(found: Iterable[ListedSyllabus], names: dict[str, str]) -> list[dict[str, Any]]:
    """The known categories in their order, then the others by their code."""
    groups: dict[str, list[ListedSyllabus]] = {code: [] for code in names}
    for each in found:
        groups.setdefault(each.syllabus.category, []).append(each)
    return [
        {"name": names.get(code, code), "syllabi": [_listed_row(each) for each in members]}
        for code, members in groups.items()
        if members
    ]


def _listed_row(listed: ListedSyllabus) -> dict[str, Any]:
    first, *others = listed.versions
    return {
        "syllabus": listed.syllabus,
        "first": first,
        "kinds": _kinds(first.hours),
        "regions": [each.region_name for each in others],
        "bar": _bar_of(first),
    }


def _bar_of(hours: VersionHours) -> list[dict[str, Any]]:
    """The shares of the kinds on a line of `WIDTH`."""
    pieces, before = [], 0
    for kind, edge in zip(KINDS, _edges(hours), strict=True):
        if edge > before:
            pieces.append({"kind": kind, "x": before, "width": edge - before})
        before = edge
    return pieces


def _edges(hours: VersionHours) -> list[int]:
    total = hours.total or 1
    return [int(sum(hours.hours[: index + 1]) * WIDTH / total) for index in range(len(hours.hours))]


def _kinds(hours: Iterable[Any]) -> list[dict[str, Any]]:
    return [{"kind": kind, "label": Kind(kind).label, "hours": each} for kind, each in zip(KINDS, hours, strict=True)]


def _module_rows(plan: VersionPlan) -> list[dict[str, Any]]:
    return [
        {
            "name": spoken(module.name_zh, module.name_en),
            "hours": [hours_of([module], kind) for kind in KINDS],
            "bar": pieces,
        }
        for module, pieces in zip(plan.modules, bars(plan.modules), strict=True)
    ]


def _change_row(change: ModuleChange) -> dict[str, Any]:
    return {
        "name": spoken(change.name_zh, change.name_en),
        "state": change.state,
        "kinds": [_kind_row(each) for each in change.kinds],
    }


def _kind_row(change: KindChange) -> dict[str, Any]:
    return {
        "label": Kind(change.kind).label,
        "before": change.before,
        "after": change.after,
        "more": change.after - change.before if change.after > change.before else None,
        "less": change.before - change.after if change.after < change.before else None,
    }


def _changed_terms(found: Preview, plan: VersionPlan) -> list[dict[str, Any]]:
    """The terms that differ from those of the version that is replaced."""
    if found.replaced is None:
        return []
    labels = {
        "online_minutes": _("Minutes of an online class hour"),
        "classroom_minutes": _("Minutes of a classroom class hour"),
        "workshop_minutes": _("Minutes of a workshop class hour"),
        "online_share_percent": _("Most of the theory that may be online, in percent"),
        "daily_cap_hours": _("Most online class hours of a day"),
    }
    pairs = [(label, getattr(found.replaced, name), getattr(plan, name)) for name, label in labels.items()]
    return [{"label": label, "before": before, "after": after} for label, before, after in pairs if before != after]


def _staying_row(each: TrainingClass) -> dict[str, Any]:
    return {
        "title": each.title,
        "institution": _institution_name(each),
        "starts_on": each.starts_on,
        "number": each.syllabus_version.number,
    }


def _institution_name(each: TrainingClass) -> str:
    return spoken(each.institution.name_zh, each.institution.name_en)


def _falling_rows(found: Preview) -> list[dict[str, Any]]:
    return [
        {
            "training_class": each.training_class,
            "institution": _institution_name(each.training_class),
            "learners": each.learners,
            "suffices": each.impact.suffices,
            "sufficed": each.sufficed,
            "homeless": each.impact.homeless,
            "short": [
                {
                    "name": spoken(short.name_zh, short.name_en),
                    "required_ms": short.required_ms,
                    "planned_ms": short.planned_ms,
                }
                for short in each.impact.short
            ],
        }
        for each in found.falling_shown
    ]
