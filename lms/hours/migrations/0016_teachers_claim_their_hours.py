"""No list of an institution gives teachers hours of continuing education: they claim them, and a stranger decides."""

from django.db import migrations

CREATE = """
CREATE FUNCTION xueshi_teachers_claim() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM enrollments_trainingclass AS training_class
        JOIN enrollments_syllabusversion AS version ON version.id = training_class.syllabus_version_id
        JOIN enrollments_syllabus AS syllabus ON syllabus.id = version.syllabus_id
        WHERE training_class.id = NEW.training_class_id AND syllabus.training = 'continuing'
    ) THEN
        RAISE EXCEPTION 'teachers claim hours of continuing education themselves'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER hours_attendanceproposal_not_for_teachers BEFORE INSERT ON hours_attendanceproposal
    FOR EACH ROW WHEN (NEW.effect = 'give') EXECUTE FUNCTION xueshi_teachers_claim();
"""

DROP = """
DROP TRIGGER hours_attendanceproposal_not_for_teachers ON hours_attendanceproposal;
DROP FUNCTION xueshi_teachers_claim();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("enrollments", "0006_continuing_education"),
        ("hours", "0015_claimed_hours_hold"),
    ]

    operations = [migrations.RunSQL(CREATE, DROP)]
