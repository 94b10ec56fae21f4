"""Presence checks: what was asked and judged, what comes due on the clock row, what a failed check takes back to.

Before this, every end of a session confirmed all that it had earned; so all entries up to a learner's last confirmation
are settled, and all coverage is.
"""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import lms.hours.models.ranges

CREATE = """
ALTER TABLE hours_lessonquestion ADD CONSTRAINT a_question_has_its_answer CHECK (
    jsonb_typeof(options) = 'array' AND jsonb_typeof(options_en) = 'array'
    AND jsonb_array_length(options) BETWEEN 2 AND 6
    AND jsonb_array_length(options_en) IN (0, jsonb_array_length(options))
    AND "right" < jsonb_array_length(options)
);

CREATE FUNCTION xueshi_refuse_rejudging() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.outcome = '' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'presence check % is kept as it was judged', OLD.uuid
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER hours_presencecheck_judged_once BEFORE UPDATE OR DELETE ON hours_presencecheck
    FOR EACH ROW EXECUTE FUNCTION xueshi_refuse_rejudging();

UPDATE hours_lessoncoverage SET settled = covered;
ALTER TABLE hours_lessoncoverage ADD CONSTRAINT settled_coverage_stays CHECK (settled <@ covered);

UPDATE hours_studyclock SET settled_number = coalesce(
    (SELECT max(number) FROM hours_entry WHERE hours_entry.learner_id = hours_studyclock.learner_id AND sort = 'confirm'),
    0
);
"""

DROP = """
ALTER TABLE hours_lessoncoverage DROP CONSTRAINT settled_coverage_stays;
DROP TRIGGER hours_presencecheck_judged_once ON hours_presencecheck;
DROP FUNCTION xueshi_refuse_rejudging();
ALTER TABLE hours_lessonquestion DROP CONSTRAINT a_question_has_its_answer;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('courses', '0003_catalogue'),
        ('hours', '0002_the_database_is_the_judge'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CheckPolicy',
            fields=[
                ('learner', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='check_policy', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('extra_time', models.BooleanField(default=False)),
            ],
        ),
        migrations.AddField(
            model_name='lessoncoverage',
            name='settled',
            field=lms.hours.models.ranges.MultirangeField(default=list),
        ),
        migrations.AddField(
            model_name='studyclock',
            name='check_in_ms',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='studyclock',
            name='settled_number',
            field=models.PositiveBigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='studyclock',
            name='unproven_ms',
            field=models.PositiveBigIntegerField(default=0),
        ),
        migrations.CreateModel(
            name='LessonQuestion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_ms', models.PositiveBigIntegerField()),
                ('prompt', models.CharField(max_length=300)),
                ('prompt_en', models.CharField(blank=True, max_length=300)),
                ('options', models.JSONField()),
                ('options_en', models.JSONField(default=list)),
                ('right', models.PositiveSmallIntegerField()),
                ('lesson_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='courses.lessonversion')),
            ],
        ),
        migrations.CreateModel(
            name='PresenceCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('method', models.CharField(max_length=20)),
                ('prompt', models.JSONField()),
                ('options', models.JSONField()),
                ('right', models.PositiveSmallIntegerField()),
                ('within_ms', models.PositiveIntegerField()),
                ('asked_at', models.DateTimeField()),
                ('deadline_at', models.DateTimeField()),
                ('outcome', models.CharField(blank=True, choices=[('', 'Waiting for an answer'), ('check_passed', 'Presence question answered'), ('check_failed', 'Presence question answered wrongly'), ('check_unanswered', 'Presence question not answered in time')], default='', max_length=20)),
                ('judged_at', models.DateTimeField(null=True)),
                ('choice', models.PositiveSmallIntegerField(null=True)),
                ('ms', models.PositiveBigIntegerField(default=0)),
                ('learner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('question', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='hours.lessonquestion')),
                ('session', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='hours.studysession')),
            ],
        ),
        migrations.AddField(
            model_name='studyclock',
            name='pending_check',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='hours.presencecheck'),
        ),
        migrations.AddIndex(
            model_name='presencecheck',
            index=models.Index(condition=models.Q(('outcome', '')), fields=['deadline_at'], name='checks_that_wait'),
        ),
        migrations.AddConstraint(
            model_name='presencecheck',
            constraint=models.UniqueConstraint(condition=models.Q(('outcome', '')), fields=('learner',), name='one_check_waits'),
        ),
        migrations.AddConstraint(
            model_name='presencecheck',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('judged_at__isnull', True), ('outcome', '')), models.Q(models.Q(('outcome', ''), _negated=True), ('judged_at__isnull', False)), _connector='OR'), name='a_judged_check_says_when'),
        ),
        migrations.RunSQL(CREATE, DROP),
    ]
