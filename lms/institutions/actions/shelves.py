"""An institution's own part of the content administration: made once, and its group kept equal to its staff.

The group may add and change below its own page and in its own collection, and nothing else; it may publish nothing:
what goes live passes the review committee (lms.institutions.actions.reviews).
"""

from datetime import datetime

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from wagtail.models import Collection, GroupCollectionPermission, GroupPagePermission

from courses.actions.pages import create_centre, publish
from lms.accounts.models import Role, RoleGrant, User
from lms.accounts.queries import Viewer
from lms.audit.actions import record
from lms.institutions.models import Institution, InstitutionKind, InstitutionShelf, Membership
from media_pipeline.models import Asset

PAGE_RIGHTS = ("add_page", "change_page")
COLLECTION_RIGHTS = (
    ("wagtailimages", "add_image"),
    ("wagtailimages", "change_image"),
    ("wagtailimages", "choose_image"),
    ("media_pipeline", "add_asset"),
    ("media_pipeline", "change_asset"),
    ("media_pipeline", "view_asset"),
)


def open_shelf(*, by: Viewer | None, at: datetime, institution: Institution) -> InstitutionShelf | None:
    """The shelf of a training institution, made if need be, with its staff; None for one that examines.

    The caller has checked the right: it is a part of opening an institution.
    """
    if institution.kind != InstitutionKind.TRAINING:
        return None
    with transaction.atomic():
        # Two callers at once would otherwise make two pages.
        Institution.objects.select_for_update(no_key=True).get(pk=institution.pk)
        existing = InstitutionShelf.objects.filter(institution=institution).first()
        if existing is not None:
            return existing
        name = f"institution-{institution.uuid.hex[:12]}"
        page = create_centre(by=None, at=at, slug=name, title=institution.name_zh)
        publish(by=None, at=at, page=page)
        shelf = InstitutionShelf.objects.create(
            institution=institution,
            page=page,
            # A fresh root: treebeard counts children in memory.
            collection=Collection.get_first_root_node().add_child(name=institution.name_zh),
            group=_group(name),
            opened_at=at,
        )
        _give_rights(shelf)
        record(verb="shelf.opened", subject=institution, by=by, at=at, detail={"page": page.pk})
        for person in User.objects.filter(memberships__institution=institution, memberships__ended_at=None):
            keep_shelves_of(at=at, person=person)
        _bring_videos(shelf)
    return shelf


def keep_shelves_of(*, at: datetime, person: User) -> None:
    """The person is in the group of exactly those shelves whose institution they work for with the role of staff."""
    is_staff = RoleGrant.objects.filter(person=person, role=Role.INSTITUTION, ended_at=None).exists()
    open_ones = Membership.objects.filter(person=person, ended_at=None)
    works_for = list(open_ones.values_list("institution_id", flat=True)) if is_staff else []
    wanted = set(Group.objects.filter(shelf__institution__in=works_for))
    held = set(Group.objects.filter(user=person, shelf__isnull=False))
    person.groups.add(*(wanted - held))
    person.groups.remove(*(held - wanted))


def _group(name: str) -> Group:
    group, _made = Group.objects.get_or_create(name=name)
    group.permissions.add(Permission.objects.get(content_type__app_label="wagtailadmin", codename="access_admin"))
    return group


def _give_rights(shelf: InstitutionShelf) -> None:
    for codename in PAGE_RIGHTS:
        GroupPagePermission.objects.create(
            group=shelf.group,
            page=shelf.page.page_ptr,
            permission=Permission.objects.get(content_type__app_label="wagtailcore", codename=codename),
        )
    for app, codename in COLLECTION_RIGHTS:
        GroupCollectionPermission.objects.create(
            group=shelf.group,
            collection=shelf.collection,
            permission=Permission.objects.get(content_type__app_label=app, codename=codename),
        )


def _bring_videos(shelf: InstitutionShelf) -> None:
    """Videos from before there were shelves follow their uploader, if that person works for one institution only."""
    open_ones = Membership.objects.filter(ended_at=None)
    elsewhere = open_ones.exclude(institution=shelf.institution).values("person")
    here = open_ones.filter(institution=shelf.institution).exclude(person__in=elsewhere).values("person")
    root = Collection.get_first_root_node()
    Asset.objects.filter(collection=root, uploaded_by__in=here).update(collection=shelf.collection)
