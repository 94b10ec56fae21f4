"""Every entry that changes confirmed hours is put into the feed by the database, and a place in the feed is given once.

What the ledger holds already goes in too; it gets its numbers when the feed is first read.
"""

from django.db import migrations

CREATE = """
CREATE FUNCTION xueshi_hours_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO exchange_hourschange (entry_id, learner_id) VALUES (NEW.id, NEW.learner_id);
    RETURN NULL;
END
$$;
CREATE TRIGGER hours_entry_tells AFTER INSERT ON hours_entry
    FOR EACH ROW WHEN (NEW.confirmed_delta_ms <> 0) EXECUTE FUNCTION xueshi_hours_changed();

CREATE FUNCTION xueshi_numbered_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.number IS NULL AND NEW.number IS NOT NULL
            AND (NEW.id, NEW.entry_id, NEW.learner_id) = (OLD.id, OLD.entry_id, OLD.learner_id) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'the place of a change in the feed is given once'
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER exchange_hourschange_numbered_once BEFORE UPDATE OR DELETE ON exchange_hourschange
    FOR EACH ROW EXECUTE FUNCTION xueshi_numbered_once();

INSERT INTO exchange_hourschange (entry_id, learner_id)
    SELECT id, learner_id FROM hours_entry WHERE confirmed_delta_ms <> 0 ORDER BY id;
"""

DROP = """
DROP TRIGGER exchange_hourschange_numbered_once ON exchange_hourschange;
DROP FUNCTION xueshi_numbered_once();
DROP TRIGGER hours_entry_tells ON hours_entry;
DROP FUNCTION xueshi_hours_changed();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0001_initial"),
        ("hours", "0012_attendance_sheets"),
    ]

    operations = [migrations.RunSQL(CREATE, DROP)]
