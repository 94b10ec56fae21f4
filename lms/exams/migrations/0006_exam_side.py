"""Rooms, plans that are proposed, approved and published, duties, the waiting list and who was let in.

Sittings that there are already come into a published plan of their institution and into one room of their site.
"""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models

BACKFILL = """
INSERT INTO exams_room (uuid, site_id, name_zh, name_en, seats, opened_at)
    SELECT gen_random_uuid(), id, '考场', 'Exam room', seats, now() FROM exams_site;
INSERT INTO exams_examplan (uuid, institution_id, title_zh, title_en, state, drafted_at, reason, published_at)
    SELECT gen_random_uuid(), institution_id, '已有考试安排', 'Exams arranged before', 'published', now(), '', now()
    FROM (SELECT DISTINCT institution_id FROM exams_site WHERE id IN (SELECT site_id FROM exams_sitting)) AS offices;
UPDATE exams_sitting AS s SET room_id = r.id, plan_id = p.id,
        taken = tstzrange(s.starts_at, s.starts_at + make_interval(mins => s.minutes))
    FROM exams_room AS r JOIN exams_site AS at ON at.id = r.site_id
        JOIN exams_examplan AS p ON p.institution_id = at.institution_id
    WHERE r.site_id = s.site_id;
UPDATE exams_registration AS g SET syllabus_id = s.syllabus_id, examined = s.taken,
        held = tstzrange(g.booked_at, upper(s.taken))
    FROM exams_sitting AS s WHERE s.id = g.sitting_id;
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('enrollments', '0005_lesson_aims'),
        ('exams', '0005_signed_decisions'),
        ('institutions', '0006_training_and_examining_apart'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Admission',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('admitted_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='ExamPlan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('title_zh', models.CharField(max_length=120)),
                ('title_en', models.CharField(blank=True, max_length=120)),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('proposed', 'Proposed'), ('returned', 'Returned'), ('approved', 'Approved'), ('published', 'Published')], default='draft', max_length=10)),
                ('drafted_at', models.DateTimeField()),
                ('proposed_at', models.DateTimeField(blank=True, null=True)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('published_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['-drafted_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='Officer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('duty', models.CharField(choices=[('chief', 'Chief examiner'), ('invigilator', 'Invigilator')], max_length=12)),
                ('assigned_at', models.DateTimeField()),
                ('relieved_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Room',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name_zh', models.CharField(max_length=60)),
                ('name_en', models.CharField(blank=True, max_length=60)),
                ('seats', models.PositiveIntegerField()),
                ('opened_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='WaitingPlace',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('seated', 'Got a seat'), ('left', 'Left the list'), ('refused', 'Not eligible any more')], default='waiting', max_length=10)),
                ('joined_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.AddField(
            model_name='decision',
            name='ledger_number',
            field=models.PositiveBigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='registration',
            name='examined',
            field=django.contrib.postgres.fields.ranges.DateTimeRangeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='registration',
            name='held',
            field=django.contrib.postgres.fields.ranges.DateTimeRangeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='registration',
            name='instead_of',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='given_for', to='exams.registration'),
        ),
        migrations.AddField(
            model_name='registration',
            name='syllabus',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='enrollments.syllabus'),
        ),
        migrations.AddField(
            model_name='sitting',
            name='cancel_reason',
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddField(
            model_name='sitting',
            name='cancelled_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='sitting',
            name='taken',
            field=django.contrib.postgres.fields.ranges.DateTimeRangeField(editable=False, null=True),
        ),
        migrations.AlterField(
            model_name='registration',
            name='decision',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='exams.decision'),
        ),
        migrations.AddConstraint(
            model_name='registration',
            constraint=models.CheckConstraint(condition=models.Q(('instead_of', models.F('pk')), _negated=True), name='a_seat_is_not_given_up_for_itself'),
        ),
        migrations.AddField(
            model_name='admission',
            name='admitted_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='admission',
            name='decision',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='exams.decision'),
        ),
        migrations.AddField(
            model_name='admission',
            name='registration',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='admission', to='exams.registration'),
        ),
        migrations.AddField(
            model_name='examplan',
            name='decided_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='examplan',
            name='drafted_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='examplan',
            name='institution',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='exam_plans', to='institutions.institution'),
        ),
        migrations.AddField(
            model_name='sitting',
            name='plan',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='sittings', to='exams.examplan'),
        ),
        migrations.AddField(
            model_name='officer',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='exam_duties', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='officer',
            name='sitting',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='officers', to='exams.sitting'),
        ),
        migrations.AddField(
            model_name='room',
            name='site',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rooms', to='exams.site'),
        ),
        migrations.AddField(
            model_name='sitting',
            name='room',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='sittings', to='exams.room'),
        ),
        migrations.AddConstraint(
            model_name='sitting',
            constraint=models.CheckConstraint(condition=models.Q(('cancelled_at__isnull', True), models.Q(('cancel_reason', ''), _negated=True), _connector='OR'), name='a_sitting_is_cancelled_with_a_reason'),
        ),
        migrations.AddField(
            model_name='waitingplace',
            name='decision',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='exams.decision'),
        ),
        migrations.AddField(
            model_name='waitingplace',
            name='ending',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='exams.decision'),
        ),
        migrations.AddField(
            model_name='waitingplace',
            name='learner',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='waiting_places', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='waitingplace',
            name='sitting',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='waiting_places', to='exams.sitting'),
        ),
        migrations.AddConstraint(
            model_name='examplan',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'returned'), _negated=True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='a_plan_is_returned_with_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='examplan',
            constraint=models.CheckConstraint(condition=models.Q(('decided_by__isnull', True), models.Q(('decided_by', models.F('drafted_by')), _negated=True), _connector='OR'), name='a_plan_is_decided_by_another_person'),
        ),
        migrations.AddConstraint(
            model_name='officer',
            constraint=models.UniqueConstraint(condition=models.Q(('relieved_at__isnull', True)), fields=('sitting', 'person'), name='one_duty_at_a_sitting'),
        ),
        migrations.AddConstraint(
            model_name='officer',
            constraint=models.UniqueConstraint(condition=models.Q(('duty', 'chief'), ('relieved_at__isnull', True)), fields=('sitting',), name='one_chief_examiner_at_a_sitting'),
        ),
        migrations.AddConstraint(
            model_name='room',
            constraint=models.UniqueConstraint(fields=('site', 'name_zh'), name='rooms_of_a_site_have_names_of_their_own'),
        ),
        migrations.AddConstraint(
            model_name='room',
            constraint=models.CheckConstraint(condition=models.Q(('seats__gt', 0)), name='a_room_has_seats'),
        ),
        migrations.AddIndex(
            model_name='waitingplace',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['sitting', 'id'], name='who_waits_first'),
        ),
        migrations.AddConstraint(
            model_name='waitingplace',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'waiting')), fields=('learner', 'sitting'), name='one_waiting_place_per_learner'),
        ),
        migrations.AddConstraint(
            model_name='waitingplace',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('ending__isnull', True), ('state', 'waiting')), models.Q(('ended_at__isnull', False), ('ending__isnull', True), ('state', 'left')), models.Q(('ended_at__isnull', False), ('ending__isnull', False), ('state__in', ['seated', 'refused'])), _connector='OR'), name='waiting_ends_with_a_decision_or_by_leaving'),
        ),
        migrations.RunSQL(BACKFILL, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name='sitting',
            name='plan',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sittings', to='exams.examplan'),
        ),
        migrations.AlterField(
            model_name='sitting',
            name='room',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sittings', to='exams.room'),
        ),
        migrations.AddConstraint(
            model_name='registration',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('state', 'booked')), expressions=[('learner', '='), ('syllabus', '='), ('held', '&&')], name='one_seat_per_syllabus'),
        ),
        migrations.AddConstraint(
            model_name='registration',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('state', 'booked')), expressions=[('learner', '='), ('examined', '&&')], name='one_exam_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='sitting',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('cancelled_at__isnull', True)), expressions=[('room', '='), ('taken', '&&')], name='a_room_holds_one_sitting_at_a_time'),
        ),
    ]
