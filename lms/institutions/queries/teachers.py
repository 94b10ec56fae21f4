"""Who may teach on a day, and who may say so. The roster itself is in lms.teachers."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date

from lms.accounts.models import User
from lms.accounts.queries import Viewer
from lms.institutions.models import TeacherCertificate
from lms.institutions.queries.bodies import institutions_of, supervises
from lms.institutions.rules.certificates import Term, is_valid_on


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


def may_certify(viewer: Viewer, person: User) -> bool:
    """An authority above an institution where the person works, and nobody for themselves."""
    is_own = isinstance(viewer, User) and viewer.pk == person.pk
    works_at = institutions_of(person).select_related("region")
    return not is_own and any(supervises(viewer, each.region) for each in works_at)
