"""What PostgreSQL itself holds of the counting rule.

* Entries and refusals are append-only.
* An entry credits no more than the length of its interval (I1).
* `covered_ms` is the measure of the coverage, which lies inside the lesson (I2).
* Entry numbers of a learner have no hole, and a balance is the one before it plus the entry's change (I10).
* Clock rows are rewritten in place: half of each page is left free for HOT updates.
"""

from django.db import migrations

CREATE = """
CREATE TRIGGER hours_entry_append_only BEFORE UPDATE OR DELETE ON hours_entry
    FOR EACH ROW EXECUTE FUNCTION xueshi_refuse_change();
CREATE TRIGGER hours_refusal_append_only BEFORE UPDATE OR DELETE ON hours_refusal
    FOR EACH ROW EXECUTE FUNCTION xueshi_refuse_change();

ALTER TABLE hours_entry ADD CONSTRAINT credit_within_its_interval CHECK (
    from_at IS NULL OR ms <= ceil(extract(epoch FROM to_at - from_at) * 1000)
);

CREATE FUNCTION xueshi_measure_ms(spans int8multirange) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$ SELECT coalesce(sum(upper(span) - lower(span)), 0)::bigint FROM unnest(spans) AS span $$;

ALTER TABLE hours_lessoncoverage ADD CONSTRAINT covered_ms_is_the_measure CHECK (
    covered_ms = xueshi_measure_ms(covered)
    AND covered <@ int8multirange(int8range(0, duration_ms))
);

CREATE FUNCTION xueshi_entry_continues() RETURNS trigger LANGUAGE plpgsql AS $$
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
        WHERE enrollment_id = NEW.enrollment_id AND module_id = NEW.module_id AND kind = NEW.kind
        ORDER BY number DESC LIMIT 1;
    IF NEW.provisional_after_ms <> coalesce(provisional, 0) + NEW.provisional_delta_ms
        OR NEW.confirmed_after_ms <> coalesce(confirmed, 0) + NEW.confirmed_delta_ms THEN
        RAISE EXCEPTION 'the balance of entry % of learner % does not follow', NEW.number, NEW.learner_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER hours_entry_continues BEFORE INSERT ON hours_entry
    FOR EACH ROW EXECUTE FUNCTION xueshi_entry_continues();

ALTER TABLE hours_studyclock SET (fillfactor = 50);
ALTER TABLE hours_lessoncoverage SET (fillfactor = 70);
ALTER TABLE hours_modulehours SET (fillfactor = 70);
"""

DROP = """
ALTER TABLE hours_modulehours RESET (fillfactor);
ALTER TABLE hours_lessoncoverage RESET (fillfactor);
ALTER TABLE hours_studyclock RESET (fillfactor);
DROP TRIGGER hours_entry_continues ON hours_entry;
DROP FUNCTION xueshi_entry_continues();
ALTER TABLE hours_lessoncoverage DROP CONSTRAINT covered_ms_is_the_measure;
DROP FUNCTION xueshi_measure_ms(int8multirange);
ALTER TABLE hours_entry DROP CONSTRAINT credit_within_its_interval;
DROP TRIGGER hours_refusal_append_only ON hours_refusal;
DROP TRIGGER hours_entry_append_only ON hours_entry;
"""


class Migration(migrations.Migration):
    dependencies = [("hours", "0001_initial"), ("audit", "0002_append_only")]

    operations = [migrations.RunSQL(CREATE, DROP)]
