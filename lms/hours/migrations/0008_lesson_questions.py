"""Questions that editors write on a page of their own: each has a lasting id, and can be retired.

Rows made before get their ids here, one each.
"""

import uuid
from typing import Any

from django.db import migrations, models


def give_ids(apps: Any, schema_editor: Any) -> None:
    question = apps.get_model("hours", "LessonQuestion")
    for pk in question.objects.filter(uuid=None).values_list("pk", flat=True):
        question.objects.filter(pk=pk).update(uuid=uuid.uuid4())


class Migration(migrations.Migration):

    dependencies = [
        ("hours", "0007_late_beats_and_tolerance"),
    ]

    operations = [
        migrations.AddField(
            model_name='lessonquestion',
            name='uuid',
            field=models.UUIDField(null=True, editable=False),
        ),
        migrations.RunPython(give_ids, migrations.RunPython.noop),
        migrations.AlterField(
            model_name='lessonquestion',
            name='uuid',
            field=models.UUIDField(default=uuid.uuid4, editable=False, unique=True),
        ),
        migrations.AddField(
            model_name='lessonquestion',
            name='retired_at',
            field=models.DateTimeField(null=True),
        ),
    ]
