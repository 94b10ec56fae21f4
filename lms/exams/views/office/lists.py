"""The candidate list to take away, as a spreadsheet or to print. Chinese in every language: it hangs at the door."""

import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from lms.accounts.queries import masked_identity
from lms.exams.actions import CandidateList, GateFailed, SittingRefused, export_candidates
from lms.exams.models import Registration
from lms.exams.queries.seats import in_words
from lms.exams.rules.tickets import ticket_number
from lms.exams.views.desk import failed
from lms.exams.views.office.consoles import found_sitting
from lms.exams.views.office.words import problem_text
from lms.printing import FontMissing, pdf_of
from lms.workbooks import Sheet, workbook_response

LAYOUT = Path(__file__).resolve().parents[2] / "typesetting" / "candidates.typ"
ADMITTED = ("座位号", "考场", "姓名", "身份证号", "培训机构", "准考证号", "签名")
ADMITTED_WIDTHS = (8, 24, 12, 22, 28, 12, 18)
REFUSED = ("原座位号", "姓名", "身份证号", "培训机构", "准考证号", "不得入场的原因")
REFUSED_WIDTHS = (10, 12, 22, 28, 12, 80)

log = logging.getLogger(__name__)


@login_required
@never_cache
@require_POST
def export_exam_candidates(request: HttpRequest, sitting: UUID) -> HttpResponseBase:
    """Every seat is judged again, and the list holds those that stand. 503 and no list when one cannot be judged, and
    on a machine without a Chinese font.
    """
    found = found_sitting(request, sitting)
    file_format = request.POST.get("file_format", "")
    try:
        made = export_candidates(by=request.user, at=datetime.now(UTC), sitting=found, file_format=file_format)
    except SittingRefused as refused:
        for _field, value, allowed in refused.problems:
            messages.error(request, problem_text(value, allowed))
        return redirect("exam_console", found.uuid)
    except GateFailed:
        named = {"title": found.title, "url": reverse("exam_console", args=[found.uuid])}
        return failed(request, {"sitting": named, "is_list": True})
    with override("zh-hans"):
        return workbook_of(made) if file_format == "xlsx" else _paper(request, made)


def workbook_of(made: CandidateList) -> HttpResponseBase:
    admitted = Sheet("考生名单", ADMITTED, [(*each.values(), "") for each in _admitted(made)], ADMITTED_WIDTHS)
    refused = Sheet("不得入场", REFUSED, [tuple(each.values()) for each in _refused(made)], REFUSED_WIDTHS)
    facts = Sheet("名单信息", ("项目", "内容"), list(_facts(made).items()), (16, 70))
    return workbook_response(_file_name(made), [admitted, refused, facts])


def _paper(request: HttpRequest, made: CandidateList) -> HttpResponse:
    try:
        printed = printed_list(made)
    except FontMissing as missing:
        log.error("no candidate list can be printed: %s", missing)
        return render(request, "exams/office/not_printable.html", {"reason": str(missing)}, status=503)
    headers = {"Content-Disposition": f'attachment; filename="{_file_name(made)}.pdf"'}
    return HttpResponse(printed, content_type="application/pdf", headers=headers)


def printed_list(made: CandidateList) -> bytes:
    """The paper for the door. Its code opens the console, where the list is as it is then."""
    address = settings.BASE_URL.rstrip("/") + reverse("exam_console", args=[made.sitting.uuid])
    data = {
        "title": made.sitting.title_zh,
        "facts": [[name, value] for name, value in _facts(made).items()],
        "digest": made.digest,
        # The site stands in the head of the paper; a row has no room for it.
        "admitted": [{**each, "room": made.sitting.room.name_zh} for each in _admitted(made)],
        "refused": _refused(made),
        "address": address,
    }
    return pdf_of(LAYOUT, data, address=address, at=made.at)


def _admitted(made: CandidateList) -> list[dict[str, Any]]:
    room = f"{made.sitting.site.name_zh} {made.sitting.room.name_zh}"
    return [
        {
            "seat": each.seat,
            "room": room,
            "name": each.learner.real_name,
            "identity": masked_identity(each.learner) or "",
            "trained_by": _trained_by(each),
            "ticket": ticket_number(each.uuid),
        }
        for each in made.admitted
    ]


def _refused(made: CandidateList) -> list[dict[str, Any]]:
    reasons = in_words({each.pk: list(unmet) for each, unmet in made.refused})
    return [
        {
            "seat": each.seat,
            "name": each.learner.real_name,
            "identity": masked_identity(each.learner) or "",
            "trained_by": _trained_by(each),
            "ticket": ticket_number(each.uuid),
            "reasons": " ".join(reason["text"] for reason in reasons[each.pk]),
        }
        for each, _unmet in made.refused
    ]


def _facts(made: CandidateList) -> dict[str, str]:
    sitting = made.sitting
    return {
        "考试": sitting.title_zh,
        "考试机构": sitting.site.institution.name_zh,
        "考点考场": f"{sitting.site.name_zh} {sitting.room.name_zh}",
        "开考时间": f"{_moment(sitting.starts_at)}，{sitting.minutes} 分钟",
        "复核时间": _moment(made.at, seconds=True),
        "可入场人数": str(len(made.admitted)),
        "不得入场人数": str(len(made.refused)),
        "名单摘要": made.digest,
    }


def _trained_by(registration: Registration) -> str:
    enrollment = registration.decision.enrollment
    return enrollment.training_class.institution.name_zh if enrollment is not None else ""


def _moment(moment: datetime, *, seconds: bool = False) -> str:
    local = timezone.localtime(moment, timezone.get_default_timezone())
    return local.strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")


def _file_name(made: CandidateList) -> str:
    local = timezone.localtime(made.sitting.starts_at, timezone.get_default_timezone())
    return f"candidates-{local:%Y%m%d-%H%M}-{made.sitting.uuid.hex[:8]}"
