"""Requirements as dated data: what was asked until now of every class, and all that is asked from 2027 on.

Without a set in force nobody is admitted, so the first one reaches back before the first class.
"""

import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


SETS = """
CREATE TRIGGER exams_requirementset_append_only BEFORE UPDATE OR DELETE ON exams_requirementset
    FOR EACH ROW EXECUTE FUNCTION xueshi_refuse_change();
CREATE TRIGGER exams_heldcertificate_append_only BEFORE UPDATE OR DELETE ON exams_heldcertificate
    FOR EACH ROW EXECUTE FUNCTION xueshi_refuse_change();
INSERT INTO exams_requirementset (uuid, number, in_force_from, classroom_percent, reported_class, certified_teachers,
    institution_in_order, verified_identity, earlier_certificate, source, enacted_at)
VALUES
    ('6d0f4b52-6f3e-4d0b-9b63-0d6f0a3f5a01', 1, '2000-01-01', 0, true, false, true, false, false,
        '班前告知、机构未被暂停', '2026-12-01T00:00:00Z'),
    ('6d0f4b52-6f3e-4d0b-9b63-0d6f0a3f5a02', 2, '2027-01-01', 0, true, true, true, true, true,
        '班前告知、机构未被暂停、持证教师授课、实名核验、复训持证', '2026-12-01T00:00:00Z');
"""
UNDO = """
DROP TRIGGER exams_heldcertificate_append_only ON exams_heldcertificate;
DROP TRIGGER exams_requirementset_append_only ON exams_requirementset;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('enrollments', '0005_lesson_aims'),
        ('exams', '0002_seats_and_decisions'),
        ('institutions', '0005_teacher_certificates'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='HeldCertificate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('category', models.CharField(max_length=60)),
                ('trade', models.CharField(blank=True, max_length=60)),
                ('number', models.CharField(max_length=40)),
                ('issued_on', models.DateField()),
                ('expires_on', models.DateField()),
                ('seen_at', models.DateTimeField()),
                ('learner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='held_certificates', to=settings.AUTH_USER_MODEL)),
                ('seen_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('expires_on__gt', models.F('issued_on'))), name='certificate_expires_after_it_is_issued'), models.UniqueConstraint(fields=('learner', 'category', 'trade', 'number'), name='a_certificate_is_written_once')],
            },
        ),
        migrations.CreateModel(
            name='RequirementSet',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('number', models.PositiveIntegerField(unique=True)),
                ('in_force_from', models.DateField()),
                ('in_force_to', models.DateField(blank=True, null=True)),
                ('classroom_percent', models.PositiveIntegerField(default=0)),
                ('reported_class', models.BooleanField(default=True)),
                ('certified_teachers', models.BooleanField(default=True)),
                ('institution_in_order', models.BooleanField(default=True)),
                ('verified_identity', models.BooleanField(default=True)),
                ('earlier_certificate', models.BooleanField(default=True)),
                ('source', models.CharField(max_length=200)),
                ('enacted_at', models.DateTimeField()),
                ('enacted_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('region', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='institutions.region')),
                ('syllabus', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='enrollments.syllabus')),
            ],
            options={
                'ordering': ['number'],
                'constraints': [models.CheckConstraint(condition=models.Q(('classroom_percent__lte', 100)), name='classroom_share_at_most_all'), models.CheckConstraint(condition=models.Q(('in_force_to__isnull', True), ('in_force_to__gt', models.F('in_force_from')), _connector='OR'), name='requirements_end_after_they_begin')],
            },
        ),
        migrations.RunSQL(SETS, UNDO),
    ]
