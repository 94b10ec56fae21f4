"""What the gate asks beside hours: what everybody may read, and the page on which an authority enacts the next set.

A set is first previewed (what would it change, for which classes?) and then enacted; each step is a POST of the whole
page, so that nothing half-made is kept anywhere.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from lms.enrollments.models import Syllabus, TrainingClass, spoken
from lms.exams import texts
from lms.exams.actions import RequirementsRefused, enact_requirements
from lms.exams.forms import EnactForm, PlaceForm
from lms.exams.models import RequirementSet
from lms.exams.queries.requirements import (
    Asked,
    asked_in,
    enacted_form,
    enacting_regions,
    may_enact,
    preview,
    regions_to_read,
    set_written,
)
from lms.exams.rules.requirement_changes import THINGS, Change
from lms.exams.rules.requirements import Requirements
from lms.institutions.models import Region


@login_required
@never_cache
@require_safe
def requirements(request: HttpRequest) -> HttpResponse:
    """What is asked now, what comes, and every set that there was; `?region=` and `?syllabus=` choose whose."""
    regions = regions_to_read(request.user)  # type: ignore[arg-type]
    form = PlaceForm(request.GET if request.GET.keys() & {"region", "syllabus"} else None, regions=regions)
    region, syllabus = regions.first(), None
    if form.is_bound and form.is_valid():
        region, syllabus = form.cleaned_data["region"], form.cleaned_data["syllabus"]
    else:
        form = PlaceForm(initial={"region": region}, regions=regions)
    asked = asked_in(syllabus, region, _today())
    may_write = enacting_regions(request.user).exists()
    context = {
        "form": form,
        "place": _place(region, syllabus),
        "asks": _ask_rows(asked),
        "is_anything_asked": asked.asks is not None,
        "coming": [{"day": each.day, "changes": _change_rows(each.changes)} for each in asked.coming],
        "history": [_set_row(each, asked) for each in asked.history],
        "enact_url": reverse("enact_requirements") if may_write else None,
    }
    return render(request, "exams/requirements.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def enact(request: HttpRequest) -> HttpResponse:
    """`step` is preview, edit or enact; a set that was enacted with the uuid of the page is not enacted again."""
    if not enacting_regions(request.user).exists():
        raise PermissionDenied
    if request.method == "GET":
        return _editor_page(request, _form(request, initial=_beginning(request)))
    form = _form(request, data=request.POST)
    step = request.POST.get("step", "preview")
    if step == "edit" or not form.is_valid():
        return _editor_page(request, form, status=200 if step == "edit" else 422)
    if written := set_written(form.cleaned_data["uuid"]):
        return _to_the_place(written)
    if step != "enact":
        return _preview_page(request, form)
    said = form.cleaned_data
    try:
        made = enact_requirements(
            by=request.user,
            at=datetime.now(UTC),
            uuid=said["uuid"],
            syllabus=said["syllabus"],
            region=said["region"],
            in_force_from=said["in_force_from"],
            in_force_to=said["in_force_to"],
            source=said["source"],
            **form.asked(),
        )
    except RequirementsRefused as refused:
        for name, _value, _allowed in refused.problems:
            form.refuse(name)
        return _editor_page(request, form, status=422)
    messages.success(
        request, _("Enacted, for classes reported from %(day)s on.") % {"day": made.in_force_from.isoformat()}
    )
    return _to_the_place(made)


def _form(request: HttpRequest, **filled: Any) -> EnactForm:
    return EnactForm(
        regions=enacting_regions(request.user),
        may_be_everywhere=may_enact(request.user, None),
        today=_today(),
        **filled,
    )


def _beginning(request: HttpRequest) -> dict[str, Any]:
    """For the widest region of one's own, what is asked there already: whoever sends it on takes nothing away."""
    region = None if may_enact(request.user, None) else enacting_regions(request.user).first()
    asks = asked_in(None, region, _today()).asks
    kept = {name: getattr(asks, name) for name in THINGS} if asks else {"classroom_percent": 0}
    return {"uuid": uuid4(), "region": region, **kept}


def _editor_page(request: HttpRequest, form: EnactForm, *, status: int = 200) -> HttpResponse:
    return render(request, "exams/enact_requirements.html", {"form": form, "today": _today()}, status=status)


def _preview_page(request: HttpRequest, form: EnactForm) -> HttpResponse:
    said = form.cleaned_data
    found = preview(
        request.user, said["syllabus"], said["region"], form.asks(), said["in_force_from"], said["in_force_to"]
    )
    context = {
        "form": form,
        "place": _place(said["region"], said["syllabus"]),
        "from": said["in_force_from"],
        "to": said["in_force_to"],
        "source": said["source"],
        "changes": _change_rows(found.changes),
        "touched": found.touched,
        "shown": [_class_row(each, said["in_force_from"]) for each in found.touched.shown],
        "more": found.touched.unreported - len(found.touched.shown),
    }
    return render(request, "exams/enact_preview.html", context)


def _to_the_place(made: RequirementSet) -> HttpResponse:
    region, syllabus = made.region_id or "", made.syllabus_id or ""
    return redirect(f"{reverse('requirements')}?region={region}&syllabus={syllabus}")


def _place(region: Region | None, syllabus: Syllabus | None) -> dict[str, str]:
    return {"region": texts.region_name(region), "syllabus": syllabus.name if syllabus else _("All syllabi")}


def _ask_rows(asked: Asked) -> list[dict[str, Any]]:
    """Everything that can be asked: whether it is, and the sets that ask it."""
    return [
        {
            **_words(name),
            "percent": _percent(asked.asks, name),
            "is_asked": asked.asks is not None and bool(getattr(asked.asks, name)),
            "sets": [_set_head(each) for each in asked.sets if getattr(each, name)],
        }
        for name in THINGS
    ]


def _change_rows(changes: Iterable[Change]) -> list[dict[str, Any]]:
    return [
        {**_words(each.name), "sort": each.sort, "sort_label": _sort_label(each.sort), "before": each.before}
        | {"after": each.after, "is_share": each.name == "classroom_percent"}
        for each in changes
    ]


def _set_row(row: RequirementSet, asked: Asked) -> dict[str, Any]:
    asks = enacted_form(row).asks
    numbers = {each.number for each in asked.sets}
    return {
        **_set_head(row),
        "from": row.in_force_from,
        "to": row.in_force_to,
        "state": "in_force" if row.number in numbers else "later" if row.in_force_from > _today() else "replaced",
        "asks": [{**_words(name), "percent": _percent(asks, name)} for name in THINGS if getattr(asks, name)],
        "enacted_at": row.enacted_at,
    }


def _set_head(row: RequirementSet) -> dict[str, Any]:
    return {"number": row.number, "source": row.source, **_place(row.region, row.syllabus), "from": row.in_force_from}


def _class_row(each: TrainingClass, first: date) -> dict[str, Any]:
    return {
        "title": each.title,
        "institution": spoken(each.institution.name_zh, each.institution.name_en),
        "syllabus": each.syllabus_version.syllabus.name,
        "starts_on": each.starts_on,
        "begins_before": each.starts_on < first,
    }


def _words(name: str) -> dict[str, Any]:
    label, meaning = texts.ASKED[name]
    return {"name": name, "label": label, "meaning": meaning}


def _percent(asks: Requirements | None, name: str) -> int | None:
    return asks.classroom_percent if asks is not None and name == "classroom_percent" else None


def _sort_label(sort: str) -> str:
    return {
        "adds": _("Added"),
        "keeps": _("Kept"),
        "raises": _("Raised"),
        "lowers": _("Lowered"),
        "drops": _("No longer asked"),
    }[sort]


def _today() -> date:
    return timezone.localdate(datetime.now(UTC), timezone.get_default_timezone())
