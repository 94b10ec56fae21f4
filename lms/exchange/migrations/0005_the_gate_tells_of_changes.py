"""Whatever may change how a learner stands before a sitting is put into the feed by the database.

A booking rests on a decision of its own, so the decision tells of it. A doubt is told when it is put, put again, and
cleared: whoever read the verdict in between would keep it. What was decided already goes in too, each learner
and sitting once; it gets its numbers when the feed is first read. In a feed only the number is ever written, once: now
the same trigger function for every feed.
"""

from django.db import migrations

CREATE = """
CREATE OR REPLACE FUNCTION xueshi_numbered_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.number IS NULL AND NEW.number IS NOT NULL
            AND to_jsonb(NEW) - 'number' = to_jsonb(OLD) - 'number' THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'the place of a change in the feed is given once'
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER exchange_standingchange_numbered_once BEFORE UPDATE OR DELETE ON exchange_standingchange
    FOR EACH ROW EXECUTE FUNCTION xueshi_numbered_once();

CREATE FUNCTION xueshi_standing_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO exchange_standingchange (learner_id, sitting_id) VALUES (NEW.learner_id, NEW.sitting_id);
    RETURN NULL;
END
$$;
CREATE TRIGGER exams_decision_tells AFTER INSERT ON exams_decision
    FOR EACH ROW EXECUTE FUNCTION xueshi_standing_changed();
CREATE TRIGGER exams_registration_tells AFTER UPDATE OF state, doubts, doubted_at ON exams_registration
    FOR EACH ROW WHEN (
        OLD.state <> NEW.state OR OLD.doubts <> NEW.doubts OR (OLD.doubted_at IS NULL) <> (NEW.doubted_at IS NULL)
    )
    EXECUTE FUNCTION xueshi_standing_changed();

INSERT INTO exchange_standingchange (learner_id, sitting_id)
    SELECT learner_id, sitting_id FROM exams_decision GROUP BY learner_id, sitting_id ORDER BY max(id);
"""

DROP = """
DROP TRIGGER exams_registration_tells ON exams_registration;
DROP TRIGGER exams_decision_tells ON exams_decision;
DROP FUNCTION xueshi_standing_changed();
DROP TRIGGER exchange_standingchange_numbered_once ON exchange_standingchange;
"""


class Migration(migrations.Migration):
    dependencies = [("exchange", "0004_standings")]

    operations = [migrations.RunSQL(CREATE, DROP)]
