"""What was delivered to each session, and since when it holds the lease.

A session that holds a lease while this runs got its keys before they were written down: its whole lesson counts as
delivered, so that nobody who studies at that moment loses a window.
"""

import django.utils.timezone
import lms.hours.models.ranges
from django.db import migrations, models


CARRY_OVER = """
UPDATE hours_studysession SET leased_at = opened_at;
UPDATE hours_studysession SET
    lead_ms = courses_lessonversion.duration_ms,
    delivered = int8multirange(int8range(0, courses_lessonversion.duration_ms))
FROM hours_studyclock, enrollments_classlesson, courses_lessonversion
WHERE hours_studyclock.session_id = hours_studysession.id
    AND enrollments_classlesson.id = hours_studysession.class_lesson_id
    AND courses_lessonversion.id = enrollments_classlesson.lesson_version_id;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("courses", "0003_catalogue"),
        ("enrollments", "0002_frozen_rules"),
        ("hours", "0004_appeals"),
    ]

    operations = [
        migrations.AddField(
            model_name="studysession",
            name="delivered",
            field=lms.hours.models.ranges.MultirangeField(default=list),
        ),
        migrations.AddField(
            model_name="studysession",
            name="lead_ms",
            field=models.PositiveBigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="studysession",
            name="leased_at",
            field=models.DateTimeField(default=django.utils.timezone.now),
            preserve_default=False,
        ),
        migrations.RunSQL(CARRY_OVER, migrations.RunSQL.noop),
    ]
