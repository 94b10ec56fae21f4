"""Modules and requirements are never changed: a class is judged by what was in force when it was reported.

The lessons of a class are those that were reported, so once it is reported its plan is closed as well.
"""

from django.db import migrations

CREATE = """
CREATE TRIGGER enrollments_module_frozen BEFORE UPDATE OR DELETE ON enrollments_module
    FOR EACH ROW EXECUTE FUNCTION xueshi_refuse_change();
CREATE TRIGGER enrollments_requirement_frozen BEFORE UPDATE OR DELETE ON enrollments_requirement
    FOR EACH ROW EXECUTE FUNCTION xueshi_refuse_change();

CREATE FUNCTION xueshi_refuse_late_lesson() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    class_id bigint;
BEGIN
    IF TG_OP = 'INSERT' THEN
        class_id := NEW.training_class_id;
    ELSE
        class_id := OLD.training_class_id;
        IF TG_OP = 'UPDATE' AND NEW.training_class_id <> OLD.training_class_id THEN
            RAISE EXCEPTION 'a planned lesson never moves to another class' USING ERRCODE = 'restrict_violation';
        END IF;
    END IF;
    -- FOR SHARE: a report that is being written at this moment is waited for.
    PERFORM 1 FROM enrollments_trainingclass
        WHERE id = class_id AND state NOT IN ('planned', 'returned') FOR SHARE;
    IF FOUND THEN
        RAISE EXCEPTION 'the lessons of a reported class are closed' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER enrollments_classlesson_closed BEFORE INSERT OR UPDATE OR DELETE ON enrollments_classlesson
    FOR EACH ROW EXECUTE FUNCTION xueshi_refuse_late_lesson();
"""

DROP = """
DROP TRIGGER enrollments_classlesson_closed ON enrollments_classlesson;
DROP FUNCTION xueshi_refuse_late_lesson();
DROP TRIGGER enrollments_requirement_frozen ON enrollments_requirement;
DROP TRIGGER enrollments_module_frozen ON enrollments_module;
"""


class Migration(migrations.Migration):
    dependencies = [("enrollments", "0001_initial"), ("audit", "0002_append_only")]

    operations = [migrations.RunSQL(CREATE, DROP)]
