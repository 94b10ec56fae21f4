"""Attended hours are taken back as they are given: proposed by one, decided by another, and PostgreSQL asks for both.

What was voided before stays in the ledger as it is: the new rule on entries is for new ones.
"""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('hours', '0012_attendance_sheets'),
    ]

    operations = [
        migrations.AddField(
            model_name='attendanceproposal',
            name='effect',
            field=models.CharField(choices=[('give', 'Hours to be counted'), ('take', 'Hours to be taken back')], default='give', max_length=4),
        ),
        migrations.AddConstraint(
            model_name='attendanceproposal',
            constraint=models.CheckConstraint(condition=models.Q(('effect__in', ['give', 'take'])), name='proposed_hours_have_an_effect'),
        ),
        AddConstraintNotValid(
            model_name='entry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('confirmed_delta_ms__lt', 0), ('sort', 'void'), _negated=True), models.Q(('posted_by__isnull', False), ('proposed_by__isnull', False), models.Q(('posted_by', models.F('proposed_by')), _negated=True), models.Q(('posted_by', models.F('learner')), _negated=True), models.Q(('proposed_by', models.F('learner')), _negated=True)), _connector='OR'), name='confirmed_hours_are_voided_by_two'),
        ),
    ]
