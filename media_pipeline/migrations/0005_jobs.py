"""`failed` is called quarantined from here on; a long lecture is split into chunks, each a job of its own."""

import django.db.models.deletion
from django.db import migrations, models


FORWARD = "UPDATE media_pipeline_asset SET state = 'quarantined' WHERE state = 'failed'"
BACKWARD = """
UPDATE media_pipeline_asset SET state = 'failed' WHERE state = 'quarantined';
UPDATE media_pipeline_asset SET state = 'uploaded', attempt_token = NULL, lease_until = NULL WHERE state = 'split';
UPDATE media_pipeline_asset SET stage = 'transcoding' WHERE stage = 'joining';
"""


class Migration(migrations.Migration):

    dependencies = [
        ('media_pipeline', '0004_ladder'),
    ]

    operations = [
        migrations.CreateModel(
            name='Chunk',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ordinal', models.PositiveSmallIntegerField()),
                ('from_ms', models.PositiveBigIntegerField()),
                ('to_ms', models.PositiveBigIntegerField()),
                ('work_ms', models.PositiveBigIntegerField()),
                ('done_ms', models.PositiveBigIntegerField(default=0)),
                ('speed', models.FloatField(blank=True, null=True)),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('working', 'Working'), ('done', 'Done')], default='waiting', max_length=8)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('attempt_token', models.UUIDField(blank=True, null=True)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('heartbeat_at', models.DateTimeField(blank=True, null=True)),
                ('waits_until', models.DateTimeField(blank=True, null=True)),
                ('result', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'ordering': ['ordinal'],
            },
        ),
        migrations.RemoveConstraint(
            model_name='asset',
            name='asset_state_known',
        ),
        migrations.RemoveIndex(
            model_name='asset',
            name='asset_unfinished',
        ),
        migrations.AlterField(
            model_name='asset',
            name='stage',
            field=models.CharField(choices=[('waiting', 'Waiting for a free worker'), ('probing', 'Examining the file'), ('transcoding', 'Converting picture and sound'), ('joining', 'Joining the parts'), ('storing', 'Encrypting and storing'), ('checking', 'Checking the result'), ('done', 'Finished')], default='waiting', max_length=12),
        ),
        migrations.AlterField(
            model_name='asset',
            name='state',
            field=models.CharField(choices=[('uploaded', 'Waiting'), ('probing', 'Being examined'), ('split', 'Being prepared in parts'), ('transcoding', 'Being prepared'), ('ready', 'Ready'), ('rejected', 'Not accepted'), ('quarantined', 'Quarantined')], default='uploaded', max_length=12, verbose_name='state'),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
        migrations.AddIndex(
            model_name='asset',
            index=models.Index(condition=models.Q(('state__in', ('ready', 'rejected', 'quarantined')), _negated=True), fields=['state', 'woken_at'], name='asset_unfinished'),
        ),
        migrations.AddConstraint(
            model_name='asset',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ('uploaded', 'probing', 'split', 'transcoding', 'ready', 'rejected', 'quarantined'))), name='asset_state_known'),
        ),
        migrations.AddField(
            model_name='chunk',
            name='asset',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='chunks', to='media_pipeline.asset'),
        ),
        migrations.AddConstraint(
            model_name='chunk',
            constraint=models.UniqueConstraint(fields=('asset', 'ordinal'), name='one_chunk_per_ordinal'),
        ),
        migrations.AddConstraint(
            model_name='chunk',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'working', 'done'])), name='chunk_state_known'),
        ),
        migrations.AddConstraint(
            model_name='chunk',
            constraint=models.CheckConstraint(condition=models.Q(('to_ms__gt', models.F('from_ms'))), name='a_chunk_lasts'),
        ),
        migrations.AddConstraint(
            model_name='chunk',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'working'), _negated=True), models.Q(('attempt_token__isnull', False), ('lease_until__isnull', False)), _connector='OR'), name='a_working_chunk_is_leased'),
        ),
        migrations.AddConstraint(
            model_name='chunk',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'done'), ('result', ''), _connector='XOR'), name='a_chunk_is_done_when_it_has_a_result'),
        ),
    ]
