"""A learner's refusals are read in the order in which they were written; by time, PostgreSQL read everybody's."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('hours', '0009_versions_of_clocks'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='refusal',
            name='refusals_of_a_learner',
        ),
        migrations.AddIndex(
            model_name='refusal',
            index=models.Index(fields=['learner', '-id'], name='refusals_of_a_learner'),
        ),
    ]
