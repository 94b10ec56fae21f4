"""Turn Wagtail's welcome page into the catalogue, and let those who edit pages upload videos for them.

The page keeps its place and the site that points at it. A tree that somebody has changed already is left alone.
"""

from typing import Any

from django.db import migrations

TITLE = "课程与教材"
EDITING_GROUPS = ("Editors", "Moderators")
VIDEO_RIGHTS = ("add", "change", "view")


def open_catalogue(apps: Any, schema_editor: Any) -> None:
    content_types = apps.get_model("contenttypes", "ContentType").objects
    plain_page, _made = content_types.get_or_create(app_label="wagtailcore", model="page")
    welcome = apps.get_model("wagtailcore", "Page").objects.filter(content_type=plain_page, slug="home", depth=2)
    page = welcome.filter(numchild=0).first()
    if page is None:
        return
    own_type, _made = content_types.get_or_create(app_label="courses", model="cataloguepage")
    page.content_type_id, page.title, page.draft_title = own_type.pk, TITLE, TITLE
    page.save()
    catalogue = apps.get_model("courses", "CataloguePage")(page_ptr_id=page.pk)
    # Raw: only the row of the child table; the page itself is there.
    catalogue.save_base(raw=True)


def let_editors_upload(apps: Any, schema_editor: Any) -> None:
    asset_type, _made = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="media_pipeline", model="asset"
    )
    permissions = apps.get_model("auth", "Permission").objects
    rights = [
        permissions.get_or_create(
            content_type=asset_type, codename=f"{right}_asset", defaults={"name": f"Can {right} video"}
        )[0]
        for right in VIDEO_RIGHTS
    ]
    for group in apps.get_model("auth", "Group").objects.filter(name__in=EDITING_GROUPS):
        group.permissions.add(*rights)


class Migration(migrations.Migration):
    dependencies = [
        ("courses", "0002_versions_stay"),
        ("media_pipeline", "0002_published_stays"),
        ("wagtailcore", "0097_baselogentry_uuid_action_timestamp_indexes"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]
    operations = [
        migrations.RunPython(open_catalogue, migrations.RunPython.noop),
        migrations.RunPython(let_editors_upload, migrations.RunPython.noop),
    ]
