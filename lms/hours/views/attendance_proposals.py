"""Hours that an institution proposes to count or to take back, and somebody outside it decides on."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from lms.accounts.queries import masked_identity
from lms.enrollments.models import Kind, spoken
from lms.hours.actions.attendance_proposals import decide_attendance
from lms.hours.forms.attendance import AttendanceDecisionForm, problem_text
from lms.hours.models import AttendanceProposal, Effect, ProposalState, ProposedLearner
from lms.hours.queries.attendance import (
    learners_of,
    may_decide_attendance,
    proposal_for,
    proposals_for,
    standing_of,
)
from lms.hours.queries.clocks import ms_of
from lms.hours.views.attendance import proposal_row
from lms.hours.views.deciding import found_or_404, judged_list, stepped


@login_required
@never_cache
@require_GET
def attendance_proposals(request: HttpRequest) -> HttpResponse:
    """Proposed hours of the viewer's institutions or region, those that wait first."""
    rows = proposals_for(request.user)
    return judged_list(request, "hours/attendance_proposals.html", "proposals", rows, proposal_row)


@login_required
@never_cache
@require_GET
def attendance_proposal(request: HttpRequest, proposal: UUID) -> HttpResponse:
    """One proposal, with the form for whoever decides."""
    return _page(request, found_or_404(proposal_for, request.user, proposal))


@login_required
@require_POST
def decide_hours(request: HttpRequest, proposal: UUID) -> HttpResponse:
    """The decision; refused, it is the page again with the reason."""
    found = found_or_404(proposal_for, request.user, proposal)
    form = AttendanceDecisionForm(request.POST, takes=found.effect == Effect.TAKE)

    def step() -> object:
        return decide_attendance(by=request.user, at=datetime.now(UTC), proposal=found, **form.cleaned_data)  # type: ignore[arg-type]

    sent = stepped(request, form, step, _("The decision was entered."), "attendance_proposal", found.uuid)
    return sent or _page(request, found, form, status=422)


def _page(
    request: HttpRequest, found: AttendanceProposal, form: AttendanceDecisionForm | None = None, status: int = 200
) -> HttpResponse:
    institution = found.training_class.institution
    decides = found.state == ProposalState.PROPOSED and may_decide_attendance(request.user, found)
    takes, rows = found.effect == Effect.TAKE, learners_of(found)
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
        "rows": _learner_rows(found, rows),
        "entered": sum(each.entry_id is not None for each in rows),
        "form": (form or AttendanceDecisionForm(takes=takes)) if decides else None,
        "decide_url": reverse("decide_hours", args=[found.uuid]),
    }
    return render(request, "hours/attendance_proposal.html", context, status=status)


def _learner_rows(found: AttendanceProposal, rows: list[ProposedLearner]) -> list[dict[str, Any]]:
    """`ms` is what an entry took back, or what still counts and would be taken; None where hours are given."""
    takes, standing = found.effect == Effect.TAKE, {}
    if takes and found.state == ProposalState.PROPOSED:
        enrollments = [each.enrollment_id for each in rows]
        standing = standing_of(enrollments, found.module, found.kind, found.from_at, found.to_at)
    return [
        {
            "name": str(each.learner),
            "identity": masked_identity(each.learner),
            "entry": each.entry.number if each.entry is not None else None,
            "ms": (each.entry.ms if each.entry is not None else standing.get(each.enrollment_id, 0)) if takes else None,
            "refused": problem_text(each.refused) if each.refused else "",
        }
        for each in rows
    ]
