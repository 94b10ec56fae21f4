"""The one order of the gate's locks: the learner, sittings by primary key, the training, the learner's clock, seats.

Whoever books, changes, withdraws or admits takes them here, so that nobody waits in a circle, and nothing that a
verdict rests on changes between being read and being acted upon. Seats come last, by learner and then by primary key:
whoever holds a seat's row asks for none of the others, and hours are lowered learner by learner.
"""

from collections.abc import Collection
from dataclasses import dataclass

from django.db import connection

from lms.accounts.models import User
from lms.exams.models import Sitting
from lms.hours.queries.clocks import lock_clock

# FOR SHARE, which Django has no word for: a whole class books at once, and only who suspends or withdraws waits. From
# the institution down, in the order of the names: who enrolls somebody again holds the class before the enrollment.
# Classes by primary key: who revokes a teacher's certificate holds all that they teach.
LOCK_TRAINING = """
    SELECT 1 FROM enrollments_enrollment AS enrollment
    JOIN enrollments_trainingclass AS training_class ON training_class.id = enrollment.training_class_id
    JOIN institutions_institution AS institution ON institution.id = training_class.institution_id
    WHERE enrollment.learner_id = %s ORDER BY training_class.id, enrollment.id
    FOR SHARE OF institution, training_class, enrollment
"""


@dataclass(frozen=True, slots=True)
class Locked:
    """The rows of a learner and the sittings, read under their locks; `sittings` by primary key."""

    learner: User
    sittings: dict[int, Sitting]


def lock_gate(learner_id: int, sitting_ids: Collection[int]) -> Locked:
    """Everything that a verdict rests on stays as it is until the transaction ends."""
    learner = User.objects.select_for_update(no_key=True, of=("self",)).get(pk=learner_id)
    rows = (
        Sitting.objects.select_for_update(of=("self",), no_key=True)
        .select_related("plan", "room", "site__institution", "syllabus")
        .filter(pk__in=sitting_ids)
        .order_by("pk")
    )
    sittings = {each.pk: each for each in rows}
    lock_training(learner.pk)
    lock_clock(learner.pk)
    return Locked(learner, sittings)


def lock_training(learner_id: int) -> None:
    """Nobody withdraws an enrollment of the learner, or suspends an institution that trains them, before the end."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK_TRAINING, [learner_id])
