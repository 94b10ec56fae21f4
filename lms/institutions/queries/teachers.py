"""Who may teach on a day."""

from collections.abc import Collection
from datetime import date

from django.db.models import Q

from lms.institutions.models import TeacherCertificate


def certified_among(people: Collection[int], day: date) -> set[int]:
    """Those of these people (primary keys) who hold a teacher's certificate on that day."""
    valid = Q(valid_from__lte=day, valid_to__gt=day) & (Q(revoked_on__isnull=True) | Q(revoked_on__gt=day))
    return set(TeacherCertificate.objects.filter(valid, person__in=people).values_list("person", flat=True))
