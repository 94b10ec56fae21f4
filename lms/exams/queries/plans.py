"""Reading sites and plans: the exam institution reads all of its own, the authority above what was proposed to it."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import Case, Count, Exists, IntegerField, OuterRef, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from lms.accounts.models import Role, RoleGrant, User
from lms.accounts.queries import Viewer, has_role
from lms.enrollments.models import ClassState, Enrollment, EnrollmentState
from lms.exams.models import Duty, ExamPlan, Officer, PlanState, Registration, RegistrationState, Room, Site, Sitting
from lms.exams.queries.sittings import examines, with_places
from lms.institutions.models import Institution, InstitutionKind, Membership, Region
from lms.institutions.queries import ever_worked_for, institutions_of, may_see_region, regions_of, supervises

COMING_MAX = 60


class PlanNotFound(LookupError):
    """There is no such plan for this viewer: absent and hidden look alike."""


class SiteNotFound(LookupError):
    """There is no such site for this viewer."""


def offices_of(viewer: Viewer) -> QuerySet[Institution]:
    """The exam institutions for which the viewer acts: examiner, and works there."""
    if not has_role(viewer, Role.EXAMINER):
        return Institution.objects.none()
    return institutions_of(viewer).filter(kind=InstitutionKind.EXAM).select_related("region")


def examiners_of(office: Institution) -> QuerySet[User]:
    """Who may be put on duty there."""
    work = Membership.objects.filter(person=OuterRef("pk"), institution=office, ended_at__isnull=True)
    held = RoleGrant.objects.filter(person=OuterRef("pk"), role=Role.EXAMINER, ended_at__isnull=True)
    return User.objects.filter(Exists(work), Exists(held), is_active=True).order_by("real_name", "pk")


def sites_of(viewer: Viewer) -> QuerySet[Site]:
    """Sites of the viewer's exam institutions, with the seats that their rooms take (`used`)."""
    rooms = Room.objects.filter(site=OuterRef("pk")).order_by().values("site").annotate(all=Sum("seats"))
    return (
        Site.objects.filter(institution__in=offices_of(viewer))
        .select_related("institution")
        .prefetch_related("rooms")
        .annotate(used=Coalesce(Subquery(rooms.values("all")), 0))
        .order_by("institution", "name_zh", "pk")
    )


def site_for(viewer: Viewer, uuid: UUID) -> Site:
    found = sites_of(viewer).filter(uuid=uuid).first()
    if found is None:
        raise SiteNotFound("no such site")
    return found


def plans_of(viewer: Viewer) -> QuerySet[ExamPlan]:
    """Plans of the viewer's exam institutions in any state, newest first."""
    return _with_sizes(ExamPlan.objects.filter(institution__in=offices_of(viewer)))


def plans_seen(viewer: Viewer) -> QuerySet[ExamPlan]:
    """Plans that were proposed to the authority, those that wait first. An administrator reads them too."""
    proposed = ExamPlan.objects.filter(institution__region__in=regions_of(viewer)).exclude(state=PlanState.DRAFT)
    waits = Case(When(state=PlanState.PROPOSED, then=Value(0)), default=Value(1), output_field=IntegerField())
    return _with_sizes(proposed).order_by(waits, "-proposed_at", "-pk")


def plans_waiting(viewer: User) -> QuerySet[ExamPlan]:
    """Plans on which this person may decide now."""
    if not has_role(viewer, Role.AUTHORITY):
        return ExamPlan.objects.none()
    own = Membership.objects.filter(person=viewer).values("institution")
    waiting = plans_seen(viewer).filter(state=PlanState.PROPOSED)
    return waiting.exclude(institution__in=own).exclude(drafted_by=viewer)


def plan_for(viewer: Viewer, uuid: UUID) -> ExamPlan:
    """One's own office's, or one that was proposed to one's authority."""
    people = ("institution__region", "drafted_by", "decided_by")
    found = ExamPlan.objects.select_related(*people).filter(uuid=uuid).first()
    if found is None or not (examines(viewer, found.institution) or _was_shown(viewer, found)):
        raise PlanNotFound("no such plan")
    return found


def against_deciding(viewer: Viewer, plan: ExamPlan) -> str | None:
    """Why this person does not decide on a plan that waits: `not_above`, `worked_there`, `drafted_it`, or None."""
    if not isinstance(viewer, User) or not supervises(viewer, plan.institution.region):
        return "not_above"
    if ever_worked_for(viewer, plan.institution):
        return "worked_there"
    return "drafted_it" if plan.drafted_by_id == viewer.pk else None


def sittings_of(plan: ExamPlan) -> list[Sitting]:
    """By site, room and time, with `booked` and `waiting`."""
    rows = with_places(Sitting.objects.filter(plan=plan))
    return list(rows.order_by("site__name_zh", "site", "room__name_zh", "room", "starts_at", "pk"))


def coming_sittings(viewer: Viewer, since: datetime) -> list[Sitting]:
    """Of published plans of the viewer's offices, soonest first; with seats in doubt and whether there is a chief."""
    doubted = Registration.objects.filter(
        sitting=OuterRef("pk"), state=RegistrationState.BOOKED, doubted_at__isnull=False
    )
    counted = doubted.order_by().values("sitting").annotate(all=Count("pk")).values("all")
    chief = Officer.objects.filter(sitting=OuterRef("pk"), duty=Duty.CHIEF, relieved_at__isnull=True)
    published = Sitting.objects.filter(
        plan__state=PlanState.PUBLISHED, site__institution__in=offices_of(viewer), starts_at__gte=since
    )
    return list(
        with_places(published).annotate(doubted=Coalesce(Subquery(counted), 0), has_chief=Exists(chief))[:COMING_MAX]
    )


def in_training(region: Region, syllabi: Collection[int]) -> dict[int, int]:
    """Learners of the region's institutions in accepted classes, by syllabus: who may want a seat, now or later."""
    found = Enrollment.objects.filter(
        state=EnrollmentState.ACTIVE,
        training_class__state__in=[ClassState.ACCEPTED, ClassState.ENDED],
        training_class__institution__region__code__startswith=region.code,
        training_class__syllabus_version__syllabus__in=syllabi,
    )
    counted = found.order_by().values("training_class__syllabus_version__syllabus")
    rows = counted.annotate(learners=Count("learner", distinct=True))
    return {each["training_class__syllabus_version__syllabus"]: each["learners"] for each in rows}


def _was_shown(viewer: Viewer, plan: ExamPlan) -> bool:
    return plan.state != PlanState.DRAFT and may_see_region(viewer, plan.institution.region)


def _with_sizes(plans: QuerySet[ExamPlan]) -> QuerySet[ExamPlan]:
    """`sizes` sittings and `seats` in them, counted by themselves."""
    own = Sitting.objects.filter(plan=OuterRef("pk")).order_by().values("plan")
    return plans.select_related("institution__region").annotate(
        sizes=Coalesce(Subquery(own.annotate(all=Count("pk")).values("all")), 0),
        seats=Coalesce(Subquery(own.annotate(all=Sum("capacity")).values("all")), 0),
    )
