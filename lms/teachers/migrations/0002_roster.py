"""The roster: files of teachers, and what PostgreSQL holds of them by itself.

* How many years of practice are asked never changes for a day; an application asks as many as were in force on its day,
  and they were over.
* An application says for ever what it said, and is decided or taken back once. Whoever decides is an authority above a
  training institution where the teacher works, and works beside them at none.
* A file is the application of that person that was accepted.
"""

import django.contrib.postgres.fields
import django.db.models.deletion
import media_pipeline.storage
import uuid
from django.conf import settings
from django.db import migrations, models


CREATE = """
CREATE TRIGGER teachers_practiceasked_append_only BEFORE UPDATE OR DELETE ON teachers_practiceasked
    FOR EACH ROW EXECUTE FUNCTION xueshi_refuse_change();
INSERT INTO teachers_practiceasked (in_force_from, years_min, source)
    VALUES ('2016-01-01', 5, '云南 2016、常州 2017：教师从业满五年');

ALTER TABLE teachers_fileapplication ADD CONSTRAINT practised_for_the_years_asked
    CHECK (practising_since + make_interval(years => years_asked) <= applied_on);

CREATE FUNCTION xueshi_may_decide_file(decider bigint, teacher bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
            SELECT 1 FROM accounts_user AS u JOIN accounts_rolegrant AS r ON r.person_id = u.id
            WHERE u.id = decider AND u.is_active AND r.role = 'authority' AND r.ended_at IS NULL
        )
        AND EXISTS (
            SELECT 1 FROM institutions_membership AS work
                JOIN institutions_institution AS there ON there.id = work.institution_id
                JOIN institutions_region AS own ON own.id = there.region_id
                JOIN institutions_authoritypost AS post ON post.person_id = decider AND post.ended_at IS NULL
                JOIN institutions_region AS above ON above.id = post.region_id
            WHERE work.person_id = teacher AND work.ended_at IS NULL AND starts_with(own.code, above.code)
        )
        AND NOT EXISTS (
            SELECT 1 FROM institutions_membership AS theirs
                JOIN institutions_membership AS own ON own.institution_id = theirs.institution_id
            WHERE theirs.person_id = decider AND theirs.ended_at IS NULL
                AND own.person_id = teacher AND own.ended_at IS NULL
        )
$$;

CREATE FUNCTION xueshi_file_step() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    asked smallint;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'an application is never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        SELECT years_min INTO asked FROM teachers_practiceasked
            WHERE in_force_from <= NEW.applied_on ORDER BY in_force_from DESC LIMIT 1;
        IF NEW.state <> 'waiting' OR NEW.years_asked <> coalesce(asked, 0) THEN
            RAISE EXCEPTION 'an application begins by waiting, and asks the practice that is in force'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'a_file_begins_by_waiting';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.state <> 'waiting' OR NEW.state = 'waiting' OR
        (OLD.uuid, OLD.person_id, OLD.institution_id, OLD.trades, OLD.practising_since, OLD.qualifications, OLD.photo,
            OLD.applied_at, OLD.applied_on, OLD.years_asked, OLD.applied_by_id)
        IS DISTINCT FROM
        (NEW.uuid, NEW.person_id, NEW.institution_id, NEW.trades, NEW.practising_since, NEW.qualifications, NEW.photo,
            NEW.applied_at, NEW.applied_on, NEW.years_asked, NEW.applied_by_id)
    THEN
        RAISE EXCEPTION 'an application is decided once, and says for ever what it said'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state IN ('accepted', 'returned') THEN
        -- A membership that is being written is waited for: it locks the person's row.
        PERFORM 1 FROM accounts_user WHERE id IN (NEW.decided_by_id, NEW.person_id) ORDER BY id FOR SHARE;
        IF xueshi_may_decide_file(NEW.decided_by_id, NEW.person_id) IS NOT TRUE THEN
            RAISE EXCEPTION 'person % may not decide on a file of person %', NEW.decided_by_id, NEW.person_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'a_file_is_decided_from_above';
        END IF;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER teachers_fileapplication_step BEFORE INSERT OR UPDATE OR DELETE ON teachers_fileapplication
    FOR EACH ROW EXECUTE FUNCTION xueshi_file_step();

CREATE FUNCTION xueshi_file_was_accepted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM teachers_fileapplication
        WHERE id = NEW.application_id AND person_id = NEW.person_id AND state = 'accepted'
    ) THEN
        RAISE EXCEPTION 'a file is an application of this person that was accepted'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'a_file_was_accepted';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER teachers_teacherfile_accepted BEFORE INSERT OR UPDATE ON teachers_teacherfile
    FOR EACH ROW EXECUTE FUNCTION xueshi_file_was_accepted();
"""
DROP = """
DROP TRIGGER teachers_teacherfile_accepted ON teachers_teacherfile;
DROP FUNCTION xueshi_file_was_accepted();
DROP TRIGGER teachers_fileapplication_step ON teachers_fileapplication;
DROP FUNCTION xueshi_file_step();
DROP FUNCTION xueshi_may_decide_file(bigint, bigint);
DROP TRIGGER teachers_practiceasked_append_only ON teachers_practiceasked;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('institutions', '0006_training_and_examining_apart'),
        ('teachers', '0001_forty_hours'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PracticeAsked',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('in_force_from', models.DateField(unique=True)),
                ('years_min', models.PositiveSmallIntegerField()),
                ('source', models.CharField(max_length=200)),
            ],
            options={
                'verbose_name_plural': 'years of practice asked',
                'ordering': ['in_force_from'],
            },
        ),
        migrations.CreateModel(
            name='FileApplication',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('trades', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), size=None)),
                ('practising_since', models.DateField()),
                ('qualifications', models.TextField(blank=True)),
                ('photo', models.FileField(editable=False, max_length=120, storage=media_pipeline.storage.private_storage, upload_to='')),
                ('state', models.CharField(choices=[('waiting', 'Waiting for the authority'), ('accepted', 'Put on file'), ('returned', 'Returned'), ('taken_back', 'Withdrawn by the applicant')], default='waiting', max_length=10)),
                ('applied_at', models.DateTimeField()),
                ('applied_on', models.DateField()),
                ('years_asked', models.PositiveSmallIntegerField()),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('applied_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('institution', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='file_applications', to='institutions.institution')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='file_applications', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-applied_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='TeacherFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('accepted_at', models.DateTimeField()),
                ('application', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='file', to='teachers.fileapplication')),
                ('person', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='teacher_file', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.AddConstraint(
            model_name='fileapplication',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'waiting')), fields=('person',), name='one_waiting_file_application'),
        ),
        migrations.AddConstraint(
            model_name='fileapplication',
            constraint=models.CheckConstraint(condition=models.Q(('decided_by__isnull', True), models.Q(models.Q(('decided_by', models.F('person')), _negated=True), models.Q(('decided_by', models.F('applied_by')), _negated=True)), _connector='OR'), name='a_file_is_decided_by_another_person'),
        ),
        migrations.AddConstraint(
            model_name='fileapplication',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('decided_by__isnull', True), ('state', 'waiting')), models.Q(('decided_at__isnull', False), ('decided_by__isnull', True), ('state', 'taken_back')), models.Q(('decided_at__isnull', False), ('decided_by__isnull', False), ('state__in', ['accepted', 'returned'])), _connector='OR'), name='a_file_is_decided_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='fileapplication',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'returned'), _negated=True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='a_file_is_returned_with_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='fileapplication',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('applied_by', models.F('person')), ('institution__isnull', True)), models.Q(('institution__isnull', False), models.Q(('applied_by', models.F('person')), _negated=True)), _connector='OR'), name='a_file_is_applied_for_by_oneself_or_an_institution'),
        ),
        migrations.AddConstraint(
            model_name='fileapplication',
            constraint=models.CheckConstraint(condition=models.Q(('trades__len__gt', 0)), name='a_file_names_a_trade'),
        ),
        migrations.AddConstraint(
            model_name='fileapplication',
            constraint=models.CheckConstraint(condition=models.Q(('photo', ''), _negated=True), name='a_file_has_a_photo'),
        ),
        migrations.RunSQL(CREATE, DROP),
    ]
