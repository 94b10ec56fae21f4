"""Seats that are in doubt, and seats that were taken away again by a decision."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('exams', '0003_requirements'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='registration',
            name='doubted_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='registration',
            name='withdrawal',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='exams.decision'),
        ),
        migrations.AddField(
            model_name='registration',
            name='withdrawn_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name='registration',
            name='state',
            field=models.CharField(choices=[('booked', 'Registered'), ('cancelled', 'Cancelled'), ('withdrawn', 'Seat withdrawn')], default='booked', max_length=10),
        ),
        migrations.AddIndex(
            model_name='registration',
            index=models.Index(condition=models.Q(('doubted_at__isnull', False), ('state', 'booked')), fields=['doubted_at'], name='seats_in_doubt'),
        ),
        migrations.AddConstraint(
            model_name='registration',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'withdrawn'), ('withdrawal__isnull', False), ('withdrawn_at__isnull', False)), models.Q(models.Q(('state', 'withdrawn'), _negated=True), ('withdrawal__isnull', True), ('withdrawn_at__isnull', True)), _connector='OR'), name='a_seat_is_withdrawn_by_a_decision'),
        ),
    ]
