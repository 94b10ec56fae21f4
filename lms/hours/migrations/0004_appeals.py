"""Appeals, and the second name of a correction.

PostgreSQL holds that an appeal is never deleted, that what the learner wrote stays, and that a decided appeal is
over; the table of states itself is `rules.appeals`.
"""

import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


CREATE = """
CREATE FUNCTION xueshi_appeal_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'an appeal is never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state IN ('accepted', 'rejected') THEN
        RAISE EXCEPTION 'appeal % is decided', OLD.uuid USING ERRCODE = 'restrict_violation';
    END IF;
    IF (OLD.uuid, OLD.learner_id, OLD.enrollment_id, OLD.refusal_id, OLD.entry_id, OLD.text, OLD.appealed_at)
        IS DISTINCT FROM
        (NEW.uuid, NEW.learner_id, NEW.enrollment_id, NEW.refusal_id, NEW.entry_id, NEW.text, NEW.appealed_at) THEN
        RAISE EXCEPTION 'what was appealed against does not change' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER hours_appeal_moves BEFORE UPDATE OR DELETE ON hours_appeal
    FOR EACH ROW EXECUTE FUNCTION xueshi_appeal_moves();
"""

DROP = """
DROP TRIGGER hours_appeal_moves ON hours_appeal;
DROP FUNCTION xueshi_appeal_moves();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("courses", "0003_catalogue"),
        ("enrollments", "0002_frozen_rules"),
        ("hours", "0003_presence_checks"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Appeal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("text", models.CharField(max_length=500)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Waiting for the institution"),
                            ("proposed", "Waiting for the authority"),
                            ("accepted", "Appeal accepted"),
                            ("rejected", "Appeal rejected"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("appealed_at", models.DateTimeField()),
                ("proposal", models.UUIDField(null=True)),
                ("proposed_at", models.DateTimeField(null=True)),
                (
                    "verdict",
                    models.CharField(
                        blank=True,
                        choices=[("accept", "Count the time"), ("reject", "Leave it uncounted")],
                        max_length=10,
                    ),
                ),
                ("proposed_ms", models.PositiveBigIntegerField(default=0)),
                ("from_at", models.DateTimeField(null=True)),
                ("to_at", models.DateTimeField(null=True)),
                ("day", models.DateField(null=True)),
                ("proposed_reason", models.CharField(blank=True, max_length=200)),
                ("returned_reason", models.CharField(blank=True, max_length=200)),
                ("decided_at", models.DateTimeField(null=True)),
                ("decided_reason", models.CharField(blank=True, max_length=200)),
            ],
        ),
        migrations.AddField(
            model_name="entry",
            name="proposed_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("confirmed_delta_ms__gt", 0), ("sort", "correction"), _negated=True),
                    models.Q(
                        ("posted_by__isnull", False),
                        ("proposed_by__isnull", False),
                        models.Q(("posted_by", models.F("proposed_by")), _negated=True),
                        models.Q(("posted_by", models.F("learner")), _negated=True),
                        models.Q(("proposed_by", models.F("learner")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="more_hours_need_two_names",
            ),
        ),
        migrations.AddField(
            model_name="appeal",
            name="correction",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hours.entry"
            ),
        ),
        migrations.AddField(
            model_name="appeal",
            name="decided_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="appeal",
            name="enrollment",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="enrollments.enrollment"
            ),
        ),
        migrations.AddField(
            model_name="appeal",
            name="entry",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hours.entry"
            ),
        ),
        migrations.AddField(
            model_name="appeal",
            name="learner",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="appeal",
            name="proposed_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="appeal",
            name="refusal",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hours.refusal"
            ),
        ),
        migrations.AddIndex(
            model_name="appeal",
            index=models.Index(fields=["learner", "day"], name="corrections_of_a_day"),
        ),
        migrations.AddConstraint(
            model_name="appeal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("entry__isnull", True), ("refusal__isnull", False)),
                    models.Q(("entry__isnull", False), ("refusal__isnull", True)),
                    _connector="OR",
                ),
                name="an_appeal_is_against_one_thing",
            ),
        ),
        migrations.AddConstraint(
            model_name="appeal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state", "open"),
                    models.Q(
                        ("proposal__isnull", False),
                        ("proposed_at__isnull", False),
                        ("proposed_by__isnull", False),
                        ("verdict__in", ["accept", "reject"]),
                    ),
                    _connector="OR",
                ),
                name="an_appeal_is_proposed_first",
            ),
        ),
        migrations.AddConstraint(
            model_name="appeal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("verdict", "accept"), _negated=True),
                    models.Q(("day__isnull", False), ("proposed_ms__gt", 0)),
                    _connector="OR",
                ),
                name="a_proposal_says_how_much",
            ),
        ),
        migrations.AddConstraint(
            model_name="appeal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("decided_at__isnull", True), ("decided_by__isnull", True), ("state__in", ["open", "proposed"])
                    ),
                    models.Q(
                        ("decided_at__isnull", False),
                        ("decided_by__isnull", False),
                        ("state__in", ["accepted", "rejected"]),
                    ),
                    _connector="OR",
                ),
                name="a_decision_has_a_name",
            ),
        ),
        migrations.AddConstraint(
            model_name="appeal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("correction__isnull", False), ("state", "accepted"), ("verdict", "accept")),
                    models.Q(models.Q(("state", "accepted"), _negated=True), ("correction__isnull", True)),
                    _connector="OR",
                ),
                name="an_accepted_appeal_is_a_correction",
            ),
        ),
        migrations.AddConstraint(
            model_name="appeal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("proposed_by__isnull", True),
                        models.Q(("proposed_by", models.F("learner")), _negated=True),
                        _connector="OR",
                    ),
                    models.Q(
                        ("decided_by__isnull", True),
                        models.Q(
                            models.Q(("decided_by", models.F("learner")), _negated=True),
                            models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                        ),
                        _connector="OR",
                    ),
                ),
                name="three_people_in_an_appeal",
            ),
        ),
        migrations.RunSQL(CREATE, DROP),
    ]
