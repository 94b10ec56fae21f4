"""Who may teach on a day, and the teachers whom an authority supervises."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from lms.accounts.models import Role, User
from lms.accounts.queries import Viewer
from lms.institutions.models import Institution, InstitutionKind, Membership, TeacherCertificate
from lms.institutions.queries.bodies import institutions_of, regions_of, supervises
from lms.institutions.rules.certificates import Term, is_valid_on


class TeacherNotFound(LookupError):
    """There is no such teacher, or certificate of theirs, for this viewer: absent and hidden look alike."""


def certified_on(pairs: Collection[tuple[int, date]]) -> set[tuple[int, date]]:
    """Those of these pairs (a person's primary key, a day) with a teacher's certificate that is valid on that day.

    One statement, and none for nobody.
    """
    if not pairs:
        return set()
    own = TeacherCertificate.objects.filter(person__in={person for person, _day in pairs})
    terms = defaultdict(list)
    for person, valid_from, valid_to, revoked_on in own.values_list("person", "valid_from", "valid_to", "revoked_on"):
        terms[person].append(Term(valid_from, valid_to, revoked_on))
    return {(person, day) for person, day in pairs if any(is_valid_on(term, day) for term in terms[person])}


def teachers_below(
    viewer: Viewer, day: date, *, text: str = "", institution: Institution | None = None, without: bool = False
) -> QuerySet[User]:
    """Who teaches now at a training institution of the viewer's regions, by name; all their certificates are loaded
    with them, and where they work (`workplaces`).

    `text` is a part of a name, of a certificate's number or of an institution's name; `without` leaves out those who
    may teach on `day`.
    """
    places = Membership.objects.filter(
        ended_at__isnull=True,
        institution__kind=InstitutionKind.TRAINING,
        institution__region__in=regions_of(viewer),
    )
    own = places.filter(person=OuterRef("pk"))
    if institution is not None:
        own = own.filter(institution=institution)
    found = User.objects.filter(
        Exists(own), role_grants__role=Role.TEACHER, role_grants__ended_at__isnull=True, is_active=True
    )
    if text:
        numbered = TeacherCertificate.objects.filter(person=OuterRef("pk"), number__icontains=text)
        named = own.filter(Q(institution__name_zh__icontains=text) | Q(institution__name_en__icontains=text))
        found = found.filter(Q(real_name__icontains=text) | Exists(numbered) | Exists(named))
    if without:
        valid = Q(valid_from__lte=day, valid_to__gt=day) & (Q(revoked_on__isnull=True) | Q(revoked_on__gt=day))
        found = found.exclude(Exists(TeacherCertificate.objects.filter(valid, person=OuterRef("pk"))))
    return found.prefetch_related(
        Prefetch("teacher_certificates", TeacherCertificate.objects.order_by("-valid_from", "-pk")),
        Prefetch("memberships", places.select_related("institution").order_by("pk"), to_attr="workplaces"),
    ).order_by("real_name", "pk")


def teacher_for(viewer: Viewer, uuid: UUID, day: date) -> User:
    """One of `teachers_below`. Raises TeacherNotFound."""
    found = teachers_below(viewer, day).filter(uuid=uuid).first()
    if found is None:
        raise TeacherNotFound("no such teacher")
    return found


def certificate_for(viewer: Viewer, person: UUID, uuid: UUID, day: date) -> TeacherCertificate:
    """A certificate of one of `teachers_below`. Raises TeacherNotFound."""
    own = TeacherCertificate.objects.filter(person=teacher_for(viewer, person, day)).select_related("person")
    found = own.filter(uuid=uuid).first()
    if found is None:
        raise TeacherNotFound("no such certificate")
    return found


def may_certify(viewer: Viewer, person: User) -> bool:
    """An authority above an institution where the person works, and nobody for themselves."""
    is_own = isinstance(viewer, User) and viewer.pk == person.pk
    works_at = institutions_of(person).select_related("region")
    return not is_own and any(supervises(viewer, each.region) for each in works_at)
