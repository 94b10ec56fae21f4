"""Letters that were given up are counted at every scrape: without an index everything that was ever sent was read."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('letters', '0001_owed_letters'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='letter',
            index=models.Index(condition=models.Q(('due_at__isnull', True), ('sent_at__isnull', True)), fields=['written_at'], name='letters_given_up'),
        ),
    ]
