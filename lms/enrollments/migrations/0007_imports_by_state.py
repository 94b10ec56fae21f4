"""Imports that wait are looked for every half minute and counted at every scrape."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('enrollments', '0006_continuing_education'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='rosterimport',
            index=models.Index(fields=['state'], name='imports_by_state'),
        ),
    ]
