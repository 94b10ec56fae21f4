"""Hours that an institution proposes and somebody outside it decides on."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from lms.accounts.models import Role
from lms.accounts.queries import masked_identity, roles_of
from lms.enrollments.models import Kind, spoken
from lms.hours.actions.attendance import AttendanceRefused
from lms.hours.actions.attendance_proposals import decide_attendance
from lms.hours.forms.attendance import AttendanceDecisionForm, problem_text
from lms.hours.models import AttendanceProposal, ProposalState, ProposedLearner
from lms.hours.queries.attendance import (
    PAGE_ROWS,
    AttendanceNotFound,
    learners_of,
    may_decide_attendance,
    proposal_for,
    proposals_for,
)
from lms.hours.queries.clocks import ms_of
from lms.hours.views.attendance import proposal_row

SEE_PROPOSALS = frozenset({Role.INSTITUTION.value, Role.AUTHORITY.value, Role.ADMINISTRATOR.value})


@login_required
@never_cache
@require_GET
def attendance_proposals(request: HttpRequest) -> HttpResponse:
    """Proposed hours of the viewer's institutions or region, those that wait first."""
    if not roles_of(request.user) & SEE_PROPOSALS:
        raise PermissionDenied
    page = Paginator(proposals_for(request.user), PAGE_ROWS).get_page(request.GET.get("page"))
    rows = [proposal_row(each) for each in page.object_list]
    return render(request, "hours/attendance_proposals.html", {"proposals": rows, "page": page})


@login_required
@never_cache
@require_GET
def attendance_proposal(request: HttpRequest, proposal: UUID) -> HttpResponse:
    """One proposal, with the form for whoever decides."""
    return _page(request, _found(request, proposal))


@login_required
@require_POST
def decide_hours(request: HttpRequest, proposal: UUID) -> HttpResponse:
    """The decision; refused, it is the page again with the reason."""
    found = _found(request, proposal)
    form = AttendanceDecisionForm(request.POST)
    if form.is_valid():
        said = {name: form.cleaned_data[name] for name in ("verb", "reason")}
        try:
            decide_attendance(by=request.user, at=datetime.now(UTC), proposal=found, **said)  # type: ignore[arg-type]
        except AttendanceRefused as refused:
            if refused.code == "state":
                messages.error(request, problem_text("state"))
                return redirect("attendance_proposal", found.uuid)
            form.refuse(refused)
        else:
            messages.success(request, _("The decision was entered."))
            return redirect("attendance_proposal", found.uuid)
    return _page(request, found, form, status=422)


def _page(
    request: HttpRequest, found: AttendanceProposal, form: AttendanceDecisionForm | None = None, status: int = 200
) -> HttpResponse:
    institution = found.training_class.institution
    decides = found.state == ProposalState.PROPOSED and may_decide_attendance(request.user, found)
    rows = learners_of(found)
    context = {
        "proposal": {
            **proposal_row(found),
            "institution": spoken(institution.name_zh, institution.name_en),
            "attendance_url": reverse("attendance", args=[found.training_class.uuid]),
            "evidence": found.evidence,
            "proposed_at": found.proposed_at,
            "proposed_by": str(found.proposed_by),
            "ms": ms_of(found.to_at) - ms_of(found.from_at),
            "kind_label": Kind(found.kind).label,
            "is_by_hand": found.sheet_id is not None,
        },
        "decision": {"at": found.decided_at, "by": str(found.decided_by), "reason": found.decided_reason}
        if found.decided_at
        else None,
        "rows": [_learner_row(each) for each in rows],
        "given": sum(each.entry_id is not None for each in rows),
        "form": (form or AttendanceDecisionForm()) if decides else None,
        "decide_url": reverse("decide_hours", args=[found.uuid]),
    }
    return render(request, "hours/attendance_proposal.html", context, status=status)


def _found(request: HttpRequest, uuid: UUID) -> AttendanceProposal:
    try:
        return proposal_for(request.user, uuid)
    except AttendanceNotFound:
        raise Http404 from None


def _learner_row(each: ProposedLearner) -> dict[str, Any]:
    return {
        "name": str(each.learner),
        "identity": masked_identity(each.learner),
        "entry": each.entry.number if each.entry is not None else None,
        "refused": problem_text(each.refused) if each.refused else "",
    }
