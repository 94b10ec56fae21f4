"""Documents and their revocations. What was issued is never changed; a new edition only follows a revoked one."""

import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


CREATE = """
CREATE FUNCTION xueshi_document_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.edition > 1 THEN
        PERFORM 1 FROM oversight_document d JOIN oversight_revocation r ON r.document_id = d.id
            WHERE d.enrollment_id = NEW.enrollment_id AND d.kind = NEW.kind AND d.edition = NEW.edition - 1;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'edition % does not follow a revoked one', NEW.edition
                USING ERRCODE = 'check_violation', CONSTRAINT = 'edition_follows_a_revoked_one';
        END IF;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER oversight_document_follows BEFORE INSERT ON oversight_document
    FOR EACH ROW EXECUTE FUNCTION xueshi_document_follows();
CREATE TRIGGER oversight_document_append_only BEFORE UPDATE OR DELETE ON oversight_document
    FOR EACH ROW EXECUTE FUNCTION xueshi_refuse_change();
CREATE TRIGGER oversight_revocation_append_only BEFORE UPDATE OR DELETE ON oversight_revocation
    FOR EACH ROW EXECUTE FUNCTION xueshi_refuse_change();
"""

DROP = """
DROP TRIGGER oversight_revocation_append_only ON oversight_revocation;
DROP TRIGGER oversight_document_append_only ON oversight_document;
DROP TRIGGER oversight_document_follows ON oversight_document;
DROP FUNCTION xueshi_document_follows();
"""


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('audit', '0002_append_only'),
        ('enrollments', '0002_frozen_rules'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Document',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('kind', models.CharField(choices=[('certificate', 'Certificate of training completed'), ('record_card', 'Training record card')], max_length=12)),
                ('edition', models.PositiveIntegerField(default=1)),
                ('region_code', models.CharField(max_length=12)),
                ('year', models.PositiveIntegerField()),
                ('serial', models.PositiveIntegerField()),
                ('number', models.CharField(max_length=30, unique=True)),
                ('code', models.CharField(max_length=20, unique=True)),
                ('issued_at', models.DateTimeField()),
                ('snapshot', models.JSONField()),
                ('entries_to', models.PositiveBigIntegerField()),
                ('digest', models.CharField(max_length=64)),
                ('enrollment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='documents', to='enrollments.enrollment')),
                ('issued_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='DocumentSeries',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('region_code', models.CharField(max_length=12)),
                ('year', models.PositiveIntegerField()),
                ('last_serial', models.PositiveIntegerField(default=0)),
            ],
            options={
                'verbose_name_plural': 'document series',
                'constraints': [models.UniqueConstraint(fields=('region_code', 'year'), name='one_series_per_region_and_year')],
            },
        ),
        migrations.CreateModel(
            name='Revocation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('revoked_at', models.DateTimeField()),
                ('reason', models.CharField(max_length=200)),
                ('document', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='revocation', to='oversight.document')),
                ('revoked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.AddConstraint(
            model_name='document',
            constraint=models.UniqueConstraint(fields=('enrollment', 'kind', 'edition'), name='one_document_per_edition'),
        ),
        migrations.AddConstraint(
            model_name='document',
            constraint=models.UniqueConstraint(fields=('region_code', 'year', 'serial'), name='one_document_per_serial'),
        ),
        migrations.AddConstraint(
            model_name='document',
            constraint=models.CheckConstraint(condition=models.Q(('edition__gte', 1), ('serial__gte', 1)), name='documents_count_from_one'),
        ),
        migrations.AddConstraint(
            model_name='revocation',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='revoked_with_a_reason'),
        ),
        migrations.RunSQL(CREATE, DROP),
    ]
