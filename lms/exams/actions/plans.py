"""Exam plans: drafted and proposed by the exam institution, approved or returned by the authority, then published.

Only sittings of a published plan are seen by learners and take registrations. Nothing of what was proposed changes
afterwards but the capacity (`sittings`).
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction

from lms.accounts.models import User
from lms.accounts.queries import Viewer
from lms.audit.actions import record
from lms.enrollments.models import Syllabus, Training
from lms.exams.actions.letters import tell_plan_decided
from lms.exams.actions.refusals import SittingRefused, require_examiner
from lms.exams.actions.taken import UuidTaken
from lms.exams.models import ExamPlan, PlanState, Room, Sitting
from lms.institutions.models import Institution
from lms.institutions.queries import ever_worked_for, supervises

MINUTES_MAX = 600
REASON_MAX = 500
CHANGEABLE = frozenset({PlanState.DRAFT, PlanState.RETURNED})


class NotDecider(PermissionDenied):
    """The authority of the region decides, and nobody who ever worked for the exam institution."""


class PlanStepRefused(ValueError):
    """A plan does not go this way; `state` is where it is, `allowed` from where the step is taken."""

    def __init__(self, state: str, allowed: frozenset[str]) -> None:
        self.state = state
        self.allowed = allowed
        super().__init__(f"the plan is {state}; allowed: {', '.join(sorted(allowed))}")


def draft_plan(
    *, by: Viewer, at: datetime, uuid: UUID, institution: Institution, title_zh: str, title_en: str = ""
) -> ExamPlan:
    """A plan without sittings; the same uuid again gives the same. Raises NotExaminer, SittingRefused, UuidTaken."""
    require_examiner(by, institution)
    if not title_zh.strip():
        raise SittingRefused([("title_zh", title_zh, "a title")])
    fields = {
        "institution": institution,
        "title_zh": title_zh,
        "title_en": title_en,
        "drafted_at": at,
        "drafted_by": by,
    }
    with transaction.atomic():
        plan, is_new = ExamPlan.objects.get_or_create(uuid=uuid, defaults=fields)
        if plan.institution_id != institution.pk:
            raise UuidTaken("this uuid belongs to a plan of another institution")
        if is_new:
            record(verb="plan.drafted", subject=plan, by=by, at=at)
    return plan


def schedule_sitting(
    *,
    by: Viewer,
    at: datetime,
    uuid: UUID,
    plan: ExamPlan,
    syllabus: Syllabus,
    room: Room,
    title_zh: str,
    starts_at: datetime,
    opens_at: datetime,
    closes_at: datetime,
    capacity: int,
    title_en: str = "",
    minutes: int = 120,
) -> Sitting:
    """One exam of a syllabus in a plan that is not proposed yet; the same uuid again gives the same, unchanged.

    Registration is open in [opens_at, closes_at) and closes before the exam starts; never more seats than the room
    has, and one sitting in a room at a time. Raises NotExaminer, SittingRefused, PlanStepRefused, UuidTaken.
    """
    require_examiner(by, plan.institution)
    fields = {
        "plan": plan,
        "syllabus": syllabus,
        "site": room.site,
        "room": room,
        "title_zh": title_zh,
        "title_en": title_en,
        "starts_at": starts_at,
        "minutes": minutes,
        "opens_at": opens_at,
        "closes_at": closes_at,
        "capacity": capacity,
    }
    with transaction.atomic():
        # The plan first, then the room: whoever plans beside us waits here and then sees this sitting.
        locked = ExamPlan.objects.select_for_update(no_key=True).get(pk=plan.pk)
        Room.objects.select_for_update(no_key=True).get(pk=room.pk)
        if known := Sitting.objects.filter(uuid=uuid).first():
            if (known.plan_id, known.room_id, known.syllabus_id) != (plan.pk, room.pk, syllabus.pk):
                raise UuidTaken("this uuid belongs to another sitting")
            return known
        if locked.state not in CHANGEABLE:
            raise PlanStepRefused(locked.state, CHANGEABLE)
        if problems := _problems_of(Sitting(**fields), at):
            raise SittingRefused(problems)
        sitting = Sitting.objects.create(uuid=uuid, **fields)
        detail = {"syllabus": syllabus.code, "capacity": capacity, "plan": str(plan.uuid)}
        record(verb="sitting.scheduled", subject=sitting, by=by, at=at, detail=detail)
    return sitting


def remove_sitting(*, by: Viewer, at: datetime, sitting: Sitting) -> None:
    """Take a sitting out of a plan that is not proposed. Raises NotExaminer, PlanStepRefused."""
    require_examiner(by, sitting.plan.institution)
    with transaction.atomic():
        locked = ExamPlan.objects.select_for_update(no_key=True).get(pk=sitting.plan_id)
        if locked.state not in CHANGEABLE:
            raise PlanStepRefused(locked.state, CHANGEABLE)
        record(verb="sitting.removed", subject=sitting, by=by, at=at, detail={"plan": str(locked.uuid)})
        sitting.officers.all().delete()
        sitting.delete()


def propose_plan(*, by: Viewer, at: datetime, plan: ExamPlan) -> ExamPlan:
    """Ask the authority; proposing again changes nothing. Raises NotExaminer, SittingRefused, PlanStepRefused."""
    require_examiner(by, plan.institution)
    with transaction.atomic():
        locked = ExamPlan.objects.select_for_update(no_key=True).get(pk=plan.pk)
        if locked.state == PlanState.PROPOSED:
            return locked
        _require(locked, CHANGEABLE)
        if not locked.sittings.exists():
            raise SittingRefused([("sittings", "0", "at least one sitting")])
        locked.state, locked.proposed_at, locked.reason = PlanState.PROPOSED, at, ""
        locked.save(update_fields=["state", "proposed_at", "reason"])
        record(verb="plan.proposed", subject=locked, by=by, at=at, detail={"sittings": locked.sittings.count()})
    return locked


def decide_plan(*, by: Viewer, at: datetime, plan: ExamPlan, approves: bool, reason: str = "") -> ExamPlan:
    """Approve, or return with a reason; the same decision again changes nothing.

    Raises NotDecider, SittingRefused (no reason), PlanStepRefused.
    """
    office = plan.institution
    if not isinstance(by, User) or not supervises(by, office.region) or ever_worked_for(by, office):
        raise NotDecider("the authority of the region decides, and nobody who worked for the exam institution")
    if not approves and not 1 <= len(reason.strip()) <= REASON_MAX:
        raise SittingRefused([("reason", reason[:40], f"1 to {REASON_MAX} characters")])
    wanted = PlanState.APPROVED if approves else PlanState.RETURNED
    with transaction.atomic():
        locked = ExamPlan.objects.select_for_update(no_key=True).get(pk=plan.pk)
        if locked.state == wanted and locked.decided_by_id == by.pk:
            return locked
        _require(locked, frozenset({PlanState.PROPOSED}))
        if locked.drafted_by_id == by.pk:
            raise NotDecider("who drafted a plan does not decide on it")
        locked.state, locked.decided_at, locked.decided_by = wanted, at, by
        locked.reason = "" if approves else reason.strip()
        locked.save(update_fields=["state", "decided_at", "decided_by", "reason"])
        record(verb=f"plan.{wanted.value}", subject=locked, by=by, at=at, detail={"reason": locked.reason})
        tell_plan_decided(at=at, plan=locked)
    return locked


def publish_plan(*, by: Viewer, at: datetime, plan: ExamPlan) -> ExamPlan:
    """Let learners see the sittings; publishing again changes nothing. Raises NotExaminer, PlanStepRefused."""
    require_examiner(by, plan.institution)
    with transaction.atomic():
        locked = ExamPlan.objects.select_for_update(no_key=True).get(pk=plan.pk)
        if locked.state == PlanState.PUBLISHED:
            return locked
        _require(locked, frozenset({PlanState.APPROVED}))
        locked.state, locked.published_at = PlanState.PUBLISHED, at
        locked.save(update_fields=["state", "published_at"])
        record(verb="plan.published", subject=locked, by=by, at=at)
    return locked


def _require(plan: ExamPlan, allowed: frozenset[str]) -> None:
    if plan.state not in allowed:
        raise PlanStepRefused(plan.state, frozenset(str(each) for each in allowed))


def _problems_of(sitting: Sitting, at: datetime) -> list[tuple[str, str, str]]:
    room, ends_at = sitting.room, sitting.starts_at + timedelta(minutes=sitting.minutes)
    problems = []
    if room.site.institution_id != sitting.plan.institution_id:
        problems.append(("room", room.name, "a room of the institution that plans"))
    if not 1 <= sitting.capacity <= room.seats:
        problems.append(("capacity", str(sitting.capacity), f"1 to {room.seats}, the seats of the room"))
    if sitting.starts_at <= at:
        problems.append(("starts_at", sitting.starts_at.isoformat(), "a moment to come"))
    if not sitting.opens_at < sitting.closes_at <= sitting.starts_at:
        problems.append(("closes_at", sitting.closes_at.isoformat(), "after opens_at and not after starts_at"))
    if not 1 <= sitting.minutes <= MINUTES_MAX:
        problems.append(("minutes", str(sitting.minutes), f"1 to {MINUTES_MAX}"))
    elif room.sittings.filter(cancelled_at__isnull=True, taken__overlap=(sitting.starts_at, ends_at)).exists():
        problems.append(("room", room.name, "a room without another sitting at that time"))
    if sitting.syllabus.training == Training.CONTINUING:
        problems.append(("syllabus", sitting.syllabus.code, "a training that ends in an exam"))
    if not sitting.title_zh.strip():
        problems.append(("title_zh", "", "a title"))
    return problems
