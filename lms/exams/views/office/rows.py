"""Plans, sittings and seats as the pages show them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from lms.accounts.queries import masked_identity
from lms.enrollments.models import spoken
from lms.exams.models import ExamPlan, PlanState, Registration, RegistrationState, Sitting
from lms.exams.queries.seats import reasons_by_decision
from lms.exams.rules.tickets import ticket_number

MAP_SEATS_MAX = 240
"""Above it a map of seats says less than the bar."""
PLAN_MARKS = {
    PlanState.DRAFT: "",
    PlanState.PROPOSED: "badge-wait",
    PlanState.RETURNED: "badge-stop",
    PlanState.APPROVED: "badge-ok",
    PlanState.PUBLISHED: "badge-ok",
}


def plan_row(plan: ExamPlan) -> dict[str, Any]:
    return {
        "title": plan.title,
        "office": spoken(plan.institution.name_zh, plan.institution.name_en),
        "sittings": plan.sizes,  # type: ignore[attr-defined]
        "seats": plan.seats,  # type: ignore[attr-defined]
        "proposed_at": plan.proposed_at,
        "url": reverse("exam_plan", args=[plan.uuid]),
        **plan_state(plan),
    }


def plan_state(plan: ExamPlan) -> dict[str, Any]:
    return {"state": plan.state, "label": PlanState(plan.state).label, "mark": PLAN_MARKS[PlanState(plan.state)]}


def plan_way(plan: ExamPlan) -> list[dict[str, Any]]:
    """Drafted, proposed, decided, published: each done, now or still to come, with its moment."""
    is_returned = plan.state == PlanState.RETURNED
    labels = [
        (_("Draft"), plan.drafted_at),
        (_("Proposed"), plan.proposed_at),
        (_("Returned") if is_returned else _("Approved"), plan.decided_at),
        (_("Published"), plan.published_at),
    ]
    # Up to which step it has come; the next one is awaited.
    done = {"draft": 1, "proposed": 2, "returned": 2, "approved": 3, "published": 4}[plan.state]
    return [
        {
            "label": label,
            "at": moment if index < done or (is_returned and index == done) else None,
            "state": "done" if index < done else "now" if index == done else "todo",
        }
        for index, (label, moment) in enumerate(labels)
    ]


def sitting_row(sitting: Sitting) -> dict[str, Any]:
    """With the bar of its seats: taken, in doubt among them not told apart, and who waits for one."""
    booked: int = sitting.booked  # type: ignore[attr-defined]
    waiting: int = sitting.waiting  # type: ignore[attr-defined]
    return {
        "uuid": sitting.uuid,
        "title": sitting.title,
        "syllabus": sitting.syllabus.name,
        "training": sitting.syllabus.get_training_display(),
        "site": sitting.site.name,
        "room": sitting.room.name,
        "room_seats": sitting.room.seats,
        "starts_at": sitting.starts_at,
        "ends_at": sitting.starts_at + timedelta(minutes=sitting.minutes),
        "minutes": sitting.minutes,
        "opens_at": sitting.opens_at,
        "closes_at": sitting.closes_at,
        "capacity": sitting.capacity,
        "booked": booked,
        "waiting": waiting,
        "taken_percent": round(100 * booked / sitting.capacity),
        "is_cancelled": sitting.cancelled_at is not None,
        "url": reverse("exam_console", args=[sitting.uuid]),
    }


def seat_map(sitting: Sitting, booked: Sequence[Registration]) -> list[dict[str, Any]]:
    """Every seat of the sitting: free, booked, in doubt or let in."""
    if sitting.capacity > MAP_SEATS_MAX:
        return []
    held = {each.seat: seat_state(each) for each in booked}
    words = {"free": _("free"), "booked": _("taken"), "doubt": _("in doubt"), "admitted": _("let in")}
    numbered = [(number, held.get(number, "free")) for number in range(1, sitting.capacity + 1)]
    return [{"number": number, "state": state, "label": words[state]} for number, state in numbered]


def seat_state(registration: Registration) -> str:
    """booked, doubt, admitted, withdrawn or cancelled."""
    if hasattr(registration, "admission"):
        return "admitted"
    if registration.state == RegistrationState.BOOKED:
        return "doubt" if registration.doubted_at is not None else "booked"
    return registration.state


def candidate_rows(registrations: Sequence[Registration]) -> list[dict[str, Any]]:
    withdrawals = [each.withdrawal for each in registrations if each.withdrawal is not None]
    reasons = reasons_by_decision(withdrawals)
    return [{**candidate(each), "reasons": reasons.get(each.withdrawal_id or 0, [])} for each in registrations]


def candidate(registration: Registration) -> dict[str, Any]:
    """A candidate without the reasons."""
    state = seat_state(registration)
    moments: dict[str, datetime | None] = {
        "booked": registration.booked_at,
        "doubt": registration.doubted_at,
        "withdrawn": registration.withdrawn_at,
        "cancelled": registration.cancelled_at,
    }
    enrollment = registration.decision.enrollment
    trained_by = enrollment.training_class.institution if enrollment is not None else None
    return {
        "seat": registration.seat,
        "name": registration.learner.real_name,
        "identity": masked_identity(registration.learner) or "",
        "trained_by": spoken(trained_by.name_zh, trained_by.name_en) if trained_by is not None else "",
        "ticket": ticket_number(registration.uuid),
        "state": state,
        "at": registration.admission.admitted_at if state == "admitted" else moments[state],
        "door_url": reverse("door", args=[registration.uuid]),
    }
