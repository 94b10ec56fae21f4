"""Videos and uploads are counted by their states at every scrape, from an index alone."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('media_pipeline', '0007_captions'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='asset',
            index=models.Index(fields=['state'], name='assets_by_state'),
        ),
        migrations.AddIndex(
            model_name='upload',
            index=models.Index(fields=['state'], name='uploads_by_state'),
        ),
    ]
