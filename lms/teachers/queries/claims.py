"""Reading claims and their evidence: the claimant's own, and those of the regions where the viewer is the authority.

Who may not see a claim is told what is told of no claim.
"""

from datetime import datetime
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from lms.accounts.models import User
from lms.accounts.queries import Viewer
from lms.enrollments.models import Enrollment
from lms.hours.models import Entry, EntrySort
from lms.hours.queries.appeals import taken_within
from lms.hours.queries.clocks import ms_of
from lms.institutions.models import Membership
from lms.institutions.queries import regions_of, supervises
from lms.teachers.models import Claim, ClaimState, EducationYear, Evidence

PARTS = (
    "person",
    "module",
    "education_year__region",
    "education_year__training_class__syllabus_version",
    "decided_by",
    "entry",
)
STANDING = [ClaimState.WAITING, ClaimState.ACCEPTED]


class ClaimNotFound(LookupError):
    """There is no such claim, or file of one, for this viewer: absent and hidden look alike."""


def own_claims(person: User, education_year: EducationYear | None = None) -> QuerySet[Claim]:
    """The person's claims with their files, the last made first; of one year, or of all."""
    found = _claims().filter(person=person).prefetch_related("evidence").order_by("-claimed_at", "-pk")
    return found if education_year is None else found.filter(education_year=education_year)


def own_claim(person: User, uuid: UUID) -> Claim:
    """A claim of the person's own; ClaimNotFound otherwise."""
    return _found(own_claims(person).filter(uuid=uuid).first())


def claims_for(viewer: Viewer) -> QuerySet[Claim]:
    """Claims to the years of the viewer's regions, each with `files`: those that wait, the oldest first, then those
    that were decided, the last first. Those that were taken back are the claimant's own affair.
    """
    found = _claims().filter(education_year__region__in=regions_of(viewer)).exclude(state=ClaimState.TAKEN_BACK)
    return found.annotate(files=Count("evidence")).order_by(F("decided_at").desc(nulls_first=True), "claimed_at", "pk")


def claims_waiting(viewer: Viewer) -> QuerySet[Claim]:
    """Of `claims_for` those that wait for this viewer's decision: without their own and their colleagues'."""
    found = claims_for(viewer).filter(state=ClaimState.WAITING)
    if not isinstance(viewer, User):
        return found.none()
    return found.exclude(person=viewer).filter(~_is_of_a_colleague(viewer))


def claim_for(viewer: Viewer, uuid: UUID) -> Claim:
    """The claim, for the claimant and the authority above; ClaimNotFound otherwise."""
    own = Q(person=viewer.pk) if isinstance(viewer, User) and viewer.is_active else Q(pk__in=[])
    seen = own | Q(education_year__region__in=regions_of(viewer)) & ~Q(state=ClaimState.TAKEN_BACK)
    return _found(_claims().filter(seen, uuid=uuid).prefetch_related("evidence").first())


def evidence_for(viewer: Viewer, uuid: UUID) -> Evidence:
    """A file of a claim that the viewer may see; ClaimNotFound otherwise."""
    file = Evidence.objects.filter(uuid=uuid).select_related("claim").first()
    if file is None:
        raise ClaimNotFound("no such file")
    claim_for(viewer, file.claim.uuid)
    return file


def may_decide_claim(person: Viewer, claim: Claim) -> bool:
    """An authority of the year's region or above, who is not the claimant and no colleague of theirs, neither now nor
    when it was claimed. PostgreSQL asks the same (`xueshi_may_review`).
    """
    return (
        isinstance(person, User)
        and person.is_active
        and person.pk != claim.person_id
        and supervises(person, claim.education_year.region)
        and not Claim.objects.filter(_is_of_a_colleague(person), pk=claim.pk).exists()
    )


def is_taken(person: User, from_at: datetime, to_at: datetime) -> bool:
    """Whether other hours of the person, or another claim that stands, have any of this time."""
    own = Claim.objects.filter(person=person, state__in=STANDING, from_at__lt=to_at, to_at__gt=from_at)
    return own.exists() or bool(taken_within(person, (ms_of(from_at), ms_of(to_at))))


def enrollment_of(claim: Claim) -> Enrollment:
    """Under which the claimant earns in the claim's year: making the claim made it."""
    return Enrollment.objects.get(learner_id=claim.person_id, training_class_id=claim.education_year.training_class_id)


def claim_faults(learner_id: int) -> list[str]:
    """Where a learner's claimed hours and their claims differ; none if all agree."""
    posted = {each.uuid: each for each in Entry.objects.filter(learner=learner_id, sort=EntrySort.CLAIM)}
    accepted = {each.uuid: each for each in Claim.objects.filter(person=learner_id, state=ClaimState.ACCEPTED)}
    faults = [
        f"entry {posted[each].number} is claimed and rests on no accepted claim"
        for each in sorted(posted.keys() - accepted.keys())
    ]
    faults += [f"claim {each} is accepted and has no entry" for each in sorted(accepted.keys() - posted.keys())]
    for uuid in sorted(posted.keys() & accepted.keys()):
        entry, claim = posted[uuid], accepted[uuid]
        told = (claim.entry_id, claim.module_id, claim.kind, claim.from_at, claim.to_at, claim.decided_by_id)
        if told != (entry.pk, entry.module_id, entry.kind, entry.from_at, entry.to_at, entry.posted_by_id):
            faults.append(f"entry {entry.number} says something else than its claim {uuid}")
    return faults


def _claims() -> QuerySet[Claim]:
    return Claim.objects.select_related(*PARTS)


def _is_of_a_colleague(person: User) -> Exists:
    """Of a claim: the claimant works for an institution that the person works for; each now, or when it was claimed."""
    mine = Membership.objects.filter(_works(OuterRef(OuterRef("claimed_at"))), person=person)
    shared = Exists(mine.filter(institution=OuterRef("institution")))
    theirs = Membership.objects.filter(_works(OuterRef("claimed_at")), shared, person=OuterRef("person"))
    return Exists(theirs)


def _works(at: OuterRef) -> Q:
    return Q(ended_at__isnull=True) | Q(started_at__lte=at, ended_at__gt=at)


def _found(row: Claim | None) -> Claim:
    if row is None:
        raise ClaimNotFound("no such claim")
    return row
