"""What the tests of courses build with: moments, uuids, sections, assets."""

import uuid
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from media_pipeline.models import Asset

AT = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
LESSON_UUID = uuid.UUID("11111111-0000-4000-8000-000000000001")
CHAPTER_UUID = uuid.UUID("11111111-0000-4000-8000-000000000002")


def section(heading: str, *texts: str) -> dict[str, Any]:
    return {"heading": heading, "content": [{"type": "text", "value": f"<p>{text}</p>"} for text in texts]}


def an_asset(**fields: Any) -> Asset:
    values = {"title": "触电急救", "source_name": "a.mp4", "bytes": 1, "sha256": "0" * 64, "uploaded_at": AT}
    return Asset.objects.create(**{**values, "woken_at": AT, **fields})


def a_chapter(title: str, *, slug: str) -> Any:
    """The page of a published chapter that belongs to no institution."""
    from courses.actions.pages import create_centre, create_chapter, create_textbook, publish

    centre = create_centre(by=None, at=AT, slug="centre", title="培训中心")
    book = create_textbook(by=None, at=AT, parent=centre, slug="book", title="教材")
    for page in (centre, book):
        publish(by=None, at=AT, page=page)
    chapter = create_chapter(
        by=None, at=AT, parent=book, uuid=uuid4(), slug=slug, title=title, sections=[section("一", title)]
    )
    publish(by=None, at=AT, page=chapter)
    return chapter


def everywhere(*page_rights: str) -> Any:
    """A group with these rights on the whole tree and the whole library; what people get is smaller (a shelf)."""
    from django.contrib.auth.models import Group, Permission
    from wagtail.models import Collection, GroupCollectionPermission, GroupPagePermission, Page

    group = Group.objects.create(name=f"everywhere {' '.join(page_rights)}")
    group.permissions.add(Permission.objects.get(codename="access_admin"))
    root, library = Page.objects.get(depth=1), Collection.get_first_root_node()
    for right in page_rights:
        permission = Permission.objects.get(content_type__app_label="wagtailcore", codename=f"{right}_page")
        GroupPagePermission.objects.create(group=group, page=root, permission=permission)
    for app, codename in (
        ("wagtailimages", "add_image"),
        ("wagtailimages", "change_image"),
        ("media_pipeline", "add_asset"),
        ("media_pipeline", "change_asset"),
    ):
        permission = Permission.objects.get(content_type__app_label=app, codename=codename)
        GroupCollectionPermission.objects.create(group=group, collection=library, permission=permission)
    return group
