"""Reading appeals: whose they are, who may see and judge them, and what is left for a correction.

A learner sees their own; staff of the class's institution and the authority above it see what they have to judge.
Who may not see an appeal is told what is told of no appeal.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Q, QuerySet, Sum

from courses.models import LessonVersion
from lms.accounts.models import Role, User
from lms.accounts.queries import Viewer, has_role
from lms.enrollments.models import Kind, Module
from lms.hours.models import Appeal, AppealState, Entry, EntrySort, Refusal, StudyClock
from lms.hours.queries.clocks import ZONE, moment_of, ms_of, terms_of, today
from lms.hours.queries.progress import progress_of
from lms.hours.rules.appeals import Claim, Room, free_stretches, uncovered_ms
from lms.hours.rules.days import day_at, day_of
from lms.hours.rules.spans import Span
from lms.institutions.queries import ever_worked_for, institutions_of, regions_of, staffs, supervises

STRETCHES_MAX = 20
"""Free stretches that are offered; a refusal gathers ten minutes, and whoever beats every second can cut it up."""

PARTS = (
    "learner",
    "refusal__module",
    "refusal__lesson_version__lesson",
    "entry__module",
    "entry__lesson_version__lesson",
    "enrollment__training_class__institution__region",
    "enrollment__training_class__syllabus_version__syllabus",
    "proposed_by",
    "decided_by",
    "correction",
)


Row = TypeVar("Row", Appeal, Refusal, Entry)


class AppealNotFound(LookupError):
    """There is no such appeal for this viewer: absent and hidden look alike."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is appealed against: the refused time, or hours that were voided, in one shape.

    `version` is None for hours of a classroom or a workshop: they have no lesson, and no cap of the day. Their `reason`
    is that of the person who took them back.
    """

    claim: Claim
    code: str
    at: datetime
    module: Module
    kind: str
    version: LessonVersion | None
    reason: str = ""

    @property
    def title(self) -> str:
        return self.version.title if self.version is not None else str(Kind(self.kind).label)


@dataclass(frozen=True, slots=True)
class Offer:
    """What a proposal may choose from: free stretches of the clock, longest first, and the most that may be given."""

    stretches: list[Span]
    ms_max: int

    @property
    def gives(self) -> bool:
        return self.ms_max > 0


def appeals_for(viewer: Viewer) -> QuerySet[Appeal]:
    """Appeals that the viewer judges or supervises: those without a decision, the oldest first, then the others."""
    places = Q(enrollment__training_class__institution__region__in=regions_of(viewer))
    if has_role(viewer, Role.INSTITUTION):
        places |= Q(enrollment__training_class__institution__in=institutions_of(viewer))
    return Appeal.objects.filter(places).select_related(*PARTS).order_by("-decided_at", "appealed_at", "pk")


def appeal_for(viewer: Viewer, uuid: UUID) -> Appeal:
    """The appeal, for those who judge it; AppealNotFound otherwise."""
    return _found(appeals_for(viewer).filter(uuid=uuid).first())


def own_appeal(learner: User, uuid: UUID) -> Appeal:
    """The learner's own appeal; AppealNotFound otherwise."""
    return _found(Appeal.objects.filter(learner=learner, uuid=uuid).select_related(*PARTS).first())


def own_refusal(learner: User, pk: int) -> Refusal:
    """A refusal of the learner's own; AppealNotFound otherwise."""
    return _found(
        Refusal.objects.filter(learner=learner, pk=pk).select_related("module", "lesson_version", "enrollment").first()
    )


def own_void(learner: User, uuid: UUID) -> Entry:
    """A voiding entry of the learner's own that can be appealed against; AppealNotFound otherwise."""
    voids = Entry.objects.filter(learner=learner, uuid=uuid).select_related("module", "lesson_version", "enrollment")
    entry = voids.first()
    return _found(entry if entry is not None and is_appealable(entry) else None)


def is_appealable(entry: Entry) -> bool:
    """What was voided: study of a lesson, or hours of a classroom or a workshop."""
    return entry.sort == EntrySort.VOID and (entry.kind != Kind.ONLINE or entry.lesson_version_id is not None)


def void_behind(refusal: Refusal) -> Entry | None:
    """The entry that took this very time back: its clock is taken by the credit that was voided, so the appeal is
    against that entry. None for time that was refused as it was claimed.
    """
    own = Entry.objects.filter(learner_id=refusal.learner_id, session=refusal.session_id)
    if not own.filter(sort=EntrySort.CREDIT, from_at=refusal.from_at).exists():
        return None
    return own.filter(sort=EntrySort.VOID, ms=refusal.ms).order_by("number").first()


def appeal_against(refusal: Refusal | None, entry: Entry | None) -> Appeal | None:
    """The one appeal against a refusal or an entry, if it was made."""
    return Appeal.objects.filter(Q(refusal=refusal) if refusal is not None else Q(entry=entry)).first()


def appeals_against(learner: User, refusals: Collection[int], entries: Collection[int]) -> list[Appeal]:
    """The learner's appeals against any of these, given by their keys."""
    return list(Appeal.objects.filter(Q(refusal__in=refusals) | Q(entry__in=entries), learner=learner))


def open_appeals(learner: User) -> int:
    """How many of the learner's appeals wait for somebody."""
    return Appeal.objects.filter(learner=learner, state__in=[AppealState.OPEN, AppealState.PROPOSED]).count()


def may_propose(person: Viewer, appeal: Appeal) -> bool:
    """Staff of the class's institution, and nobody on an appeal of their own."""
    return person.pk != appeal.learner_id and staffs(person, appeal.enrollment.training_class.institution)


def may_decide(person: Viewer, appeal: Appeal) -> bool:
    """A second person from outside: of the authority above, never of the institution, neither learner nor proposer.

    Nor whoever decided to take the hours back: somebody else looks at it again.
    """
    institution = appeal.enrollment.training_class.institution
    voided_by = appeal.entry.posted_by_id if appeal.entry is not None else None
    return (
        isinstance(person, User)
        and person.pk not in (appeal.learner_id, appeal.proposed_by_id, voided_by)
        and supervises(person, institution.region)
        and not ever_worked_for(person, institution)
    )


def subject_of(appeal: Appeal) -> Subject:
    """What the appeal is against."""
    if appeal.refusal is not None:
        return subject_of_refusal(appeal.refusal)
    assert appeal.entry is not None
    return subject_of_void(appeal.entry)


def subject_of_refusal(refusal: Refusal) -> Subject:
    claim = Claim(refusal.ms, (ms_of(refusal.from_at), ms_of(refusal.to_at)))
    return Subject(claim, refusal.code, refusal.from_at, refusal.module, Kind.ONLINE, refusal.lesson_version)


def subject_of_void(entry: Entry) -> Subject:
    """The clock's time of voided hours stays taken by what was voided, so it has no window."""
    claim, reason = Claim(entry.ms, None), "" if entry.kind == Kind.ONLINE else entry.reason
    return Subject(claim, "voided", entry.posted_at, entry.module, entry.kind, entry.lesson_version, reason)


def day_for(appeal: Appeal, span: Span | None) -> date:
    """The calendar day on whose cap a correction draws: its own, or that of the last credit before it was voided."""
    if span is not None:
        return day_at(span[0], ZONE).date
    assert appeal.entry is not None
    if appeal.entry.kind != Kind.ONLINE:
        return today(appeal.entry.posted_at).date
    last = _credits(appeal.learner).filter(number__lt=appeal.entry.number).order_by("-number").first()
    return today(last.from_at if last is not None and last.from_at is not None else appeal.entry.posted_at).date


def room_for(appeal: Appeal, day: date) -> Room:
    """What is left for a correction of the appeal on a calendar day; exact under the learner's clock lock."""
    subject, ends_ms = subject_of(appeal), day_of(day, ZONE).ends_ms
    if subject.version is None:
        whole_ms = subject.claim.ms
        return Room(taken=(), day_ends_ms=ends_ms, day_used_ms=0, day_cap_ms=whole_ms, uncovered_ms=whole_ms)
    covered = progress_of(appeal.learner, subject.version).covered
    return Room(
        taken=taken_within(appeal.learner, subject.claim.window),
        day_ends_ms=ends_ms,
        day_used_ms=_used_ms(appeal, day),
        day_cap_ms=terms_of(appeal.enrollment.training_class.syllabus_version).day_cap_ms,
        uncovered_ms=uncovered_ms(covered, subject.version.duration_ms),
    )


def offer_for(appeal: Appeal) -> Offer:
    """What can still be given; voided credit keeps its time, so it is offered no stretch."""
    claim = subject_of(appeal).claim
    stretches: list[Span] = []
    if claim.window is not None:
        taken = taken_within(appeal.learner, claim.window)
        stretches = free_stretches(claim.window, taken, _midnights_ms(claim.window))[:STRETCHES_MAX]
        if not stretches:
            return Offer([], 0)
    room = room_for(appeal, day_for(appeal, stretches[0] if stretches else None))
    bounds = [claim.ms, room.day_cap_ms - room.day_used_ms, room.uncovered_ms]
    bounds += [stretches[0][1] - stretches[0][0]] if stretches else []
    return Offer(stretches, max(0, min(bounds)))


def taken_within(learner: User, window: Span | None) -> list[Span]:
    """The time of the learner's clock that other hours have taken inside a window, the running session's included."""
    if window is None:
        return []
    from_at, to_at = moment_of(window[0]), moment_of(window[1])
    posted = Entry.objects.filter(learner=learner, from_at__lt=to_at, to_at__gt=from_at)
    running = StudyClock.objects.filter(learner=learner, open_from__lt=to_at, open_to__gt=from_at)
    pairs = [*posted.values_list("from_at", "to_at"), *running.values_list("open_from", "open_to")]
    return [(ms_of(lower), ms_of(upper)) for lower, upper in pairs if lower is not None and upper is not None]


def _used_ms(appeal: Appeal, day: date) -> int:
    """Online time of a day that counts: credited and given back, without what the appeal would give back itself.

    Other voided credit stays in the sum: it could still come back by an appeal of its own.
    """
    ends_at, from_at = moment_of(day_of(day, ZONE).ends_ms), moment_of(_begins_ms(day))
    credited = _credits(appeal.learner).filter(from_at__gte=from_at, from_at__lt=ends_at)
    accepted = Appeal.objects.filter(learner=appeal.learner, day=day, state=AppealState.ACCEPTED)
    given_back = accepted.filter(Q(entry__isnull=True) | Q(entry__kind=Kind.ONLINE))
    used_ms = _sum_ms(credited, "ms") + _sum_ms(given_back, "proposed_ms")
    if appeal.entry is None:
        return used_ms
    return used_ms - min(appeal.entry.ms, _sum_ms(credited.filter(number__lt=appeal.entry.number), "ms"))


def _credits(learner: User) -> QuerySet[Entry]:
    return Entry.objects.filter(learner=learner, sort=EntrySort.CREDIT, kind=Kind.ONLINE)


def _sum_ms(rows: QuerySet[Any], column: str) -> int:
    return int(rows.aggregate(total=Sum(column))["total"] or 0)


def _begins_ms(day: date) -> int:
    return day_of(date.fromordinal(day.toordinal() - 1), ZONE).ends_ms


def _midnights_ms(window: Span) -> list[int]:
    """The midnights inside a window: one at most, unless somebody changed the limits of silence."""
    found = [day_at(window[0], ZONE).ends_ms]
    while found[-1] < window[1] and len(found) < STRETCHES_MAX:
        found.append(day_at(found[-1], ZONE).ends_ms)
    return found


def _found(row: Row | None) -> Row:
    if row is None:
        raise AppealNotFound("no such appeal")
    return row
