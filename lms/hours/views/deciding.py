"""What pages of appeals and of proposed hours share: the list for those who judge, one thing or 404, a step of it."""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from lms.accounts.models import Role
from lms.accounts.queries import roles_of
from lms.hours.actions.appeals import AppealRefused
from lms.hours.actions.attendance import AttendanceRefused
from lms.hours.forms.refusable import RefusableForm
from lms.hours.queries.appeals import AppealNotFound
from lms.hours.queries.attendance import PAGE_ROWS, AttendanceNotFound

JUDGES = frozenset({Role.INSTITUTION.value, Role.AUTHORITY.value, Role.ADMINISTRATOR.value})

Asked = ParamSpec("Asked")
Found = TypeVar("Found")
Row = TypeVar("Row", bound=Model)


def judged_list(
    request: HttpRequest, template: str, name: str, rows: QuerySet[Row], row_of: Callable[[Row], dict[str, Any]]
) -> HttpResponse:
    """A page of what waits and what was decided; the template knows the rows as `name`."""
    if not roles_of(request.user) & JUDGES:
        raise PermissionDenied
    page = Paginator(rows, PAGE_ROWS).get_page(request.GET.get("page"))
    return render(request, template, {name: [row_of(each) for each in page.object_list], "page": page})


def found_or_404(find: Callable[Asked, Found], *asked: Asked.args, **more: Asked.kwargs) -> Found:
    """What a query gives the viewer; 404 when it is absent or hidden."""
    try:
        return find(*asked, **more)
    except (AppealNotFound, AttendanceNotFound):
        raise Http404 from None


def stepped(
    request: HttpRequest, form: RefusableForm, step: Callable[[], object], told: str, *back: Any
) -> HttpResponse | None:
    """Take the step that a form asks for and go `back`; None when it cannot be, with the reasons in the form."""
    if not form.is_valid():
        return None
    try:
        step()
    except (AppealRefused, AttendanceRefused) as refused:
        over = form.over(refused)
        if not over:
            form.refuse(refused)
            return None
        for text in over:
            messages.error(request, text)
    else:
        messages.success(request, told)
    return redirect(*back)
