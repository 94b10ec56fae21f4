"""The roster of teachers: whom an authority supervises and an institution employs, with files and certificates; and
what anybody may look up."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Case, CharField, Count, Exists, OuterRef, Prefetch, Q, QuerySet, Value, When

from lms.accounts.models import Role, User
from lms.accounts.queries import Viewer, has_role
from lms.institutions.models import Institution, InstitutionKind, Membership, Region, TeacherCertificate
from lms.institutions.queries import institutions_of, regions_of, valid_on
from lms.institutions.rules.certificates import Term
from lms.teachers.rules.roster import LAPSING

FOUND_MAX = 20
"""A stranger who finds more of one name is asked for the number."""
ROWS_PER_PIECE = 500

ALL, WITHOUT, SOON, UNFILED = "", "without", "lapsing", "unfiled"
SHOWN = (ALL, WITHOUT, SOON, UNFILED)


class TeacherNotFound(LookupError):
    """There is no such teacher, or certificate or photo of theirs, for this viewer: absent and hidden look alike."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which teachers: `text` is a part of a name, of a certificate's number or of an institution's name; `region` a
    code, with all below; `show` one of SHOWN: those who may not teach today, whose certificate runs out within 90 days,
    who have no file."""

    text: str = ""
    institution: Institution | None = None
    region: str = ""
    trade: str = ""
    show: str = ALL


@dataclass(frozen=True, slots=True)
class RosterFigures:
    """How many teach, may teach today, lapse within 90 days, and have a file."""

    teachers: int
    valid: int
    lapsing: int
    filed: int

    @property
    def without(self) -> int:
        """Who may not teach today."""
        return self.teachers - self.valid

    @property
    def unfiled(self) -> int:
        """Who has no file."""
        return self.teachers - self.filed


@dataclass(frozen=True, slots=True)
class RegionFigures:
    """Of the teachers in one part of a region. Who works in two parts is counted in both."""

    teachers: int
    valid: int
    lapsing: int


def teachers_below(viewer: Viewer, day: date, asked: Asked | None = None) -> QuerySet[User]:
    """Who teaches now at a training institution of the viewer's regions, by name. All their certificates and their file
    are loaded with them, and where they work (`workplaces`): everywhere, for a roster is shared."""
    asked = asked or Asked()
    places = _places().filter(institution__region__in=regions_of(viewer))
    if asked.region:
        places = places.filter(institution__region__code__startswith=asked.region)
    return _shown(_teachers_at(places, asked), day, asked.show)


def figures_below(viewer: Viewer, day: date, asked: Asked) -> RosterFigures:
    """Of the teachers of `teachers_below`, whatever `asked.show` says. One query."""
    places = _places().filter(institution__region__in=regions_of(viewer))
    if asked.region:
        places = places.filter(institution__region__code__startswith=asked.region)
    counted = (
        _teachers_at(places, asked)
        .annotate(is_valid=_certified(day), will_be=_certified(day + LAPSING))
        .aggregate(
            teachers=Count("pk"),
            valid=Count("pk", filter=Q(is_valid=True)),
            lapsing=Count("pk", filter=Q(is_valid=True, will_be=False)),
            filed=Count("pk", filter=Q(teacher_file__isnull=False)),
        )
    )
    return RosterFigures(**counted)


def figures_by_region(viewer: Viewer, day: date, asked: Asked, codes: Collection[str]) -> dict[str, RegionFigures]:
    """As `figures_below`, by these regions with all below; where one lies in another, the wider one has the rest. One
    query."""
    places = _places().filter(institution__region__in=regions_of(viewer))
    if asked.region:
        places = places.filter(institution__region__code__startswith=asked.region)
    if asked.institution is not None:
        places = places.filter(institution=asked.institution)
    valid = _certified(day, "person")
    # The first that fits is taken: the narrowest.
    narrowest = sorted(codes, key=len, reverse=True)
    parts = [When(institution__region__code__startswith=each, then=Value(each)) for each in narrowest]
    rows = (
        places.filter(person__in=_teachers_at(places, asked))
        .annotate(part=Case(*parts, output_field=CharField()))
        .filter(part__isnull=False)
        .values("part")
        .annotate(
            teachers=Count("person", distinct=True),
            valid=Count("person", distinct=True, filter=Q(valid)),
            lapsing=Count("person", distinct=True, filter=Q(valid, ~_certified(day + LAPSING, "person"))),
        )
    )
    return {row["part"]: RegionFigures(row["teachers"], row["valid"], row["lapsing"]) for row in rows}


def rows_of(teachers: QuerySet[User]) -> Iterator[User]:
    """Piece by piece, for a file of any length."""
    return teachers.iterator(chunk_size=ROWS_PER_PIECE)


def terms_of(person: User) -> list[Term]:
    """Of all certificates that were loaded with the person."""
    return [each.term for each in person.teacher_certificates.all()]


def institution_below(viewer: Viewer, uuid: UUID) -> Institution | None:
    """A training institution of the viewer's regions."""
    below = Institution.objects.filter(kind=InstitutionKind.TRAINING, region__in=regions_of(viewer))
    return below.filter(uuid=uuid).first()


def region_below(viewer: Viewer, code: str) -> Region | None:
    """A region of the viewer's, by its code."""
    return regions_of(viewer).filter(code=code).first()


def teacher_for(viewer: Viewer, uuid: UUID, day: date) -> User:
    """One of `teachers_below`. Raises TeacherNotFound."""
    return _found(teachers_below(viewer, day).filter(uuid=uuid).first())


def certificate_for(viewer: Viewer, person: UUID, uuid: UUID, day: date) -> TeacherCertificate:
    """A certificate of one of `teachers_below`. Raises TeacherNotFound."""
    own = TeacherCertificate.objects.filter(person=teacher_for(viewer, person, day)).select_related("person")
    found = own.filter(uuid=uuid).first()
    if found is None:
        raise TeacherNotFound("no such certificate")
    return found


def employers(viewer: Viewer) -> QuerySet[Institution]:
    """The training institutions that the viewer runs."""
    if not has_role(viewer, Role.INSTITUTION):
        return Institution.objects.none()
    return institutions_of(viewer).filter(kind=InstitutionKind.TRAINING)


def teachers_employed(viewer: Viewer) -> QuerySet[User]:
    """Who teaches at an institution that the viewer runs, loaded as `teachers_below`."""
    return _loaded(_teachers_at(_places().filter(institution__in=employers(viewer)), Asked()))


def teacher_employed(viewer: Viewer, uuid: UUID) -> User:
    """One of `teachers_employed`. Raises TeacherNotFound."""
    return _found(teachers_employed(viewer).filter(uuid=uuid).first())


def oneself(viewer: Viewer) -> User:
    """The viewer, loaded as `teachers_below`. Raises TeacherNotFound for who does not teach."""
    if not isinstance(viewer, User) or not has_role(viewer, Role.TEACHER):
        raise TeacherNotFound("no such teacher")
    return _found(_loaded(User.objects.filter(pk=viewer.pk)).first())


def valid_teachers(words: str, day: date) -> list[User]:
    """For anybody: who may teach on that day and has exactly this name, or holds a certificate of exactly this number;
    FOUND_MAX + 1 of them at most, with valid certificates alone, the longest first."""
    valid = TeacherCertificate.objects.filter(valid_on(day))
    own = valid.filter(person=OuterRef("pk"))
    found = _teaching().filter(Q(real_name__iexact=words) | Exists(own.filter(number=words)), Exists(own))
    return list(_loaded(found, valid.order_by("-valid_to", "pk"))[: FOUND_MAX + 1])


def photo_of(viewer: Viewer, uuid: UUID, day: date) -> str:
    """Where the photo of a teacher's file lies: for the teacher, who employs them and who supervises them.

    Raises TeacherNotFound.
    """
    is_own = isinstance(viewer, User) and viewer.uuid == uuid
    if is_own:
        person: User | None = User.objects.filter(uuid=uuid, is_active=True).first()
    else:
        person = teachers_employed(viewer).filter(uuid=uuid).first()
        person = person or teachers_below(viewer, day).filter(uuid=uuid).first()
    if person is None or not hasattr(person, "teacher_file"):
        raise TeacherNotFound("no such photo")
    return str(person.teacher_file.application.photo.name)


def _teaching() -> QuerySet[User]:
    return User.objects.filter(role_grants__role=Role.TEACHER, role_grants__ended_at__isnull=True, is_active=True)


def _places() -> QuerySet[Membership]:
    return Membership.objects.filter(ended_at__isnull=True, institution__kind=InstitutionKind.TRAINING)


def _teachers_at(places: QuerySet[Membership], asked: Asked) -> QuerySet[User]:
    own = places.filter(person=OuterRef("pk"))
    if asked.institution is not None:
        own = own.filter(institution=asked.institution)
    found = _teaching().filter(Exists(own))
    if asked.text:
        numbered = TeacherCertificate.objects.filter(person=OuterRef("pk"), number__icontains=asked.text)
        named = own.filter(
            Q(institution__name_zh__icontains=asked.text) | Q(institution__name_en__icontains=asked.text)
        )
        found = found.filter(Q(real_name__icontains=asked.text) | Exists(numbered) | Exists(named))
    if asked.trade:
        found = found.filter(teacher_file__application__trades__contains=[asked.trade])
    return found


def _shown(teachers: QuerySet[User], day: date, show: str) -> QuerySet[User]:
    if show == WITHOUT:
        teachers = teachers.filter(~_certified(day))
    elif show == SOON:
        teachers = teachers.filter(_certified(day), ~_certified(day + LAPSING))
    elif show == UNFILED:
        teachers = teachers.filter(teacher_file__isnull=True)
    return _loaded(teachers)


def _certified(day: date, person: str = "pk") -> Exists:
    return Exists(TeacherCertificate.objects.filter(valid_on(day), person=OuterRef(person)))


def _loaded(teachers: QuerySet[User], certificates: QuerySet[TeacherCertificate] | None = None) -> QuerySet[User]:
    shown = TeacherCertificate.objects.order_by("-valid_from", "-pk") if certificates is None else certificates
    everywhere = _places().select_related("institution__region").order_by("pk")
    return (
        teachers.select_related("teacher_file__application")
        .prefetch_related(
            Prefetch("teacher_certificates", shown),
            Prefetch("memberships", everywhere, to_attr="workplaces"),
        )
        .order_by("real_name", "pk")
    )


def _found(person: User | None) -> User:
    if person is None:
        raise TeacherNotFound("no such teacher")
    return person
