"""Which classes have figures that are no longer true. Reads one index row of each learner's ledger, and writes nothing.

No class is told by whoever studies in it, so that a beat pays nothing for a dashboard: the worker compares the last
entry and the last refusal of every learner with what it counted. Both look-ups go through indexes that the ledger has
for its own sake.
"""

from datetime import date

from django.db import connection

from lms.enrollments.models import ClassState

# A new day makes people idle and behind though nothing was written; an ended class has no new days.
STALE = """
    SELECT c.id FROM enrollments_trainingclass c
    LEFT JOIN oversight_classstanding s ON s.training_class_id = c.id
    WHERE c.state = ANY(%(states)s) AND (
        s.training_class_id IS NULL OR s.state <> c.state OR (s.day < %(today)s AND c.state = 'accepted')
        OR EXISTS (
            SELECT FROM enrollments_enrollment e
            LEFT JOIN oversight_learnerstanding l ON l.enrollment_id = e.id
            WHERE e.training_class_id = c.id AND (
                l.enrollment_id IS NULL
                OR l.is_active <> (e.state = 'active')
                OR l.counted_number < (
                    SELECT n.number FROM hours_entry n WHERE n.learner_id = e.learner_id ORDER BY n.number DESC LIMIT 1)
                OR l.counted_refusal < (
                    SELECT r.id FROM hours_refusal r WHERE r.learner_id = e.learner_id ORDER BY r.id DESC LIMIT 1)
            )
        )
    )
    ORDER BY c.id
"""


def stale_classes(today: date, *, with_ended: bool) -> list[int]:
    """Ids of classes to reckon anew. Ended ones change only by a decision, so they are asked less often."""
    states = [ClassState.ACCEPTED.value, *([ClassState.ENDED.value] if with_ended else [])]
    with connection.cursor() as cursor:
        cursor.execute(STALE, {"states": states, "today": today})
        return [row[0] for row in cursor.fetchall()]
