"""What the converter finds besides the film: sheets of small pictures, and where it is silent, frozen or black.

When an attempt began, and at what percent, so that the time left can be told.
"""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('media_pipeline', '0003_asset_collections'),
    ]

    operations = [
        migrations.AddField(
            model_name='asset',
            name='begun_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='asset',
            name='begun_percent',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='asset',
            name='sprites',
            field=models.JSONField(blank=True, help_text='rules.sprites.to_json; None for older videos', null=True),
        ),
        migrations.AddField(
            model_name='asset',
            name='stretches',
            field=models.JSONField(blank=True, default=list, help_text='[kind, from_ms, to_ms] of each'),
        ),
    ]
