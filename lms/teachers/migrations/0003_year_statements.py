"""Statements of teachers' years; what was issued never changes."""

import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


CREATE = """
CREATE TRIGGER teachers_yearstatement_append_only BEFORE UPDATE OR DELETE ON teachers_yearstatement
    FOR EACH ROW EXECUTE FUNCTION xueshi_refuse_change();
"""
DROP = """
DROP TRIGGER teachers_yearstatement_append_only ON teachers_yearstatement;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('teachers', '0002_roster'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='YearStatement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('code', models.CharField(max_length=20, unique=True)),
                ('facts', models.JSONField()),
                ('issued_at', models.DateTimeField()),
                ('digest', models.CharField(max_length=64)),
                ('signature', models.TextField()),
                ('education_year', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='teachers.educationyear')),
                ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['person', 'education_year', '-issued_at'], name='statements_of_a_teacher')],
                'constraints': [models.CheckConstraint(condition=models.Q(('code__regex', '^[A-Z2-7]{20}$'), ('digest__regex', '^[0-9a-f]{64}$'), models.Q(('signature', ''), _negated=True)), name='a_statement_is_signed_and_has_a_code')],
            },
        ),
        migrations.RunSQL(CREATE, DROP),
    ]
