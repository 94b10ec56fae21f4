"""Every entry that there is obeys the rules of the last migration; nobody waits for that to be seen."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('hours', '0014_claimed_hours'),
    ]

    operations = [
        ValidateConstraint(model_name='entry', name='credit_takes_time'),
        ValidateConstraint(model_name='entry', name='claimed_hours_are_reviewed_by_another'),
    ]
