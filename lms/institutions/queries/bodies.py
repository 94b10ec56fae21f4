"""Reading regions, institutions and who works where. Being allowed is always role *and* place."""

from uuid import UUID

from django.db.models import Q, QuerySet

from lms.accounts.models import Role, RoleGrant, User
from lms.accounts.queries import Viewer, has_role, roles_of
from lms.institutions.models import AuthorityPost, Institution, Membership, Region
from lms.institutions.rules import regions as rules


class InstitutionNotFound(LookupError):
    """There is no such institution for this viewer: absent and hidden look alike."""


def institutions_of(person: Viewer) -> QuerySet[Institution]:
    """Where the person works now, in whatever role; none for a suspended person."""
    if not isinstance(person, User) or not person.is_active:
        return Institution.objects.none()
    # Both conditions in one filter(): they must hold for the same membership.
    return Institution.objects.filter(memberships__person=person, memberships__ended_at__isnull=True).order_by("pk")


def staffs(person: Viewer, institution: Institution) -> bool:
    """May the person act for this institution? A teacher works there too, but does not run it."""
    return has_role(person, Role.INSTITUTION) and institutions_of(person).filter(pk=institution.pk).exists()


def people_running(institution: Institution) -> QuerySet[User]:
    """Who acts for it now: its staff and, where it examines, its examiners. Teachers work there and run nothing."""
    running = RoleGrant.objects.filter(role__in=[Role.INSTITUTION, Role.EXAMINER], ended_at__isnull=True)
    there = Membership.objects.filter(institution=institution, ended_at__isnull=True)
    people = User.objects.filter(is_active=True, pk__in=there.values("person"))
    return people.filter(pk__in=running.values("person"))


def ever_worked_for(person: User, institution: Institution) -> bool:
    """Whoever once worked there is no outsider, also after leaving."""
    return Membership.objects.filter(person=person, institution=institution).exists()


def supervises(person: Viewer, region: Region) -> bool:
    """Does the person act for the authority of this region or of one above? An administrator as such does not."""
    return has_role(person, Role.AUTHORITY) and any(rules.covers(code, region.code) for code in _post_codes(person))


def may_decide_on(person: Viewer, institution: Institution) -> bool:
    """May the person suspend the institution, lift that, and say whose body it is? An authority above it or an
    administrator, and nobody who ever worked there."""
    if not isinstance(person, User) or ever_worked_for(person, institution):
        return False
    return has_role(person, Role.ADMINISTRATOR) or supervises(person, institution.region)


def institution_for(viewer: Viewer, uuid: UUID) -> Institution:
    """One's own institution, one in a region of one's authority, or any for an administrator."""
    found = Institution.objects.select_related("region").filter(uuid=uuid).first()
    if found is None or not _may_open(viewer, found):
        raise InstitutionNotFound("no such institution")
    return found


def regions_of(authority: Viewer) -> QuerySet[Region]:
    """The regions that the person supervises, with all below; every region for an administrator."""
    roles = roles_of(authority)
    if Role.ADMINISTRATOR in roles:
        return Region.objects.order_by("code")
    codes = _post_codes(authority) if Role.AUTHORITY in roles else []
    # An empty Q() would match every region.
    if not codes:
        return Region.objects.none()
    reach = Q()
    for code in codes:
        reach |= Q(code__startswith=code)
    return Region.objects.filter(reach).order_by("code")


def may_see_region(person: Viewer, region: Region) -> bool:
    roles = roles_of(person)
    if Role.ADMINISTRATOR in roles:
        return True
    return Role.AUTHORITY in roles and any(rules.covers(code, region.code) for code in _post_codes(person))


def _may_open(viewer: Viewer, institution: Institution) -> bool:
    return institutions_of(viewer).filter(pk=institution.pk).exists() or may_see_region(viewer, institution.region)


def _post_codes(person: Viewer) -> list[str]:
    if not isinstance(person, User):
        return []
    posts = AuthorityPost.objects.filter(person=person, ended_at__isnull=True)
    return list(posts.values_list("region__code", flat=True))
