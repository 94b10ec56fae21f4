"""Claimed hours take time as attended ones do, and carry the names of the claimant and of who reviewed the claim.

The ledger is the largest table: its rows are held against the new rules in the next migration, while it is written on.
"""

from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('courses', '0003_catalogue'),
        ('enrollments', '0006_continuing_education'),
        ('hours', '0013_attended_hours_taken_back'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='entry',
            name='credit_takes_time',
        ),
        migrations.AlterField(
            model_name='entry',
            name='sort',
            field=models.CharField(choices=[('credit', 'Studied'), ('confirm', 'Confirmed'), ('void', 'Voided'), ('attendance', 'Attended'), ('claim', 'Claimed and reviewed'), ('correction', 'Corrected')], max_length=10),
        ),
        AddConstraintNotValid(
            model_name='entry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('from_at__isnull', False), ('sort__in', ['credit', 'attendance', 'claim']), ('to_at__gt', models.F('from_at'))), models.Q(models.Q(('sort__in', ['credit', 'attendance', 'claim']), _negated=True), ('from_at__isnull', True), ('to_at__isnull', True)), ('sort', 'correction'), _connector='OR'), name='credit_takes_time'),
        ),
        AddConstraintNotValid(
            model_name='entry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('sort', 'claim'), _negated=True), models.Q(('confirmed_delta_ms', models.F('ms')), ('kind__in', ['classroom', 'workshop']), ('lesson_version__isnull', True), ('posted_by__isnull', False), ('proposed_by', models.F('learner')), ('proposed_by__isnull', False), ('provisional_delta_ms', 0), models.Q(('posted_by', models.F('learner')), _negated=True)), _connector='OR'), name='claimed_hours_are_reviewed_by_another'),
        ),
    ]
