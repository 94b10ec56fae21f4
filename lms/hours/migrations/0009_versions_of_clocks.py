"""Every write of a clock row gives it a new version, so that a process can tell that nobody wrote since it read.

What a desk is made of besides the clock row (coverage, the session's own columns) counts as the clock's: changing it
changes the version too. A writer that sets the version itself is left alone; the group commit of beats does.
"""

from django.db import migrations, models

CREATE = """
CREATE FUNCTION xueshi_next_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := OLD.version + 1;
    RETURN NEW;
END
$$;
CREATE TRIGGER hours_studyclock_version BEFORE UPDATE ON hours_studyclock
    FOR EACH ROW WHEN (NEW.version = OLD.version) EXECUTE FUNCTION xueshi_next_version();

CREATE FUNCTION xueshi_touch_clock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE hours_studyclock SET version = version + 1 WHERE learner_id = NEW.learner_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER hours_lessoncoverage_touches_clock AFTER INSERT OR UPDATE ON hours_lessoncoverage
    FOR EACH ROW EXECUTE FUNCTION xueshi_touch_clock();
CREATE TRIGGER hours_studysession_touches_clock AFTER UPDATE ON hours_studysession
    FOR EACH ROW EXECUTE FUNCTION xueshi_touch_clock();
"""

DROP = """
DROP TRIGGER hours_studysession_touches_clock ON hours_studysession;
DROP TRIGGER hours_lessoncoverage_touches_clock ON hours_lessoncoverage;
DROP FUNCTION xueshi_touch_clock();
DROP TRIGGER hours_studyclock_version ON hours_studyclock;
DROP FUNCTION xueshi_next_version();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('hours', '0008_lesson_questions'),
    ]

    operations = [
        migrations.AddField(
            model_name='studyclock',
            name='version',
            field=models.PositiveBigIntegerField(default=0),
        ),
        migrations.RunSQL(CREATE, DROP),
    ]
