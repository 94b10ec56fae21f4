"""A course goes to the committee as a whole; its parts have one fate.

The trigger looks when the transaction ends, because parts are decided one after the other within it. It holds for
whatever writes: our actions, Wagtail's views, a shell.
"""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

CREATE = """
CREATE FUNCTION xueshi_parts_of_one_fate() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed bigint := (to_jsonb(NEW) ->> TG_ARGV[0])::bigint;
BEGIN
    IF EXISTS (
        SELECT FROM institutions_reviewstate own
        JOIN wagtailcore_taskstate mine ON mine.id = own.taskstate_ptr_id
        JOIN institutions_reviewstate part ON part.whole_id = own.whole_id
        JOIN wagtailcore_taskstate state ON state.id = part.taskstate_ptr_id
        WHERE own.taskstate_ptr_id = changed AND state.status <> mine.status
    ) THEN
        RAISE EXCEPTION 'the parts of a course that was submitted as a whole are decided together'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER institutions_parts_decided_together AFTER UPDATE OF status ON wagtailcore_taskstate
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.status IS DISTINCT FROM OLD.status)
    EXECUTE FUNCTION xueshi_parts_of_one_fate('id');
CREATE CONSTRAINT TRIGGER institutions_parts_submitted_together AFTER INSERT OR UPDATE OF whole_id
    ON institutions_reviewstate DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.whole_id IS NOT NULL)
    EXECUTE FUNCTION xueshi_parts_of_one_fate('taskstate_ptr_id');
"""

DROP = """
DROP TRIGGER institutions_parts_submitted_together ON institutions_reviewstate;
DROP TRIGGER institutions_parts_decided_together ON wagtailcore_taskstate;
DROP FUNCTION xueshi_parts_of_one_fate();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("institutions", "0003_own_parts"),
        ("wagtailcore", "0097_baselogentry_uuid_action_timestamp_indexes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="CourseSubmission",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("submitted_at", models.DateTimeField()),
                (
                    "page",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="wagtailcore.page"
                    ),
                ),
                (
                    "submitted_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="reviewstate",
            name="whole",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="parts",
                to="institutions.coursesubmission",
            ),
        ),
        migrations.AddField(
            model_name="reviewstate", name="measured_ms", field=models.PositiveBigIntegerField(null=True)
        ),
        migrations.AddField(
            model_name="reviewstate", name="needs_work", field=models.BooleanField(default=False)
        ),
        migrations.AddConstraint(
            model_name="reviewstate",
            constraint=models.CheckConstraint(
                condition=models.Q(("needs_work", False), ("whole__isnull", False), _connector="OR"),
                name="only_parts_are_named_for_work",
            ),
        ),
        migrations.RunSQL(CREATE, DROP),
    ]
