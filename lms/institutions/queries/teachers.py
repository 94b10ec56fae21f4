"""Who may teach on a day."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date

from lms.institutions.models import TeacherCertificate
from lms.institutions.rules.certificates import Term, is_valid_on


def certified_on(pairs: Collection[tuple[int, date]]) -> set[tuple[int, date]]:
    """Those of these pairs (a person's primary key, a day) with a teacher's certificate that is valid on that day.

    One statement, and none for nobody.
    """
    if not pairs:
        return set()
    own = TeacherCertificate.objects.filter(person__in={person for person, _day in pairs})
    terms = defaultdict(list)
    for person, *term in own.values_list("person", "valid_from", "valid_to", "revoked_on"):
        terms[person].append(Term(*term))
    return {(person, day) for person, day in pairs if any(is_valid_on(term, day) for term in terms[person])}
