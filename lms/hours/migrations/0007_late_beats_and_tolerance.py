"""When a lease was given, how late its first beat may be, and what the learner used of the hour's tolerance.

Beats change none of the columns of the index: their updates stay HOT.
"""

from django.db import migrations, models

LEASED = """
UPDATE hours_studyclock SET leased_at = hours_studysession.opened_at
    FROM hours_studysession WHERE hours_studysession.id = hours_studyclock.session_id;
"""


class Migration(migrations.Migration):

    dependencies = [("hours", "0005_delivery")]

    operations = [
        migrations.AddField(model_name="studyclock", name="leased_at", field=models.DateTimeField(null=True)),
        migrations.AddField(model_name="studyclock", name="late_ms", field=models.PositiveIntegerField(default=0)),
        migrations.AddField(model_name="studyclock", name="ahead_from", field=models.DateTimeField(null=True)),
        migrations.AddField(model_name="studyclock", name="ahead_ms", field=models.PositiveIntegerField(default=0)),
        migrations.AddIndex(
            model_name="studyclock",
            index=models.Index(
                fields=["learner"], name="clocks_with_a_lease", condition=models.Q(("session__isnull", False))
            ),
        ),
        migrations.RunSQL(LEASED, migrations.RunSQL.noop),
    ]
