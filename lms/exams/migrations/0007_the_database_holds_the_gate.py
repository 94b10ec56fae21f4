"""What PostgreSQL refuses by itself, were every lock of the program forgotten.

* A room, and the rooms of a site together, have no more seats than the site; a sitting none more than its room, which
  belongs to its site, which belongs to the institution of its plan, which examines.
* A plan takes no other step than draft, proposed, returned or approved, published; its sittings change before it is
  proposed, afterwards only their capacity, and that they are cancelled.
* A seat is booked in a published sitting that is not cancelled, by somebody who is not suspended, upon an eligible
  decision of the same learner and sitting, whose class's institution is not suspended and whose enrollment stands, and
  upon hours that were not lowered since. Whoever lowers hours and whoever books wait for each other (an advisory lock of the learner), so that neither
  can miss the other: a seat booked before is put in doubt by the entry itself.

Every check locks the row that it reads from, so that two writes at once cannot pass each other. Putting a seat in doubt,
and cancelling it, lock nothing but the seat: who lowers hours or suspends would otherwise wait for the sitting of who
books, who waits for the learner's clock or the institution.
"""

from django.db import migrations, models

CREATE = """
CREATE FUNCTION xueshi_rooms_within_site() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    allowed integer;
    there bigint;
BEGIN
    SELECT seats INTO allowed FROM exams_site WHERE id = NEW.site_id FOR NO KEY UPDATE;
    SELECT coalesce(sum(seats), 0) INTO there FROM exams_room WHERE site_id = NEW.site_id AND id <> NEW.id;
    IF there + NEW.seats > allowed THEN
        RAISE EXCEPTION 'the rooms have % seats together, the site %', there + NEW.seats, allowed
            USING ERRCODE = 'check_violation', CONSTRAINT = 'rooms_within_the_site';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER exams_room_within_site BEFORE INSERT OR UPDATE ON exams_room
    FOR EACH ROW EXECUTE FUNCTION xueshi_rooms_within_site();

CREATE FUNCTION xueshi_plan_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.institution_id <> OLD.institution_id OR (NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
        ('draft', 'proposed'), ('returned', 'proposed'), ('proposed', 'returned'), ('proposed', 'approved'),
        ('approved', 'published')
    )) THEN
        RAISE EXCEPTION 'a plan does not go from % to %', OLD.state, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'steps_of_a_plan';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER exams_examplan_step BEFORE UPDATE ON exams_examplan
    FOR EACH ROW EXECUTE FUNCTION xueshi_plan_step();

CREATE FUNCTION xueshi_sitting_of_a_plan() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    plan_state text;
    fits boolean;
    room_seats integer;
BEGIN
    SELECT p.state, p.institution_id = s.institution_id AND r.site_id = s.id AND i.kind = 'exam', r.seats
        INTO plan_state, fits, room_seats
        FROM exams_examplan AS p, exams_room AS r, exams_site AS s, institutions_institution AS i
        WHERE p.id = NEW.plan_id AND r.id = NEW.room_id AND s.id = NEW.site_id AND i.id = s.institution_id
        FOR SHARE OF p, r;
    IF fits IS NOT TRUE THEN
        RAISE EXCEPTION 'room, site and plan of a sitting belong to one exam institution'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'a_sitting_is_at_home';
    END IF;
    IF NEW.capacity > room_seats THEN
        RAISE EXCEPTION 'capacity % is above the % seats of the room', NEW.capacity, room_seats
            USING ERRCODE = 'check_violation', CONSTRAINT = 'a_sitting_fits_its_room';
    END IF;
    IF TG_OP = 'UPDATE' AND plan_state NOT IN ('draft', 'returned') AND (
        (NEW.plan_id, NEW.syllabus_id, NEW.site_id, NEW.room_id, NEW.starts_at, NEW.minutes, NEW.opens_at, NEW.closes_at)
        IS DISTINCT FROM
        (OLD.plan_id, OLD.syllabus_id, OLD.site_id, OLD.room_id, OLD.starts_at, OLD.minutes, OLD.opens_at, OLD.closes_at)
        OR (OLD.cancelled_at IS NOT NULL AND NEW.cancelled_at IS DISTINCT FROM OLD.cancelled_at)
    ) THEN
        RAISE EXCEPTION 'what was proposed stays as it is'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'a_proposed_sitting_stays';
    END IF;
    NEW.taken := tstzrange(NEW.starts_at, NEW.starts_at + make_interval(mins => NEW.minutes));
    RETURN NEW;
END
$$;
CREATE TRIGGER exams_sitting_of_a_plan BEFORE INSERT OR UPDATE ON exams_sitting
    FOR EACH ROW EXECUTE FUNCTION xueshi_sitting_of_a_plan();

CREATE FUNCTION xueshi_gate_lock(learner bigint) RETURNS void LANGUAGE sql AS
    $$ SELECT pg_advisory_xact_lock(hashtextextended('exam gate', learner)) $$;

CREATE FUNCTION xueshi_seat_is_earned() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    made exams_decision;
    sat record;
    trained record;
    may_log_in boolean;
BEGIN
    SELECT s.syllabus_id, s.taken, s.cancelled_at, p.state INTO sat
        FROM exams_sitting AS s JOIN exams_examplan AS p ON p.id = s.plan_id WHERE s.id = NEW.sitting_id FOR SHARE OF s;
    NEW.syllabus_id := sat.syllabus_id;
    NEW.examined := sat.taken;
    NEW.held := tstzrange(NEW.booked_at, upper(sat.taken));
    IF NEW.state <> 'booked' THEN
        RETURN NEW;
    END IF;
    IF sat.cancelled_at IS NOT NULL OR sat.state <> 'published' THEN
        RAISE EXCEPTION 'nobody sits in a sitting that is not published, or is cancelled'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'a_seat_is_in_a_published_sitting';
    END IF;
    SELECT is_active INTO may_log_in FROM accounts_user WHERE id = NEW.learner_id FOR SHARE;
    IF may_log_in IS NOT TRUE THEN
        RAISE EXCEPTION 'nobody books who is suspended'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'a_seat_is_of_somebody_in_order';
    END IF;
    PERFORM xueshi_gate_lock(NEW.learner_id);
    SELECT * INTO made FROM exams_decision WHERE id = NEW.decision_id;
    IF made.eligible IS NOT TRUE OR (made.learner_id, made.sitting_id) <> (NEW.learner_id, NEW.sitting_id)
        OR made.ledger_number IS NULL OR made.enrollment_id IS NULL THEN
        RAISE EXCEPTION 'a seat rests on an eligible decision on this learner and this sitting'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'a_seat_rests_on_its_decision';
    END IF;
    IF EXISTS (
        SELECT 1 FROM hours_entry WHERE learner_id = NEW.learner_id AND number > made.ledger_number
            AND confirmed_delta_ms < 0
    ) THEN
        RAISE EXCEPTION 'hours were lowered since decision %', made.uuid
            USING ERRCODE = 'check_violation', CONSTRAINT = 'hours_stand_as_they_were_decided_on';
    END IF;
    SELECT e.state, i.suspended_at INTO trained
        FROM enrollments_enrollment AS e JOIN enrollments_trainingclass AS c ON c.id = e.training_class_id
            JOIN institutions_institution AS i ON i.id = c.institution_id
        WHERE e.id = made.enrollment_id AND e.learner_id = NEW.learner_id FOR SHARE OF e, i;
    IF trained.state IS DISTINCT FROM 'active' OR trained.suspended_at IS NOT NULL THEN
        RAISE EXCEPTION 'the enrollment is % and the institution suspended: %', trained.state, trained.suspended_at
            USING ERRCODE = 'check_violation', CONSTRAINT = 'a_seat_rests_on_a_standing_enrollment';
    END IF;
    RETURN NEW;
END
$$;
-- Named to come first: the capacity is looked at afterwards. What became of a seat later was decided by the program.
CREATE TRIGGER exams_registration_is_earned BEFORE INSERT ON exams_registration
    FOR EACH ROW EXECUTE FUNCTION xueshi_seat_is_earned();

-- Until now it looked at the sitting whatever changed of a seat, and a doubt waited for who books.
DROP TRIGGER exams_registration_seat ON exams_registration;
CREATE TRIGGER exams_registration_seat BEFORE INSERT OR UPDATE OF seat, state, sitting_id ON exams_registration
    FOR EACH ROW EXECUTE FUNCTION xueshi_seat_within_capacity();

CREATE FUNCTION xueshi_seat_stays_free() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'booked' AND NEW.state = 'booked' OR (NEW.learner_id, NEW.sitting_id, NEW.decision_id) IS DISTINCT FROM
        (OLD.learner_id, OLD.sitting_id, OLD.decision_id) THEN
        RAISE EXCEPTION 'a seat that was given up is not booked again'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'a_given_up_seat_stays_free';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER exams_registration_stays_free BEFORE UPDATE ON exams_registration
    FOR EACH ROW EXECUTE FUNCTION xueshi_seat_stays_free();

CREATE FUNCTION xueshi_lowered_hours_doubt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM xueshi_gate_lock(NEW.learner_id);
    -- In the order of everybody who locks several seats.
    PERFORM 1 FROM exams_registration WHERE learner_id = NEW.learner_id AND state = 'booked'
        ORDER BY id FOR NO KEY UPDATE;
    UPDATE exams_registration AS g SET doubted_at = NEW.posted_at, doubts = g.doubts + 1
        WHERE g.learner_id = NEW.learner_id AND g.state = 'booked' AND upper(g.examined) > NEW.posted_at;
    RETURN NULL;
END
$$;
CREATE TRIGGER hours_entry_doubts_seats AFTER INSERT ON hours_entry
    FOR EACH ROW WHEN (NEW.confirmed_delta_ms < 0) EXECUTE FUNCTION xueshi_lowered_hours_doubt();

CREATE TRIGGER exams_admission_append_only BEFORE UPDATE OR DELETE ON exams_admission
    FOR EACH ROW EXECUTE FUNCTION xueshi_refuse_change();
"""

DROP = """
DROP TRIGGER exams_admission_append_only ON exams_admission;
DROP TRIGGER hours_entry_doubts_seats ON hours_entry;
DROP FUNCTION xueshi_lowered_hours_doubt();
DROP TRIGGER exams_registration_stays_free ON exams_registration;
DROP FUNCTION xueshi_seat_stays_free();
DROP TRIGGER exams_registration_seat ON exams_registration;
CREATE TRIGGER exams_registration_seat BEFORE INSERT OR UPDATE ON exams_registration
    FOR EACH ROW EXECUTE FUNCTION xueshi_seat_within_capacity();
DROP TRIGGER exams_registration_is_earned ON exams_registration;
DROP FUNCTION xueshi_seat_is_earned();
DROP FUNCTION xueshi_gate_lock(bigint);
DROP TRIGGER exams_sitting_of_a_plan ON exams_sitting;
DROP FUNCTION xueshi_sitting_of_a_plan();
DROP TRIGGER exams_examplan_step ON exams_examplan;
DROP FUNCTION xueshi_plan_step();
DROP TRIGGER exams_room_within_site ON exams_room;
DROP FUNCTION xueshi_rooms_within_site();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("exams", "0006_exam_side"),
        ("hours", "0013_attended_hours_taken_back"),
        ("enrollments", "0005_lesson_aims"),
    ]

    operations = [
        migrations.AddField(
            model_name="registration",
            name="doubts",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.RunSQL(CREATE, DROP),
    ]
