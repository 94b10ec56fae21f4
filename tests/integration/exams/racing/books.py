"""Counts what must never be, from the tables alone: nothing here is shared with the gate that it judges.

Hours are the sum of what the entries changed, never a balance; times are those of the sittings. Every committed state
must be clean, so a watcher reads again and again beside the writers and keeps what it ever saw.
"""

import threading
import time
from dataclasses import dataclass, field
from typing import Any

import psycopg

from tests.templates import owner_connection

STANDS = """
    SELECT 1 FROM enrollments_enrollment e
    JOIN enrollments_trainingclass c ON c.id = e.training_class_id
    JOIN institutions_institution i ON i.id = c.institution_id
    JOIN enrollments_syllabusversion v ON v.id = c.syllabus_version_id
    WHERE e.learner_id = r.learner_id AND e.state = 'active' AND v.syllabus_id = s.syllabus_id
        AND c.state IN ('accepted', 'ended') AND i.suspended_at IS NULL
        AND NOT EXISTS (
            SELECT 1 FROM enrollments_requirement q JOIN enrollments_module m ON m.id = q.module_id
            WHERE m.syllabus_version_id = v.id AND q.hours * 60000 * CASE q.kind
                WHEN 'online' THEN v.online_minutes WHEN 'classroom' THEN v.classroom_minutes
                ELSE v.workshop_minutes END
                > (SELECT coalesce(sum(n.confirmed_delta_ms), 0) FROM hours_entry n WHERE n.learner_id = e.learner_id
                    AND n.enrollment_id = e.id AND n.module_id = m.id AND n.kind = q.kind)
        )
"""
BOOKED = "exams_registration r JOIN exams_sitting s ON s.id = r.sitting_id WHERE r.state = 'booked'"
OVERLAPS = """
    (a.starts_at, a.starts_at + make_interval(mins => a.minutes))
    OVERLAPS (b.starts_at, b.starts_at + make_interval(mins => b.minutes))
"""
WRONG = {
    "ineligible": f"""
        SELECT r.id FROM {BOOKED} AND r.doubted_at IS NULL AND (
            s.cancelled_at IS NOT NULL OR NOT EXISTS ({STANDS})
            OR NOT EXISTS (SELECT 1 FROM accounts_user u WHERE u.id = r.learner_id AND u.is_active)
        )""",
    "duplicate": f"""
        SELECT y.id FROM exams_registration x JOIN exams_sitting a ON a.id = x.sitting_id
            JOIN exams_registration y ON y.id > x.id JOIN exams_sitting b ON b.id = y.sitting_id
        WHERE x.state = 'booked' AND y.state = 'booked' AND (
            x.sitting_id = y.sitting_id AND x.seat = y.seat
            OR x.learner_id = y.learner_id AND (a.syllabus_id = b.syllabus_id OR {OVERLAPS})
        )""",
    "over_capacity": f"""
        SELECT id FROM (
            SELECT r.id, s.capacity, r.seat, row_number() OVER (PARTITION BY s.id ORDER BY r.id) AS place FROM {BOOKED}
        ) AS seats WHERE place > capacity OR seat > capacity""",
}
TOLD = """
    SELECT verb, subject_id, detail FROM audit_event
    WHERE verb LIKE 'registration.%' OR verb LIKE 'waiting.%' OR verb = 'sitting.capacity' ORDER BY id
"""


@dataclass
class Books:
    """Every seat (primary key) that was ever seen to be wrong, by what was wrong, and how often was looked."""

    wrong: dict[str, set[int]] = field(default_factory=lambda: {name: set() for name in WRONG})
    looks: int = 0

    def look(self, connection: "psycopg.Connection[Any]") -> None:
        """One committed state of the database, all counts of the same one."""
        with connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            for name, query in WRONG.items():
                self.wrong[name].update(row[0] for row in connection.execute(query))  # type: ignore[call-overload]
        self.looks += 1

    def counts(self) -> dict[str, int]:
        return {name: len(found) for name, found in self.wrong.items()}


def watch(database: str, books: Books, over: threading.Event, every_s: float = 0.05) -> None:
    """Look until it is over, and once more."""
    with owner_connection(database) as own:
        while not over.is_set():
            books.look(own)
            time.sleep(every_s)
        books.look(own)


def unanswered_doubts(database: str) -> int:
    with owner_connection(database) as own:
        found = own.execute("SELECT count(*) FROM exams_registration WHERE state = 'booked' AND doubted_at IS NOT NULL")
        return int(found.fetchone()[0])  # type: ignore[index]


def overtaken(database: str) -> int:
    """Seats that somebody got while all free ones were promised to who had come before, by the audit log alone.

    What takes a seat or a place holds the sitting meanwhile, so its rows stand in the order in which it happened. A
    seat that comes free or a place that is left may be told of too early; that only hides, and accuses nobody.
    """
    with owner_connection(database) as own:
        seats = {
            str(uuid): (sitting, learner)
            for uuid, sitting, learner in own.execute("SELECT uuid, sitting_id, learner_id FROM exams_registration")
        }
        places = {
            str(uuid): (pk, sitting, learner)
            for uuid, pk, sitting, learner in own.execute(
                "SELECT uuid, id, sitting_id, learner_id FROM exams_waitingplace"
            )
        }
        capacities = {
            str(uuid): (pk, capacity)
            for uuid, pk, capacity in own.execute("SELECT uuid, id, capacity FROM exams_sitting")
        }
        told = own.execute(TOLD).fetchall()
    # The capacity before its first change is what that change came from.
    capacity = dict(capacities.values())
    for verb, subject, detail in reversed(told):
        if verb == "sitting.capacity":
            capacity[capacities[subject][0]] = detail["from"]
    booked: dict[int, set[str]] = {pk: set() for pk in capacity}
    waiting: dict[int, dict[int, int]] = {pk: {} for pk in capacity}
    found = 0
    for verb, subject, detail in told:
        if verb == "sitting.capacity":
            capacity[capacities[subject][0]] = detail["to"]
        elif verb == "registration.booked":
            sitting, learner = seats[subject]
            own_place = waiting[sitting].get(learner)
            ahead = sum(own_place is None or place < own_place for place in waiting[sitting].values())
            found += len(booked[sitting]) + ahead >= capacity[sitting]
            booked[sitting].add(subject)
            waiting[sitting].pop(learner, None)
        elif verb in ("registration.cancelled", "registration.withdrawn"):
            booked[seats[subject][0]].discard(subject)
        elif verb == "waiting.joined":
            pk, sitting, learner = places[subject]
            waiting[sitting][learner] = pk
        elif verb in ("waiting.left", "waiting.refused"):
            _pk, sitting, learner = places[subject]
            waiting[sitting].pop(learner, None)
    return found
