"""Whose figures somebody may see: staff and teachers those of where they work, an authority its region and below.

An administrator sees all of them. Who may not see is told what is told of nothing.
"""

from typing import TypeVar
from uuid import UUID

from django.db.models import Q

from lms.accounts.models import Role
from lms.accounts.queries import Viewer, roles_of
from lms.enrollments.models import TrainingClass
from lms.institutions.models import Institution, InstitutionKind, Region
from lms.institutions.queries import institutions_of, regions_of

Row = TypeVar("Row", Region, Institution, TrainingClass)

WORKERS = frozenset({Role.INSTITUTION.value, Role.TEACHER.value})


class FiguresNotFound(LookupError):
    """There is no such class, institution or region for this viewer: absent and hidden look alike."""


def workplaces_of(viewer: Viewer) -> list[Institution]:
    """Training institutions that the viewer runs or teaches at now."""
    if not roles_of(viewer) & WORKERS:
        return []
    return list(institutions_of(viewer).filter(kind=InstitutionKind.TRAINING).select_related("region"))


def highest_region_of(viewer: Viewer) -> Region | None:
    """Where an authority begins to look: the widest region of its posts; the first of all for an administrator."""
    codes = sorted(regions_of(viewer).values_list("code", flat=True), key=lambda code: (len(code), code))
    return Region.objects.get(code=codes[0]) if codes else None


def region_seen(viewer: Viewer, code: str) -> Region:
    """The region, for the authority of it or above; FiguresNotFound otherwise."""
    return _found(regions_of(viewer).filter(code=code).first())


def institution_seen(viewer: Viewer, uuid: UUID) -> Institution:
    """The training institution, for who works there or supervises it; FiguresNotFound otherwise."""
    training = Institution.objects.filter(kind=InstitutionKind.TRAINING).select_related("region")
    return _found(training.filter(_places(viewer, institution="pk", region="region"), uuid=uuid).first())


def class_seen(viewer: Viewer, uuid: UUID) -> TrainingClass:
    """The class, for who works for its institution or supervises it; FiguresNotFound otherwise."""
    classes = TrainingClass.objects.select_related("institution__region", "syllabus_version__syllabus")
    places = _places(viewer, institution="institution", region="institution__region")
    return _found(classes.filter(places, uuid=uuid).first())


def _places(viewer: Viewer, *, institution: str, region: str) -> Q:
    """The viewer's places, by the names under which a query reaches them."""
    places = Q(**{f"{region}__in": regions_of(viewer)})
    if roles_of(viewer) & WORKERS:
        places |= Q(**{f"{institution}__in": institutions_of(viewer)})
    return places


def _found(row: Row | None) -> Row:
    if row is None:
        raise FiguresNotFound("no such figures")
    return row
