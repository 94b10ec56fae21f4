"""What was reported is closed: teachers as lessons are, and the class's own place, dates and syllabus.

The trigger on lessons looked for a class that is closed already, so that it did not wait for a report that was being
written at that moment; it now locks the class first and looks then. An enrollment stays with its learner, its class
and the moment it was made: nobody is in a class before they were added to it.
"""

from django.db import migrations

CLOSED = """
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    class_id bigint;
    class_state text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        class_id := NEW.training_class_id;
    ELSE
        class_id := OLD.training_class_id;
        IF TG_OP = 'UPDATE' AND NEW.training_class_id <> OLD.training_class_id THEN
            RAISE EXCEPTION 'nothing that is planned moves to another class' USING ERRCODE = 'restrict_violation';
        END IF;
    END IF;
    -- Locked before it is looked at: a report that is being written at this moment is waited for.
    SELECT state INTO class_state FROM enrollments_trainingclass WHERE id = class_id FOR SHARE;
    IF class_state NOT IN ('planned', 'returned') THEN
        RAISE EXCEPTION 'the {what} of a reported class are closed' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END
$$;
"""

CREATE = (
    CLOSED.format(function="xueshi_refuse_late_lesson", what="lessons")
    + CLOSED.format(function="xueshi_refuse_late_teacher", what="teachers")
    + """
CREATE TRIGGER enrollments_classteacher_closed BEFORE INSERT OR UPDATE OR DELETE ON enrollments_classteacher
    FOR EACH ROW EXECUTE FUNCTION xueshi_refuse_late_teacher();

CREATE FUNCTION xueshi_refuse_late_plan() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the plan of a reported class is closed' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER enrollments_trainingclass_closed BEFORE UPDATE ON enrollments_trainingclass
    FOR EACH ROW WHEN (
        OLD.state NOT IN ('planned', 'returned')
        AND (OLD.uuid, OLD.institution_id, OLD.syllabus_version_id, OLD.title, OLD.place, OLD.starts_on, OLD.ends_on)
            IS DISTINCT FROM
            (NEW.uuid, NEW.institution_id, NEW.syllabus_version_id, NEW.title, NEW.place, NEW.starts_on, NEW.ends_on)
    ) EXECUTE FUNCTION xueshi_refuse_late_plan();

CREATE FUNCTION xueshi_refuse_moved_enrollment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an enrollment never moves to another learner, class or moment' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER enrollments_enrollment_stays BEFORE UPDATE ON enrollments_enrollment
    FOR EACH ROW WHEN (
        (OLD.uuid, OLD.learner_id, OLD.training_class_id, OLD.enrolled_at)
            IS DISTINCT FROM (NEW.uuid, NEW.learner_id, NEW.training_class_id, NEW.enrolled_at)
    ) EXECUTE FUNCTION xueshi_refuse_moved_enrollment();
"""
)

# The trigger on lessons keeps its mended function: it refuses all that it refused before.
DROP = """
DROP TRIGGER enrollments_enrollment_stays ON enrollments_enrollment;
DROP FUNCTION xueshi_refuse_moved_enrollment();
DROP TRIGGER enrollments_trainingclass_closed ON enrollments_trainingclass;
DROP FUNCTION xueshi_refuse_late_plan();
DROP TRIGGER enrollments_classteacher_closed ON enrollments_classteacher;
DROP FUNCTION xueshi_refuse_late_teacher();
"""


class Migration(migrations.Migration):
    dependencies = [("enrollments", "0003_reporting_and_joining")]

    operations = [migrations.RunSQL(CREATE, DROP)]
