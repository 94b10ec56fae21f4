"""The two groups of everybody lose their rights on the whole tree, and the whole tree gets the committee's workflow.

Editors and reviewers keep the door of the content administration. What staff may write comes from their institution's
shelf; what goes live passes the review. Reviews that Wagtail's own workflow had begun are cancelled: their drafts stay.
"""

from typing import Any

from django.db import migrations

GROUPS = ("Editors", "Moderators")
WORKFLOW = "教材编审委员会审定"
TASK = "独立审定"


def take_rights(apps: Any, schema_editor: Any) -> None:
    for model in ("GroupPagePermission", "GroupCollectionPermission"):
        apps.get_model("wagtailcore", model).objects.filter(group__name__in=GROUPS).delete()
    videos = apps.get_model("auth", "Permission").objects.filter(content_type__app_label="media_pipeline")
    for group in apps.get_model("auth", "Group").objects.filter(name__in=GROUPS):
        group.permissions.remove(*videos)


def put_committee_in_place(apps: Any, schema_editor: Any) -> None:
    kind, _made = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="institutions", model="reviewtask"
    )
    core = {name: apps.get_model("wagtailcore", name).objects for name in CORE}
    core["WorkflowState"].filter(status__in=["in_progress", "needs_changes"]).update(status="cancelled")
    core["TaskState"].filter(status="in_progress").update(status="cancelled")
    core["WorkflowPage"].all().delete()
    core["Workflow"].update(active=False)
    core["Task"].update(active=False)
    task = apps.get_model("institutions", "ReviewTask").objects.create(name=TASK, active=True, content_type=kind)
    workflow = core["Workflow"].create(name=WORKFLOW, active=True)
    core["WorkflowTask"].create(workflow=workflow, task_id=task.pk, sort_order=0)
    core["WorkflowPage"].create(workflow=workflow, page=core["Page"].get(depth=1))


CORE = ("WorkflowState", "TaskState", "WorkflowPage", "Workflow", "Task", "WorkflowTask", "Page")


class Migration(migrations.Migration):
    dependencies = [
        ("institutions", "0002_shelves_offers_reviews"),
        ("courses", "0003_catalogue"),
        ("wagtailimages", "0027_image_description"),
        ("wagtaildocs", "0014_alter_document_file_size"),
    ]
    operations = [
        migrations.RunPython(take_rights, migrations.RunPython.noop),
        migrations.RunPython(put_committee_in_place, migrations.RunPython.noop),
    ]
