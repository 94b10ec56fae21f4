"""Institutions of the viewer's regions: found, opened, suspended and let go on, and whose body each is."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lms.accounts.models import Role
from lms.accounts.queries import has_role, roles_of
from lms.institutions import actions
from lms.institutions.models import Institution, InstitutionKind, Region
from lms.institutions.queries import InstitutionNotFound, may_decide_on, regions_of
from lms.oversight.forms.institutions import CreditCodeForm, OpenInstitutionForm, ReasonForm
from lms.oversight.queries.institutions import (
    SHOWN,
    Act,
    how_many,
    institution_below,
    institutions_below,
    story_of,
    weight_of,
)
from lms.oversight.queries.reach import FiguresNotFound, region_seen
from lms.oversight.views.rows import place_name

INSTITUTIONS_PER_PAGE = 50
WORDS_MAX = 60
SUPERVISE = frozenset({Role.AUTHORITY.value, Role.ADMINISTRATOR.value})
FILTERS = {
    "all": gettext_lazy("All"),
    "suspended": gettext_lazy("Suspended"),
    "without_code": gettext_lazy("Without credit code"),
    "training": gettext_lazy("They train"),
    "exam": gettext_lazy("They examine"),
}
ACTS = {
    "institution.opened": gettext_lazy("Opened"),
    "institution.suspended": gettext_lazy("Suspended"),
    "institution.suspension_lifted": gettext_lazy("Suspension lifted"),
    "institution.credit_code_set": gettext_lazy("Credit code written down"),
}
TONES = {"institution.suspended": "stop", "institution.suspension_lifted": "ok"}


@login_required
@never_cache
@require_GET
def institutions(request: HttpRequest) -> HttpResponse:
    """Who trains and who examines in the viewer's regions. `?q=` finds, `?region=` keeps one, `?show=` narrows."""
    _require_supervision(request)
    words = request.GET.get("q", "")[:WORDS_MAX].replace("\0", "").strip()
    region = _region(request)
    show = request.GET.get("show", "")
    show = show if show in SHOWN else "all"
    found = institutions_below(request.user, text=words, region=region)
    page = Paginator(found.filter(SHOWN[show]), INSTITUTIONS_PER_PAGE).get_page(request.GET.get("page"))
    kept = {**({"q": words} if words else {}), **({"region": region.code} if region else {})}
    counts = how_many(found)
    context = {
        "institutions": [_row(each) for each in page.object_list],
        "page": page,
        "q": words,
        "show": show,
        "filters": [
            {"label": label, "count": counts[name], "url": _address(kept, name), "is_current": name == show}
            for name, label in FILTERS.items()
        ],
        "region": {"name": place_name(region), "code": region.code} if region else None,
        "may_open": has_role(request.user, Role.ADMINISTRATOR),
    }
    return render(request, "oversight/institutions.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def open_institution(request: HttpRequest) -> HttpResponse:
    """A new institution; administrators open them. Sent twice, it is one."""
    if not has_role(request.user, Role.ADMINISTRATOR):
        raise PermissionDenied
    regions = regions_of(request.user)
    if request.method == "GET":
        return _opening(request, OpenInstitutionForm(initial={"uuid": uuid4()}, regions=regions))
    form = OpenInstitutionForm(request.POST, regions=regions)
    if not form.is_valid():
        return _opening(request, form, status=422)
    try:
        opened = actions.open_institution(by=request.user, at=datetime.now(UTC), **form.cleaned_data)
    except actions.BadCreditCode as refused:
        form.refuse_code(refused.code)
        return _opening(request, form, status=422)
    messages.success(request, _("Opened: %(name)s") % {"name": place_name(opened)})
    return redirect("institution_file", opened.uuid)


@login_required
@never_cache
@require_GET
def institution_file(request: HttpRequest, institution: UUID) -> HttpResponse:
    """One institution: what it is, what hangs on it, what was decided on it, and the forms of whoever may decide."""
    return _page(request, _found(request, institution))


@login_required
@require_POST
def suspend_institution(request: HttpRequest, institution: UUID) -> HttpResponse:
    """From now on its classes open no exam. Twice keeps the first date."""
    told = _("Suspended: %(name)s. The seats of its learners are looked at within a minute.")
    return _reasoned(request, institution, actions.suspend_institution, told)


@login_required
@require_POST
def lift_suspension(request: HttpRequest, institution: UUID) -> HttpResponse:
    """Its classes open exams again."""
    return _reasoned(request, institution, actions.lift_suspension, _("No longer suspended: %(name)s"))


@login_required
@require_POST
def set_credit_code(request: HttpRequest, institution: UUID) -> HttpResponse:
    """Whose body it is."""
    found = _found_to_decide(request, institution)
    form = CreditCodeForm(request.POST)
    if form.is_valid():
        try:
            actions.set_credit_code(by=request.user, at=datetime.now(UTC), institution=found, **form.cleaned_data)
        except actions.BadCreditCode as refused:
            form.refuse_code(refused.code)
        else:
            messages.success(request, _("Credit code: %(code)s") % {"code": found.credit_code})
            return redirect("institution_file", found.uuid)
    return _page(request, found, {"code_form": form}, status=422)


def _reasoned(request: HttpRequest, institution: UUID, act: Callable[..., None], told: str) -> HttpResponse:
    """Do with an institution what a form with a reason says; refused, it is the page with that form."""
    found = _found_to_decide(request, institution)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _page(request, found, {"reason_form": form}, status=422)
    act(by=request.user, at=datetime.now(UTC), institution=found, **form.cleaned_data)
    messages.success(request, told % {"name": place_name(found)})
    return redirect("institution_file", found.uuid)


def _page(
    request: HttpRequest, found: Institution, forms: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    """`forms` are those that were sent and refused, by their names."""
    story = [_act_row(each) for each in story_of(found)]
    context: dict[str, Any] = {
        "institution": _row(found) | _links(found),
        "weight": weight_of(found, datetime.now(UTC)),
        "story": story,
        "suspension": next((each for each in story if each["verb"] == "institution.suspended"), None),
        "may_decide": may_decide_on(request.user, found),
        "reason_form": ReasonForm(),
        "code_form": CreditCodeForm(initial={"credit_code": found.credit_code}),
    }
    return render(request, "oversight/institution_file.html", context | (forms or {}), status=status)


def _opening(request: HttpRequest, form: OpenInstitutionForm, status: int = 200) -> HttpResponse:
    return render(request, "oversight/open_institution.html", {"form": form}, status=status)


def _row(each: Institution) -> dict[str, Any]:
    names = [each.name_zh, each.name_en]
    shown = place_name(each)
    return {
        "uuid": each.uuid,
        "name": shown,
        "other_name": next((name for name in names if name and name != shown), ""),
        "kind": each.kind,
        "kind_label": each.get_kind_display(),
        "trains": each.kind == InstitutionKind.TRAINING,
        "region": place_name(each.region),
        "credit_code": each.credit_code,
        "suspended_at": each.suspended_at,
        "url": reverse("institution_file", args=[each.uuid]),
    }


def _links(each: Institution) -> dict[str, str]:
    """Whoever trains has figures and teachers."""
    if each.kind != InstitutionKind.TRAINING:
        return {}
    return {
        "figures_url": reverse("institution_dashboard", args=[each.uuid]),
        "teachers_url": f"{reverse('teachers')}?{urlencode({'institution': str(each.uuid)})}",
    }


def _act_row(each: Act) -> dict[str, Any]:
    return {
        "verb": each.verb,
        "label": ACTS[each.verb],
        "tone": TONES.get(each.verb, ""),
        "at": each.at,
        "office": _office(each),
        "reason": each.detail.get("reason", ""),
        "old": each.detail.get("old", ""),
        "new": each.detail.get("new", ""),
    }


def _office(each: Act) -> str:
    if each.office is not None:
        return _("Authority of %(region)s") % {"region": place_name(each.office)}
    return _("The system") if each.is_system else _("Administrator")


def _address(kept: dict[str, str], show: str) -> str:
    query = urlencode({**kept, **({"show": show} if show != "all" else {})})
    return f"?{query}" if query else reverse("institutions")


def _found(request: HttpRequest, uuid: UUID) -> Institution:
    _require_supervision(request)
    try:
        return institution_below(request.user, uuid)
    except InstitutionNotFound:
        raise Http404 from None


def _found_to_decide(request: HttpRequest, uuid: UUID) -> Institution:
    """Asked before the form is read: whoever only looks on gets no page with errors."""
    found = _found(request, uuid)
    if not may_decide_on(request.user, found):
        raise PermissionDenied
    return found


def _region(request: HttpRequest) -> Region | None:
    code = request.GET.get("region", "")
    if not code:
        return None
    try:
        return region_seen(request.user, code.replace("\0", ""))
    except FiguresNotFound:
        raise Http404 from None


def _require_supervision(request: HttpRequest) -> None:
    if not roles_of(request.user) & SUPERVISE:
        raise PermissionDenied
