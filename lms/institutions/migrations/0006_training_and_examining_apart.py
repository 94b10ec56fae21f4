"""教考分离 in PostgreSQL: one body does not both train and examine, and nobody works on both sides at once.

The trigger locks the person's row, so that two memberships written at once cannot pass each other.
"""

import django.contrib.postgres.constraints
from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations, models

CREATE = """
CREATE FUNCTION xueshi_one_side() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.ended_at IS NULL THEN
        PERFORM 1 FROM accounts_user WHERE id = NEW.person_id FOR NO KEY UPDATE;
        IF EXISTS (
            SELECT 1 FROM institutions_membership AS other
            JOIN institutions_institution AS there ON there.id = other.institution_id
            JOIN institutions_institution AS here ON here.id = NEW.institution_id
            WHERE other.person_id = NEW.person_id AND other.ended_at IS NULL AND other.id <> NEW.id
                AND there.kind <> here.kind
        ) THEN
            RAISE EXCEPTION 'person % works on the other side already', NEW.person_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'nobody_serves_both_sides';
        END IF;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER institutions_membership_one_side BEFORE INSERT OR UPDATE ON institutions_membership
    FOR EACH ROW EXECUTE FUNCTION xueshi_one_side();
"""
DROP = """
DROP TRIGGER institutions_membership_one_side ON institutions_membership;
DROP FUNCTION xueshi_one_side();
"""


class Migration(migrations.Migration):
    dependencies = [("institutions", "0005_teacher_certificates")]

    operations = [
        BtreeGistExtension(),
        migrations.AddField("institution", "credit_code", models.CharField(blank=True, max_length=18)),
        migrations.AddConstraint(
            "institution",
            django.contrib.postgres.constraints.ExclusionConstraint(
                name="a_body_trains_or_examines",
                expressions=[("credit_code", "="), ("kind", "<>")],
                condition=models.Q(("credit_code", ""), _negated=True),
            ),
        ),
        migrations.RunSQL(CREATE, DROP),
    ]
