"""Who registered somebody had the card before them: everybody who is on record already counts as verified."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='identity_verified_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.RunSQL(
            "UPDATE accounts_user SET identity_verified_at = date_joined WHERE identity_mac IS NOT NULL",
            migrations.RunSQL.noop,
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(('identity_verified_at__isnull', True), ('identity_mac__isnull', False), _connector='OR'), name='only_an_identity_is_verified'),
        ),
    ]
