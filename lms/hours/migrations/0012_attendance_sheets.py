"""Sheets, presences and proposed hours of classrooms and workshops, and whose names attended hours carry.

PostgreSQL holds that none of it is deleted, that what was said does not change, and that what is over stays so. Hours
that staff entered by themselves before stay in the ledger as they are: the new rule on entries is for new ones.
"""

import django.db.models.deletion
import uuid
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

CREATE = """
CREATE FUNCTION xueshi_attendance_moves() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    open_columns text[] := string_to_array(TG_ARGV[0], ',');
    is_over boolean := to_jsonb(OLD) -> TG_ARGV[1] NOT IN ('null'::jsonb, '"proposed"'::jsonb, '""'::jsonb);
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION '% is never deleted from', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    IF is_over THEN
        RAISE EXCEPTION 'row % of % is over', OLD.id, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    IF to_jsonb(OLD) - open_columns <> to_jsonb(NEW) - open_columns THEN
        RAISE EXCEPTION 'what was said in % does not change', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER hours_attendancesheet_moves BEFORE UPDATE OR DELETE ON hours_attendancesheet
    FOR EACH ROW EXECUTE FUNCTION xueshi_attendance_moves('closed_at,closed_by_id', 'closed_at');
CREATE TRIGGER hours_presence_moves BEFORE UPDATE OR DELETE ON hours_presence
    FOR EACH ROW EXECUTE FUNCTION xueshi_attendance_moves('out_at,out_device,ended_at,credited_ms', 'ended_at');
CREATE TRIGGER hours_attendanceproposal_moves BEFORE UPDATE OR DELETE ON hours_attendanceproposal
    FOR EACH ROW EXECUTE FUNCTION xueshi_attendance_moves('state,decided_at,decided_by_id,decided_reason', 'state');
CREATE TRIGGER hours_proposedlearner_entry_moves BEFORE UPDATE OR DELETE ON hours_proposedlearner
    FOR EACH ROW EXECUTE FUNCTION xueshi_attendance_moves('entry_id,refused', 'entry_id');
CREATE TRIGGER hours_proposedlearner_refused_moves BEFORE UPDATE OR DELETE ON hours_proposedlearner
    FOR EACH ROW EXECUTE FUNCTION xueshi_attendance_moves('entry_id,refused', 'refused');
"""

DROP = """
DROP TRIGGER hours_proposedlearner_refused_moves ON hours_proposedlearner;
DROP TRIGGER hours_proposedlearner_entry_moves ON hours_proposedlearner;
DROP TRIGGER hours_attendanceproposal_moves ON hours_attendanceproposal;
DROP TRIGGER hours_presence_moves ON hours_presence;
DROP TRIGGER hours_attendancesheet_moves ON hours_attendancesheet;
DROP FUNCTION xueshi_attendance_moves();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('courses', '0003_catalogue'),
        ('enrollments', '0002_frozen_rules'),
        ('hours', '0011_balances_of_a_learner'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='AttendanceProposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('kind', models.CharField(choices=[('online', 'Online'), ('classroom', 'Classroom'), ('workshop', 'Workshop')], max_length=10)),
                ('from_at', models.DateTimeField()),
                ('to_at', models.DateTimeField()),
                ('reason', models.CharField(max_length=200)),
                ('evidence', models.CharField(blank=True, max_length=1000)),
                ('state', models.CharField(choices=[('proposed', 'Waiting for the authority'), ('accepted', 'Hours accepted'), ('rejected', 'Hours rejected')], default='proposed', max_length=10)),
                ('proposed_at', models.DateTimeField()),
                ('decided_at', models.DateTimeField(null=True)),
                ('decided_reason', models.CharField(blank=True, max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name='AttendanceSheet',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('kind', models.CharField(choices=[('online', 'Online'), ('classroom', 'Classroom'), ('workshop', 'Workshop')], max_length=10)),
                ('from_at', models.DateTimeField()),
                ('to_at', models.DateTimeField()),
                ('place', models.CharField(max_length=120)),
                ('secret', models.BinaryField(max_length=32)),
                ('opened_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Presence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('in_at', models.DateTimeField()),
                ('in_device', models.CharField(max_length=64)),
                ('out_at', models.DateTimeField(null=True)),
                ('out_device', models.CharField(blank=True, max_length=64)),
                ('ended_at', models.DateTimeField(null=True)),
                ('credited_ms', models.PositiveBigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='ProposedLearner',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('refused', models.CharField(blank=True, max_length=20)),
            ],
        ),
        AddConstraintNotValid(
            model_name='entry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('sort', 'attendance'), _negated=True), models.Q(('posted_by', models.F('learner')), ('posted_by__isnull', False), ('proposed_by__isnull', True)), models.Q(('posted_by__isnull', False), ('proposed_by__isnull', False), models.Q(('posted_by', models.F('proposed_by')), _negated=True), models.Q(('posted_by', models.F('learner')), _negated=True), models.Q(('proposed_by', models.F('learner')), _negated=True)), _connector='OR'), name='attended_hours_need_the_learner_or_two_names'),
        ),
        migrations.AddField(
            model_name='attendanceproposal',
            name='decided_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='attendanceproposal',
            name='module',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='enrollments.module'),
        ),
        migrations.AddField(
            model_name='attendanceproposal',
            name='proposed_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='attendanceproposal',
            name='training_class',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='enrollments.trainingclass'),
        ),
        migrations.AddField(
            model_name='attendancesheet',
            name='closed_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='attendancesheet',
            name='module',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='enrollments.module'),
        ),
        migrations.AddField(
            model_name='attendancesheet',
            name='opened_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='attendancesheet',
            name='training_class',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='enrollments.trainingclass'),
        ),
        migrations.AddField(
            model_name='attendanceproposal',
            name='sheet',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='proposals', to='hours.attendancesheet'),
        ),
        migrations.AddField(
            model_name='presence',
            name='enrollment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='enrollments.enrollment'),
        ),
        migrations.AddField(
            model_name='presence',
            name='learner',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='presence',
            name='sheet',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='presences', to='hours.attendancesheet'),
        ),
        migrations.AddField(
            model_name='proposedlearner',
            name='enrollment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='enrollments.enrollment'),
        ),
        migrations.AddField(
            model_name='proposedlearner',
            name='entry',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='hours.entry'),
        ),
        migrations.AddField(
            model_name='proposedlearner',
            name='learner',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='proposedlearner',
            name='proposal',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='learners', to='hours.attendanceproposal'),
        ),
        migrations.AddIndex(
            model_name='attendancesheet',
            index=models.Index(fields=['training_class', '-from_at'], name='sheets_of_a_class'),
        ),
        migrations.AddConstraint(
            model_name='attendancesheet',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['classroom', 'workshop'])), name='a_sheet_is_held_somewhere'),
        ),
        migrations.AddConstraint(
            model_name='attendancesheet',
            constraint=models.CheckConstraint(condition=models.Q(('to_at__gt', models.F('from_at'))), name='a_sheet_ends_after_it_begins'),
        ),
        migrations.AddConstraint(
            model_name='attendancesheet',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', True), ('closed_by__isnull', True)), models.Q(('closed_at__isnull', False), ('closed_by__isnull', False)), _connector='OR'), name='a_closed_sheet_has_a_name'),
        ),
        migrations.AddIndex(
            model_name='attendanceproposal',
            index=models.Index(fields=['training_class', '-proposed_at'], name='proposals_of_a_class'),
        ),
        migrations.AddConstraint(
            model_name='attendanceproposal',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['classroom', 'workshop'])), name='proposed_hours_are_held_somewhere'),
        ),
        migrations.AddConstraint(
            model_name='attendanceproposal',
            constraint=models.CheckConstraint(condition=models.Q(('to_at__gt', models.F('from_at'))), name='proposed_hours_end_after_they_begin'),
        ),
        migrations.AddConstraint(
            model_name='attendanceproposal',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='proposed_hours_have_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='attendanceproposal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('decided_by__isnull', True), ('state', 'proposed')), models.Q(('decided_at__isnull', False), ('decided_by__isnull', False), ('state__in', ['accepted', 'rejected']), models.Q(('decided_reason', ''), _negated=True)), _connector='OR'), name='decided_hours_have_a_name_and_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='attendanceproposal',
            constraint=models.CheckConstraint(condition=models.Q(('decided_by__isnull', True), models.Q(('decided_by', models.F('proposed_by')), _negated=True), _connector='OR'), name='nobody_decides_on_hours_they_proposed'),
        ),
        migrations.AddIndex(
            model_name='presence',
            index=models.Index(fields=['learner', '-in_at'], name='presences_of_a_learner'),
        ),
        migrations.AddConstraint(
            model_name='presence',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('learner',), name='one_live_presence_of_a_learner'),
        ),
        migrations.AddConstraint(
            model_name='presence',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('credited_ms', 0), ('out_at__isnull', True)), models.Q(('ended_at', models.F('out_at')), ('out_at__gte', models.F('in_at')), ('out_at__isnull', False)), _connector='OR'), name='only_a_signed_out_presence_earns'),
        ),
        migrations.AddConstraint(
            model_name='proposedlearner',
            constraint=models.UniqueConstraint(fields=('proposal', 'learner'), name='a_learner_once_in_a_proposal'),
        ),
        migrations.AddConstraint(
            model_name='proposedlearner',
            constraint=models.CheckConstraint(condition=models.Q(('entry__isnull', True), ('refused', ''), _connector='OR'), name='hours_are_given_or_refused'),
        ),
        migrations.RunSQL(CREATE, DROP),
    ]
