"""Who may teach on a day, and who may say so. The roster itself is in lms.teachers."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date

from django.db.models import Q

from lms.accounts.models import User
from lms.accounts.queries import Viewer
from lms.institutions.models import TeacherCertificate
from lms.institutions.queries.bodies import institutions_of, supervises
from lms.institutions.rules.certificates import is_valid_on


def valid_on(day: date) -> Q:
    """Certificates by which somebody may teach on that day: `rules.certificates.is_valid_on`, for PostgreSQL."""
    return Q(valid_from__lte=day, valid_to__gt=day) & (Q(revoked_on__isnull=True) | Q(revoked_on__gt=day))


def certified_on(pairs: Collection[tuple[int, date]]) -> set[tuple[int, date]]:
    """Those of these pairs (a person's primary key, a day) with a teacher's certificate that is valid on that day.

    One statement, and none for nobody.
    """
    if not pairs:
        return set()
    terms = defaultdict(list)
    for each in TeacherCertificate.objects.filter(person__in={person for person, _day in pairs}):
        terms[each.person_id].append(each.term)
    return {(person, day) for person, day in pairs if any(is_valid_on(term, day) for term in terms[person])}


def may_certify(viewer: Viewer, person: User) -> bool:
    """An authority above an institution where the person works, nobody for themselves and nobody for a colleague."""
    return not against_certifying(viewer, person)


def against_certifying(viewer: Viewer, person: User) -> str:
    """Why this viewer decides nothing about a teacher: `own`, `not_above` or `works_there` (somewhere both work now);
    "" when they may."""
    if isinstance(viewer, User) and viewer.pk == person.pk:
        return "own"
    works_at = institutions_of(person)
    if not any(supervises(viewer, each.region) for each in works_at.select_related("region")):
        return "not_above"
    return "works_there" if works_at.filter(pk__in=institutions_of(viewer).order_by().values("pk")).exists() else ""
