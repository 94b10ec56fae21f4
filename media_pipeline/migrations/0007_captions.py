"""Captions of videos. PostgreSQL keeps every version as it was saved, so that who changed what can be looked up."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# A function of our own: the shared one is made by an app above, which may be migrated later.
FORWARD = """
CREATE FUNCTION media_caption_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed or deleted', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER caption_version_stays BEFORE UPDATE OR DELETE ON media_pipeline_captionversion
    FOR EACH ROW EXECUTE FUNCTION media_caption_stays();
"""

BACKWARD = """
DROP TRIGGER caption_version_stays ON media_pipeline_captionversion;
DROP FUNCTION media_caption_stays();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("media_pipeline", "0006_uploads"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CaptionVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(editable=False, unique=True)),
                ("language", models.CharField(max_length=12, verbose_name="language")),
                ("number", models.PositiveIntegerField()),
                ("is_withdrawn", models.BooleanField(default=False)),
                ("cues", models.JSONField(default=list)),
                ("cue_count", models.PositiveIntegerField()),
                ("source_name", models.CharField(blank=True, max_length=200, verbose_name="file name")),
                ("made_at", models.DateTimeField()),
                (
                    "asset",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="caption_versions",
                        to="media_pipeline.asset",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"ordering": ["asset", "language", "-number"]},
        ),
        migrations.AddConstraint(
            model_name="captionversion",
            constraint=models.UniqueConstraint(
                fields=("asset", "language", "number"), name="one_caption_version_per_number"
            ),
        ),
        migrations.AddConstraint(
            model_name="captionversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("cue_count", 0), ("is_withdrawn", True)),
                    models.Q(("cue_count__gt", 0), ("is_withdrawn", False)),
                    _connector="OR",
                ),
                name="captions_are_withdrawn_or_there",
            ),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
