"""Reading sheets, presences and proposed hours: whose they are and who may see and decide.

Who teaches a class and the authority above it see its sheets; a learner sees their own marks. Who may not see
something is told what is told of nothing.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q, QuerySet

from lms.accounts.models import Role, User
from lms.accounts.queries import Viewer, has_role
from lms.enrollments.models import ClassState, Enrollment, EnrollmentState, Module, TrainingClass
from lms.enrollments.queries import classes_for, taught_by, teaches
from lms.hours.models import (
    AttendanceProposal,
    AttendanceSheet,
    Effect,
    Entry,
    EntrySort,
    ModuleHours,
    Presence,
    ProposedLearner,
)
from lms.hours.models.attendance import HELD
from lms.hours.queries.clocks import ms_of
from lms.hours.rules.attendance import LATE_MS, standing_ms, takes_marks
from lms.hours.rules.spans import Span
from lms.institutions.queries import ever_worked_for, institutions_of, regions_of, staffs, supervises

PAGE_ROWS = 50
HELD_SORTS = [EntrySort.ATTENDANCE, EntrySort.CLAIM]
"""Entries of hours that were held in a place: two people can take them back."""

OWN_ROWS = 30
"""Marks and waiting hours that a learner's page shows; the ledger below holds all that counted."""


class AttendanceNotFound(LookupError):
    """There is no such sheet, class or proposal for this viewer: absent and hidden look alike."""


def attended_class_for(viewer: Viewer, uuid: UUID) -> TrainingClass:
    """The class, for who teaches it, its staff, and the authority above; AttendanceNotFound otherwise."""
    found = taught_by(viewer).filter(uuid=uuid).first() or classes_for(viewer).filter(uuid=uuid).first()
    if found is None:
        raise AttendanceNotFound("no such class")
    return found


def sheet_for(viewer: Viewer, uuid: UUID) -> AttendanceSheet:
    """The sheet, for whoever sees its class; AttendanceNotFound otherwise."""
    sheet = _sheets().filter(uuid=uuid).first()
    if sheet is None:
        raise AttendanceNotFound("no such sheet")
    attended_class_for(viewer, sheet.training_class.uuid)
    return sheet


def taught_sheet(viewer: Viewer, uuid: UUID) -> AttendanceSheet:
    """The sheet, for who teaches its class and nobody else: its code is on the screen."""
    sheet = _sheets().filter(uuid=uuid).first()
    if sheet is None or not teaches(viewer, sheet.training_class):
        raise AttendanceNotFound("no such sheet")
    return sheet


def signed_sheet(uuid: UUID) -> AttendanceSheet:
    """The sheet that a scanned code names; whoever scanned it is judged by the action."""
    sheet = _sheets().filter(uuid=uuid).first()
    if sheet is None:
        raise AttendanceNotFound("no such sheet")
    return sheet


def sheets_of(training_class: TrainingClass, page: str | int | None = 1) -> Page[AttendanceSheet]:
    """One page of a class's sheets, the latest first, with how many are in and how many were there."""
    rows = _counted(_sheets().filter(training_class=training_class)).order_by("-from_at", "-pk")
    return Paginator(rows, PAGE_ROWS).get_page(page)


def running_sheets(viewer: Viewer, at: datetime) -> list[AttendanceSheet]:
    """Sheets of the viewer's classes that are open now or later today, the next first."""
    until = at - timedelta(milliseconds=LATE_MS)
    rows = _sheets().filter(training_class__in=taught_by(viewer), closed_at__isnull=True, to_at__gt=until)
    return list(_counted(rows).order_by("from_at", "pk")[:PAGE_ROWS])


def classes_taught(viewer: Viewer, page: str | int | None = 1) -> Page[TrainingClass]:
    """One page of the accepted classes that the viewer teaches."""
    rows = taught_by(viewer).filter(state=ClassState.ACCEPTED)
    return Paginator(rows, PAGE_ROWS).get_page(page)


def last_presence(learner: User, sheet: AttendanceSheet) -> Presence | None:
    """The learner's last marks on this sheet."""
    return Presence.objects.filter(sheet=sheet, learner=learner).order_by("-in_at").first()


def presences_on(sheet: AttendanceSheet) -> list[Presence]:
    """Everybody's marks on a sheet, in the order in which they came."""
    return list(Presence.objects.filter(sheet=sheet).select_related("learner", "sheet").order_by("in_at", "pk"))


def state_of(presence: Presence, at: datetime) -> str:
    """`in`, `out`, or `left`: the sheet was closed, or takes no marks any more, before they signed out."""
    if presence.out_at is not None:
        return "out"
    planned = (ms_of(presence.sheet.from_at), ms_of(presence.sheet.to_at))
    return "in" if presence.ended_at is None and takes_marks(planned, ms_of(at)) else "left"


def numbers_on(sheet: AttendanceSheet) -> tuple[int, int]:
    """How many are in now, and how many learners have been there."""
    counted = Presence.objects.filter(sheet=sheet).aggregate(
        now=Count("pk", filter=Q(ended_at__isnull=True)), ever=Count("learner", distinct=True)
    )
    return counted["now"], counted["ever"]


def shared_devices(presences: Iterable[Presence]) -> dict[int, list[User]]:
    """Of each presence whose phone signed for somebody else too (by key): the others it signed for."""
    rows = list(presences)
    signed: dict[str, dict[int, User]] = defaultdict(dict)
    for each in rows:
        for device in {each.in_device, each.out_device} - {""}:
            signed[device][each.learner_id] = each.learner
    found = {}
    for each in rows:
        others = signed[each.in_device] | signed.get(each.out_device, {})
        others.pop(each.learner_id, None)
        if others:
            found[each.pk] = list(others.values())
    return found


def own_presences(learner: User) -> list[Presence]:
    """The learner's last marks, with meeting and module."""
    rows = Presence.objects.filter(learner=learner).select_related("sheet__module", "sheet__training_class")
    return list(rows.order_by("-in_at")[:OWN_ROWS])


def own_proposals(learner: User) -> list[ProposedLearner]:
    """Hours that were proposed for the learner, to be counted or taken back: waiting or decided, the last first."""
    rows = ProposedLearner.objects.filter(learner=learner)
    parts = rows.select_related("proposal__module", "proposal__proposed_by", "proposal__decided_by", "entry")
    return list(parts.order_by("-proposal__from_at", "-pk")[:OWN_ROWS])


def enrolled_in(training_class: TrainingClass) -> list[Enrollment]:
    """Who is in the class now, by name, for who teaches it."""
    active = Enrollment.objects.filter(training_class=training_class, state=EnrollmentState.ACTIVE)
    return list(active.select_related("learner").order_by("learner__real_name", "pk"))


def attended_in(training_class: TrainingClass) -> list[Enrollment]:
    """Who has attended hours in the class, also who has left it since, by name."""
    held = ModuleHours.objects.filter(enrollment__training_class=training_class, kind__in=HELD, confirmed_ms__gt=0)
    found = Enrollment.objects.filter(pk__in=held.values("enrollment"))
    return list(found.select_related("learner").order_by("learner__real_name", "pk"))


def counted_on(sheet: AttendanceSheet) -> list[Enrollment]:
    """Who got hours by a sheet, signed by code or marked by hand, by name."""
    signed = Presence.objects.filter(sheet=sheet, credited_ms__gt=0)
    marked = ProposedLearner.objects.filter(proposal__sheet=sheet, proposal__effect=Effect.GIVE, entry__isnull=False)
    found = Enrollment.objects.filter(Q(pk__in=signed.values("enrollment")) | Q(pk__in=marked.values("enrollment")))
    return list(found.select_related("learner").order_by("learner__real_name", "pk"))


def standing_of(
    enrollments: Collection[int], module: Module, kind: str, from_at: datetime, to_at: datetime
) -> dict[int, int]:
    """Milliseconds of attended or claimed hours that still count in [from_at, to_at), by the id of the enrollment;
    without those who have none. Exact under the lock of the learner's clock.
    """
    own = {"enrollment__in": enrollments}
    entries = Entry.objects.filter(**own, module=module, kind=kind, sort__in=HELD_SORTS)
    overlapping = entries.filter(from_at__lt=to_at, to_at__gt=from_at)
    accepted = ProposedLearner.objects.filter(**own, proposal__effect=Effect.TAKE, entry__isnull=False)
    taken = accepted.filter(proposal__module=module, proposal__kind=kind)
    attended = _by_enrollment(overlapping.values_list("enrollment", "number", "from_at", "to_at"))
    gone = _by_enrollment(taken.values_list("enrollment", "entry__number", "proposal__from_at", "proposal__to_at"))
    window = (ms_of(from_at), ms_of(to_at))
    found = {each: standing_ms(window, spans, gone.get(each, [])) for each, spans in attended.items()}
    return {each: ms for each, ms in found.items() if ms > 0}


def own_enrollment(learner: User, sheet: AttendanceSheet) -> Enrollment | None:
    """The learner's active enrollment in the class of a sheet."""
    active = Enrollment.objects.filter(training_class=sheet.training_class, state=EnrollmentState.ACTIVE)
    return active.filter(learner=learner).first()


def by_hand_on(sheet: AttendanceSheet) -> list[ProposedLearner]:
    """Learners about whom something was proposed on a sheet, the last first."""
    rows = ProposedLearner.objects.filter(proposal__sheet=sheet).select_related("learner", "proposal")
    return list(rows.order_by("-proposal__proposed_at", "-pk"))


def proposals_for(viewer: Viewer) -> QuerySet[AttendanceProposal]:
    """Proposed hours that the viewer's institutions made or the viewer's authority decides on, the open ones first."""
    places = Q(training_class__institution__region__in=regions_of(viewer))
    if has_role(viewer, Role.INSTITUTION):
        places |= Q(training_class__institution__in=institutions_of(viewer))
    return (
        AttendanceProposal.objects.filter(places)
        .select_related("training_class__institution__region", "module", "proposed_by", "decided_by")
        .annotate(number=Count("learners"))
        .order_by("-decided_at", "proposed_at", "pk")
    )


def proposals_of(training_class: TrainingClass) -> list[AttendanceProposal]:
    """The last proposals of a class, the newest first."""
    rows = AttendanceProposal.objects.filter(training_class=training_class).select_related("training_class", "module")
    return list(rows.annotate(number=Count("learners")).order_by("-proposed_at", "-pk")[:PAGE_ROWS])


def proposal_for(viewer: Viewer, uuid: UUID) -> AttendanceProposal:
    """The proposal, for those whom it concerns; AttendanceNotFound otherwise."""
    found = proposals_for(viewer).filter(uuid=uuid).first()
    if found is None:
        raise AttendanceNotFound("no such proposal")
    return found


def learners_of(proposal: AttendanceProposal) -> list[ProposedLearner]:
    """Who is proposed, by name, with what became of it."""
    return list(proposal.learners.select_related("learner", "entry").order_by("learner__real_name", "pk"))


def may_propose_attendance(person: Viewer, training_class: TrainingClass, sheet: AttendanceSheet | None) -> bool:
    """Staff of the institution; on a sheet also who teaches the class."""
    if staffs(person, training_class.institution):
        return True
    return sheet is not None and sheet.training_class_id == training_class.pk and teaches(person, training_class)


def may_decide_attendance(person: Viewer, proposal: AttendanceProposal) -> bool:
    """A second person from outside: of the authority above, never of the institution, nor proposer, nor learner."""
    institution = proposal.training_class.institution
    return (
        isinstance(person, User)
        and person.pk != proposal.proposed_by_id
        and supervises(person, institution.region)
        and not ever_worked_for(person, institution)
        and not proposal.learners.filter(learner=person).exists()
    )


def _sheets() -> QuerySet[AttendanceSheet]:
    return AttendanceSheet.objects.select_related(
        "training_class__institution__region", "training_class__syllabus_version", "module", "opened_by", "closed_by"
    )


def _by_enrollment(
    rows: Iterable[tuple[int, int, datetime | None, datetime | None]],
) -> dict[int, list[tuple[int, Span]]]:
    """Rows of (enrollment, number of an entry, beginning, end) as the rule takes them."""
    found: dict[int, list[tuple[int, Span]]] = defaultdict(list)
    for enrollment, number, from_at, to_at in rows:
        assert from_at is not None and to_at is not None  # what is attended takes time
        found[enrollment].append((number, (ms_of(from_at), ms_of(to_at))))
    return found


def _counted(rows: QuerySet[AttendanceSheet]) -> QuerySet[AttendanceSheet]:
    return rows.annotate(
        now=Count("presences", filter=Q(presences__ended_at__isnull=True)),
        ever=Count("presences__learner", distinct=True),
    )
