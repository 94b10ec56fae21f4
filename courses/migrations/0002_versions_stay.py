"""PostgreSQL itself keeps lessons and versions: hours that people earned point at them."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION courses_version_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a published version of a lesson does not change (%); publish a new one', TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER lesson_version_stays BEFORE UPDATE OR DELETE ON courses_lessonversion
    FOR EACH ROW EXECUTE FUNCTION courses_version_stays();

CREATE FUNCTION courses_lesson_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a lesson keeps its identity and its kind'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER lesson_stays BEFORE UPDATE ON courses_lesson
    FOR EACH ROW WHEN (NEW.id <> OLD.id OR NEW.uuid <> OLD.uuid OR NEW.kind <> OLD.kind)
    EXECUTE FUNCTION courses_lesson_stays();
"""

BACKWARD = """
DROP TRIGGER lesson_stays ON courses_lesson;
DROP FUNCTION courses_lesson_stays();
DROP TRIGGER lesson_version_stays ON courses_lessonversion;
DROP FUNCTION courses_version_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("courses", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
