"""Decisions are signed from now on; those of the first rule have no signature."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('exams', '0004_withdrawn_seats'),
    ]

    operations = [
        migrations.AddField(
            model_name='decision',
            name='signature',
            field=models.TextField(blank=True),
        ),
    ]
