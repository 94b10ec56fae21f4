"""The training ledger as a spreadsheet: which one, and the file. Chinese in every language: inspectors file it."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from lms.accounts.queries import roles_of
from lms.enrollments.models import Kind, TrainingClass, spoken
from lms.hours.views.classes import SEE_CLASSES
from lms.oversight.forms.documents import LedgerForm
from lms.oversight.queries.ledgers import ROWS_MAX, LedgerRow, LedgerTooLong, Scope, ledger_classes, ledger_rows
from lms.workbooks import Cell, Sheet, workbook_response

CLASSES_PER_PAGE = 30
COLUMNS = (
    ("姓名", 12),
    ("身份证号", 22),
    ("培训大纲", 30),
    ("培训班", 26),
    ("开班日期", 12),
    ("结束日期", 12),
    ("网络学时要求", 13),
    ("网络学时已确认", 14),
    ("面授学时要求", 13),
    ("面授学时已确认", 14),
    ("实操学时要求", 13),
    ("实操学时已确认", 14),
    ("首次学习", 12),
    ("末次学习", 12),
    ("完成日期", 12),
    ("合格证明编号", 22),
    ("培训机构", 26),
    ("告知人", 12),
)


@login_required
@never_cache
@require_GET
def ledgers(request: HttpRequest) -> HttpResponse:
    """Classes whose ledger the viewer may have; by institution and trade in one file, or class by class."""
    if not roles_of(request.user) & SEE_CLASSES:
        raise PermissionDenied
    form = LedgerForm(request.GET or None, viewer=request.user)
    scope = form.scope() if form.is_bound and form.is_valid() else Scope()
    page: Any = Paginator(ledger_classes(request.user, scope), CLASSES_PER_PAGE).get_page(request.GET.get("page"))
    page.object_list = [_class_row(each) for each in page.object_list]
    chosen = urlencode({"institution": str(scope.institution or ""), "trade": scope.trade})
    context = {
        "form": form,
        "page": page,
        "pager": f"{chosen}&page",
        "file_url": f"{reverse('ledger_file')}?{chosen}",
    }
    return render(request, "oversight/ledgers.html", context)


@login_required
@never_cache
@require_GET
def ledger_file(request: HttpRequest) -> HttpResponseBase:
    """The spreadsheet; 404 for a class that the viewer may not see."""
    if not roles_of(request.user) & SEE_CLASSES:
        raise PermissionDenied
    scope = _scope(request)
    if scope.training_class is not None and not ledger_classes(request.user, scope).exists():
        raise Http404
    try:
        rows = ledger_rows(request.user, scope)
    except LedgerTooLong as refused:
        text = _("%(n)d learners are too many for one file (at most %(max)d): choose a trade or a class.")
        messages.error(request, text % {"n": refused.count, "max": ROWS_MAX})
        return redirect("ledgers")
    day = timezone.localdate(datetime.now(UTC), timezone.get_default_timezone())
    return workbook_response(f"training-ledger-{day.isoformat()}", [_sheet(rows)])


def _sheet(rows: Iterable[LedgerRow]) -> Sheet:
    return Sheet(
        "培训台帐", [title for title, _width in COLUMNS], map(_cells, rows), [width for _title, width in COLUMNS]
    )


def _cells(row: LedgerRow) -> tuple[Cell, ...]:
    group = row.training_class
    hours = (figure for kind in Kind.values for figure in row.hours.get(kind, (None, None)))
    days = (row.first_at, row.last_at, row.completed_at)
    return (
        *(row.name, row.identity, row.syllabus, group.title, _day(group.starts_on), _day(group.ends_on)),
        *hours,
        *(_day(each) for each in days),
        *(row.certificate, row.institution, row.reporter),
    )


def _day(moment: date | datetime | None) -> str | None:
    if isinstance(moment, datetime):
        moment = timezone.localdate(moment, timezone.get_default_timezone())
    return moment.isoformat() if moment else None


def _scope(request: HttpRequest) -> Scope:
    return Scope(
        institution=_uuid(request.GET.get("institution")),
        trade=request.GET.get("trade", "")[:60],
        training_class=_uuid(request.GET.get("class")),
    )


def _uuid(text: str | None) -> UUID | None:
    """None when nothing was given; what is no uuid names nothing that there is."""
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None


def _class_row(group: TrainingClass) -> dict[str, Any]:
    return {
        "title": group.title,
        "syllabus": group.syllabus_version.syllabus.name,
        "institution": spoken(group.institution.name_zh, group.institution.name_en),
        "starts_on": group.starts_on,
        "ends_on": group.ends_on,
        "learners": group.learners,  # type: ignore[attr-defined]
        "file_url": f"{reverse('ledger_file')}?class={group.uuid}",
        "documents_url": reverse("class_documents", args=[group.uuid]),
    }
