"""A balance is looked up among its learner's entries: on a ledger that is spread by learner only their part is asked."""

from django.db import migrations

BALANCE = """
CREATE OR REPLACE FUNCTION xueshi_entry_continues() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last_number bigint;
    provisional bigint;
    confirmed bigint;
BEGIN
    SELECT number INTO last_number FROM hours_entry
        WHERE learner_id = NEW.learner_id ORDER BY number DESC LIMIT 1;
    IF NEW.number <> coalesce(last_number, 0) + 1 THEN
        RAISE EXCEPTION 'entry % of learner % does not follow %', NEW.number, NEW.learner_id, coalesce(last_number, 0)
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    SELECT provisional_after_ms, confirmed_after_ms INTO provisional, confirmed FROM hours_entry
        WHERE {learner}enrollment_id = NEW.enrollment_id AND module_id = NEW.module_id AND kind = NEW.kind
        ORDER BY number DESC LIMIT 1;
    IF NEW.provisional_after_ms <> coalesce(provisional, 0) + NEW.provisional_delta_ms
        OR NEW.confirmed_after_ms <> coalesce(confirmed, 0) + NEW.confirmed_delta_ms THEN
        RAISE EXCEPTION 'the balance of entry % of learner % does not follow', NEW.number, NEW.learner_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('hours', '0010_refusals_by_number'),
    ]

    operations = [
        migrations.RunSQL(BALANCE.format(learner='learner_id = NEW.learner_id AND '), BALANCE.format(learner='')),
    ]
