"""What PostgreSQL refuses by itself: a seat above the capacity, a capacity below a held seat, a changed decision.

With seats unique per sitting (first migration) a sitting can never hold more registrations than seats, even if every
lock of the program were forgotten. Each trigger locks the sitting's row, so the two checks cannot pass each other.
"""

from django.db import migrations

CREATE = """
CREATE FUNCTION xueshi_seat_within_capacity() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    seats integer;
BEGIN
    IF NEW.state = 'booked' THEN
        SELECT capacity INTO seats FROM exams_sitting WHERE id = NEW.sitting_id FOR SHARE;
        IF NEW.seat > seats THEN
            RAISE EXCEPTION 'seat % is above the capacity % of the sitting', NEW.seat, seats
                USING ERRCODE = 'check_violation', CONSTRAINT = 'seat_within_capacity';
        END IF;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER exams_registration_seat BEFORE INSERT OR UPDATE ON exams_registration
    FOR EACH ROW EXECUTE FUNCTION xueshi_seat_within_capacity();

CREATE FUNCTION xueshi_capacity_above_seats() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    highest integer;
BEGIN
    SELECT max(seat) INTO highest FROM exams_registration WHERE sitting_id = NEW.id AND state = 'booked';
    IF highest > NEW.capacity THEN
        RAISE EXCEPTION 'capacity % is below seat %, which is held', NEW.capacity, highest
            USING ERRCODE = 'check_violation', CONSTRAINT = 'capacity_above_held_seats';
    END IF;
    RETURN NULL;
END
$$;
-- AFTER: the row is locked by then, so a seat being booked beside it is either seen here or sees the new capacity.
CREATE TRIGGER exams_sitting_capacity AFTER UPDATE OF capacity ON exams_sitting
    FOR EACH ROW WHEN (NEW.capacity < OLD.capacity) EXECUTE FUNCTION xueshi_capacity_above_seats();

CREATE TRIGGER exams_decision_append_only BEFORE UPDATE OR DELETE ON exams_decision
    FOR EACH ROW EXECUTE FUNCTION xueshi_refuse_change();
"""

DROP = """
DROP TRIGGER exams_decision_append_only ON exams_decision;
DROP TRIGGER exams_sitting_capacity ON exams_sitting;
DROP FUNCTION xueshi_capacity_above_seats();
DROP TRIGGER exams_registration_seat ON exams_registration;
DROP FUNCTION xueshi_seat_within_capacity();
"""


class Migration(migrations.Migration):
    dependencies = [("exams", "0001_initial"), ("audit", "0002_append_only")]

    operations = [migrations.RunSQL(CREATE, DROP)]
