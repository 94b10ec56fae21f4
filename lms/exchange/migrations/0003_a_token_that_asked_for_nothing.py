"""A token that asked for no scope gets all that its client may read, also from allauth's endpoint."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ('exchange', '0002_the_ledger_tells_of_changes'),
    ]

    operations = [
        migrations.RunSQL(
            "UPDATE allauth_idp_oidc_client SET default_scopes = scopes WHERE default_scopes = '' AND id IN"
            " (SELECT client_id FROM exchange_exchangeclient)",
            migrations.RunSQL.noop,
        ),
    ]
