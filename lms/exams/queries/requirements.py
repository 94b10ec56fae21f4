"""Which requirements a class is judged by, who may read and enact them, and what a new set would change."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from lms.accounts.models import Role, User
from lms.accounts.queries import Viewer, has_role
from lms.enrollments.models import ClassState, Enrollment, EnrollmentState, Syllabus, TrainingClass
from lms.enrollments.rules.syllabus_changes import UNREPORTED
from lms.exams.models import HeldCertificate, RequirementSet
from lms.exams.rules.requirement_changes import Change, Coming, changes, coming
from lms.exams.rules.requirements import Enacted, Requirements, in_force, sets_in_force, speaks_of
from lms.institutions.models import Region
from lms.institutions.queries import institutions_of, regions_of, supervises

CLASSES_SHOWN_MAX = 20


@dataclass(frozen=True, slots=True)
class Asked:
    """What classes of a place are asked when they are reported today, the sets that ask it, what comes, and every set
    that ever spoke of them, newest first."""

    asks: Requirements | None
    sets: Sequence[RequirementSet]
    coming: Sequence[Coming]
    history: Sequence[RequirementSet]


@dataclass(frozen=True, slots=True)
class Touched:
    """Classes to come and running ones of a place, as a set that begins on a day would find them."""

    unreported: int
    unreported_learners: int
    begin_before: int
    shown: Sequence[TrainingClass]
    reported: int
    reported_learners: int


@dataclass(frozen=True, slots=True)
class Preview:
    """`before` and `after` are what is asked on the first day of the new set without and with it."""

    before: Requirements | None
    after: Requirements | None
    changes: Sequence[Change]
    touched: Touched


def enacted_for(syllabus: Syllabus) -> list[Enacted]:
    """All sets that could speak of this syllabus, in one statement: few rows, whatever the province has."""
    return [enacted_form(each) for each in _sets() if each.syllabus_id in (None, syllabus.pk)]


def held_on(pairs: Collection[tuple[int, date]], syllabus: Syllabus) -> set[tuple[int, date]]:
    """Those of these pairs (a learner's primary key, a day) with a certificate of the syllabus' trade valid that day.

    One statement, and none for nobody.
    """
    if not pairs:
        return set()
    own = HeldCertificate.objects.filter(
        learner__in={learner for learner, _day in pairs}, category=syllabus.category, trade=syllabus.trade
    )
    terms = defaultdict(list)
    for learner, issued_on, expires_on in own.values_list("learner", "issued_on", "expires_on"):
        terms[learner].append((issued_on, expires_on))
    return {(learner, day) for learner, day in pairs if any(first <= day <= last for first, last in terms[learner])}


def may_enact(viewer: Viewer, region: Region | None) -> bool:
    """For its region and those below the authority; for everywhere (None) an administrator only. Whoever works for an
    institution does not enact what it is judged by."""
    if has_role(viewer, Role.ADMINISTRATOR):
        return True
    return region is not None and _judges_nobody_near(viewer) and supervises(viewer, region)


def enacting_regions(viewer: Viewer) -> QuerySet[Region]:
    """Where the viewer may enact; none for who may nowhere."""
    if has_role(viewer, Role.ADMINISTRATOR) or _judges_nobody_near(viewer):
        return regions_of(viewer)
    return Region.objects.none()


def regions_to_read(viewer: User) -> QuerySet[Region]:
    """Whose requirements concern the viewer, the widest first: what an authority supervises, where staff and examiners
    work, and where a learner's classes are. They are no secret; this is where one begins to look."""
    reach = Q(pk__in=regions_of(viewer)) | Q(institutions__in=institutions_of(viewer))
    own = Enrollment.objects.filter(learner=viewer, state=EnrollmentState.ACTIVE)
    reach |= Q(pk__in=own.values("training_class__institution__region"))
    return Region.objects.filter(reach).distinct().order_by("code")


def asked_in(syllabus: Syllabus | None, region: Region | None, today: date) -> Asked:
    """For classes of a syllabus in a region; None: of a syllabus that no set names, of a region that has none of its
    own. One statement."""
    rows = list(_sets())
    enacted = [enacted_form(each) for each in rows]
    code, place = _codes(syllabus, region)
    by_number = {each.number: each for each in rows}
    return Asked(
        asks=in_force(enacted, code, place, today),
        sets=[by_number[each.number] for each in sets_in_force(enacted, code, place, today)],
        coming=coming(enacted, code, place, today),
        history=[by_number[each.number] for each in reversed(enacted) if speaks_of(each, code, place)],
    )


def preview(
    viewer: Viewer,
    syllabus: Syllabus | None,
    region: Region | None,
    asks: Requirements,
    first: date,
    last: date | None,
) -> Preview:
    """What a set that is not enacted yet would change for classes of the viewer's regions. A handful of statements."""
    code, place = _codes(syllabus, region)
    enacted = [enacted_form(each) for each in _sets()]
    number = max((each.number for each in enacted), default=0) + 1
    new = Enacted(code, place, number, first, last, asks)
    before = in_force(enacted, code, place, first)
    after = in_force([*enacted, new], code, place, first)
    return Preview(before, after, changes(before, after), _touched(viewer, syllabus, region, first))


def set_written(uuid: UUID) -> RequirementSet | None:
    """The set with the uuid that a page made for it, if it was enacted."""
    return RequirementSet.objects.select_related("syllabus", "region").filter(uuid=uuid).first()


def enacted_form(row: RequirementSet) -> Enacted:
    """As the rules take it; the row's syllabus and region must be loaded with it."""
    return Enacted(
        syllabus=row.syllabus.code if row.syllabus else "",
        region=row.region.code if row.region else "",
        number=row.number,
        in_force_from=row.in_force_from,
        in_force_to=row.in_force_to,
        asks=Requirements(
            mark=str(row.number),
            classroom_percent=row.classroom_percent,
            reported_class=row.reported_class,
            certified_teachers=row.certified_teachers,
            institution_in_order=row.institution_in_order,
            verified_identity=row.verified_identity,
            earlier_certificate=row.earlier_certificate,
        ),
    )


def _sets() -> QuerySet[RequirementSet]:
    return RequirementSet.objects.select_related("region", "syllabus").order_by("number")


def _codes(syllabus: Syllabus | None, region: Region | None) -> tuple[str, str]:
    return syllabus.code if syllabus else "", region.code if region else ""


def _judges_nobody_near(viewer: Viewer) -> bool:
    return isinstance(viewer, User) and not institutions_of(viewer).exists()


def _touched(viewer: Viewer, syllabus: Syllabus | None, region: Region | None, first: date) -> Touched:
    classes = TrainingClass.objects.filter(
        institution__region__in=regions_of(viewer),
        institution__region__code__startswith=region.code if region else "",
    ).exclude(state=ClassState.ENDED)
    if syllabus is not None:
        classes = classes.filter(syllabus_version__syllabus=syllabus)
    is_unreported = Q(state__in=UNREPORTED)
    counted = classes.aggregate(
        unreported=Count("pk", filter=is_unreported),
        begin_before=Count("pk", filter=is_unreported & Q(starts_on__lt=first)),
        reported=Count("pk", filter=~is_unreported),
    )
    learners = Enrollment.objects.filter(
        state=EnrollmentState.ACTIVE, training_class__in=classes.values("pk")
    ).aggregate(
        unreported=Count("pk", filter=Q(training_class__state__in=UNREPORTED)),
        reported=Count("pk", filter=~Q(training_class__state__in=UNREPORTED)),
    )
    shown = classes.filter(is_unreported).select_related("institution", "syllabus_version__syllabus")
    return Touched(
        unreported=counted["unreported"],
        unreported_learners=learners["unreported"],
        begin_before=counted["begin_before"],
        shown=list(shown.order_by("starts_on", "pk")[:CLASSES_SHOWN_MAX]),
        reported=counted["reported"],
        reported_learners=learners["reported"],
    )
