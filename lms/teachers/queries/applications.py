"""Reading applications for files: the teacher's own, those of an institution, those that an authority decides on."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When

from lms.accounts.models import Role, RoleGrant, User
from lms.accounts.queries import Viewer, has_role
from lms.institutions.models import Institution, InstitutionKind, Membership
from lms.institutions.queries import against_certifying, institutions_of, regions_of, staffs
from lms.teachers.models import FileApplication, FileState, PracticeAsked
from lms.teachers.rules.roster import Practice, practice_on

HISTORY_MAX = 20
MINE, OTHERS, DECIDED = 0, 1, 2
"""Whose turn it is in an application that is listed: this viewer's, somebody else's, nobody's any more."""


class ApplicationNotFound(LookupError):
    """There is no such application for this viewer: absent and hidden look alike."""


def practice_asked(day: date) -> Practice | None:
    """How many years of practice are asked of who applies on that day."""
    rows = PracticeAsked.objects.values_list("in_force_from", "years_min", "source")
    return practice_on([Practice(*row) for row in rows], day)


def workplaces(person: User) -> QuerySet[Institution]:
    """The training institutions for which somebody teaches now."""
    if not has_role(person, Role.TEACHER):
        return Institution.objects.none()
    return institutions_of(person).filter(kind=InstitutionKind.TRAINING)


def may_apply(viewer: Viewer, person: User, institution: Institution | None) -> bool:
    """The teacher for themselves (no institution), or staff of an institution where they teach for somebody else."""
    if not isinstance(viewer, User):
        return False
    works_at = workplaces(person)
    if institution is None:
        return viewer.pk == person.pk and works_at.exists()
    is_theirs = works_at.filter(pk=institution.pk).exists()
    return viewer.pk != person.pk and is_theirs and staffs(viewer, institution)


def may_take_back(viewer: Viewer, application: FileApplication) -> bool:
    """Who applied, and whoever else runs the institution that applied."""
    if isinstance(viewer, User) and viewer.pk == application.applied_by_id:
        return viewer.is_active
    return application.institution is not None and staffs(viewer, application.institution)


def history_of(person: User) -> list[FileApplication]:
    """What was applied for, newest first."""
    rows = FileApplication.objects.filter(person=person).select_related("institution", "applied_by", "decided_by")
    return list(rows[:HISTORY_MAX])


def last_by_person(people: Collection[User]) -> dict[int, FileApplication]:
    """The newest application of each. One query."""
    rows = FileApplication.objects.filter(person__in=people).order_by("person", "-applied_at", "-pk").distinct("person")
    return {each.person_id: each for each in rows}


def earlier_application(person: User, institution: Institution | None) -> FileApplication | None:
    """What a new application begins with, and whose photo it may keep: the newest of what this applicant asked for and
    of what is on file. What another applicant sent and nobody accepted is none of it."""
    same = Q(institution=institution) if institution else Q(institution__isnull=True)
    return FileApplication.objects.filter(same | Q(file__isnull=False), person=person).first()


def applications_seen(viewer: Viewer) -> QuerySet[FileApplication]:
    """Of people who teach in the viewer's regions, each with its `turn`: first `applications_waiting`, then those that
    wait for somebody else, the longest first; then what was decided, the last first."""
    turn = Case(
        When(pk__in=applications_waiting(viewer).values("pk"), then=Value(MINE)),
        When(state=FileState.WAITING, then=Value(OTHERS)),
        default=Value(DECIDED),
        output_field=IntegerField(),
    )
    return (
        FileApplication.objects.filter(_taught_below(viewer))
        .exclude(state=FileState.TAKEN_BACK)
        .annotate(turn=turn)
        .select_related("person", "institution", "applied_by", "decided_by")
        .order_by("turn", "-decided_at", "applied_at", "pk")
    )


def applications_waiting(viewer: Viewer) -> QuerySet[FileApplication]:
    """Those on which this person may decide now. Every number of them that a page or a letter tells is of these."""
    if not isinstance(viewer, User) or not has_role(viewer, Role.AUTHORITY):
        return FileApplication.objects.none()
    beside = Membership.objects.filter(
        person=OuterRef("person"), ended_at__isnull=True, institution__in=institutions_of(viewer)
    )
    waiting = FileApplication.objects.filter(_taught_below(viewer), state=FileState.WAITING)
    return waiting.exclude(Q(person=viewer) | Q(applied_by=viewer) | Exists(beside))


def application_for(viewer: Viewer, uuid: UUID) -> FileApplication:
    """One of `applications_seen`, taken back or not. Raises ApplicationNotFound."""
    people = ("person", "institution", "applied_by", "decided_by")
    return _found(FileApplication.objects.filter(_taught_below(viewer), uuid=uuid).select_related(*people).first())


def application_of_applicant(viewer: Viewer, uuid: UUID) -> FileApplication:
    """For the teacher, who applied and who runs the institution that applied. Raises ApplicationNotFound."""
    found = FileApplication.objects.filter(uuid=uuid).select_related("person", "institution").first()
    is_own = found is not None and isinstance(viewer, User) and viewer.is_active and viewer.pk == found.person_id
    if found is None or not (is_own or may_take_back(viewer, found)):
        raise ApplicationNotFound("no such application")
    return found


def photo_applied_with(viewer: Viewer, uuid: UUID) -> str:
    """Where the photo of an application lies, for all who may read the application. Raises ApplicationNotFound."""
    try:
        found = application_of_applicant(viewer, uuid)
    except ApplicationNotFound:
        found = application_for(viewer, uuid)
    return str(found.photo.name)


def against_deciding(viewer: Viewer, application: FileApplication) -> str | None:
    """Why this person does not decide on it: `own`, `applied`, `not_above`, `works_there`; None when they may."""
    against = against_certifying(viewer, application.person)
    if against != "own" and viewer.pk == application.applied_by_id:
        return "applied"
    return against or None


def _taught_below(viewer: Viewer) -> Q:
    """Of people who are on the viewer's roster now: as `roster.teachers_below`."""
    places = Membership.objects.filter(
        person=OuterRef("person"),
        ended_at__isnull=True,
        institution__kind=InstitutionKind.TRAINING,
        institution__region__in=regions_of(viewer),
    )
    teaches = RoleGrant.objects.filter(person=OuterRef("person"), role=Role.TEACHER, ended_at__isnull=True)
    return Q(Exists(places), Exists(teaches), person__is_active=True)


def _found(application: FileApplication | None) -> FileApplication:
    if application is None:
        raise ApplicationNotFound("no such application")
    return application
