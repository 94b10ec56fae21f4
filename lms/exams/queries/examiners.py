"""The examiners 考评员 whom an authority supervises, beside the roster of teachers: who examines does not train.

Somebody works on one side at a time (trigger), and nobody is on duty at an exam of people whom an institution trained
where they ever worked (`actions.sittings`). Here it is seen.
"""

from datetime import date, datetime

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from lms.accounts.models import Role, User
from lms.accounts.queries import Viewer
from lms.exams.models import Officer
from lms.institutions.models import InstitutionKind, Membership, TeacherCertificate
from lms.institutions.queries import regions_of, valid_on


def examiners_below(viewer: Viewer, at: datetime, day: date, *, text: str = "") -> QuerySet[User]:
    """Who examines now for an exam institution of the viewer's regions, by name. Loaded with them are where they work
    (`offices`) and their duties to come, soonest first (`coming`); `may_teach` tells a teacher's certificate valid on
    `day`. `text` is a part of a name or of an institution's name."""
    places = Membership.objects.filter(
        ended_at__isnull=True, institution__kind=InstitutionKind.EXAM, institution__region__in=regions_of(viewer)
    )
    own = places.filter(person=OuterRef("pk"))
    found = User.objects.filter(
        Exists(own), role_grants__role=Role.EXAMINER, role_grants__ended_at__isnull=True, is_active=True
    )
    if text:
        named = own.filter(Q(institution__name_zh__icontains=text) | Q(institution__name_en__icontains=text))
        found = found.filter(Q(real_name__icontains=text) | Exists(named))
    certified = TeacherCertificate.objects.filter(valid_on(day), person=OuterRef("pk"))
    on_duty = Officer.objects.filter(
        relieved_at__isnull=True, sitting__cancelled_at__isnull=True, sitting__starts_at__gte=at
    )
    return (
        found.annotate(may_teach=Exists(certified))
        .prefetch_related(
            Prefetch("memberships", places.select_related("institution").order_by("pk"), to_attr="offices"),
            Prefetch(
                "exam_duties",
                on_duty.select_related("sitting__site").order_by("sitting__starts_at", "pk"),
                to_attr="coming",
            ),
        )
        .order_by("real_name", "pk")
    )
