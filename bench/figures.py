"""The figures of a province's classes: the first as the worker reckons them, the others copied from two of those.

Classes differ only in the day on which a learner began and the reason of their refusal, and both repeat with every
second class (bench.province). So what the worker would have kept of the others is known, and five are reckoned after
all: the copies must be what the worker leaves.
"""

from typing import Any

import psycopg
from django.conf import settings

from bench.bulk import insert
from bench.province import CLASS_LEARNERS, FIRST, class_count
from lms.env.addresses import owner_url
from lms.env.values import data_dir
from lms.institutions.models import Institution
from lms.oversight.actions.standings import refresh_class
from lms.oversight.models import ClassDay, ClassStanding, InstitutionDay, InstitutionStanding, LearnerStanding

RECKONED = 400
"""An even number. Twenty thousand at the worker's pace would take half an hour and say nothing more."""
PROVEN = 5


def reckoned_classes(learners: int) -> list[int]:
    """Those that the worker reckons: the first, and the last, which may have fewer learners."""
    classes = class_count(learners)
    return sorted({*range(FIRST + 1, FIRST + 1 + min(RECKONED, classes)), FIRST + classes})


def copy_figures(learners: int) -> None:
    """Of all other classes, as if the worker had reckoned them in the same moment."""
    last = class_count(learners) - 1
    if last <= RECKONED:
        return
    with psycopg.connect(owner_url(data_dir(settings.DATA_DIR)), autocommit=True) as owner:
        people = f"generate_series({RECKONED * CLASS_LEARNERS + 1}, {last * CLASS_LEARNERS}) i"
        people += f" JOIN oversight_learnerstanding t ON t.enrollment_id = {FIRST + 101} + (i - 1) % 100"
        people += f" JOIN hours_refusal r ON r.learner_id = {FIRST} + i"
        own = {
            "enrollment_id": f"{FIRST} + i",
            "training_class_id": f"{FIRST} + 1 + (i - 1) / {CLASS_LEARNERS}",
            "counted_refusal": "r.id",
        }
        insert(owner, LearnerStanding, people, {**_like(LearnerStanding), **own})
        classes = f"generate_series({RECKONED + 1}, {last}) c JOIN {{}} t ON t.training_class_id = {FIRST + 4} - c % 2"
        for model in (ClassStanding, ClassDay):
            source = classes.format(model._meta.db_table)
            insert(owner, model, source, {**_like(model), "training_class_id": f"{FIRST} + c"})
        owner.execute("TRUNCATE oversight_institutionday")
        days = "(SELECT c.institution_id, d.day, d.kind, sum(d.confirmed_ms) AS confirmed_ms"
        days += ", sum(d.refused_ms) AS refused_ms FROM oversight_classday d"
        days += " JOIN enrollments_trainingclass c ON c.id = d.training_class_id GROUP BY 1, 2, 3) t"
        insert(owner, InstitutionDay, days, _like(InstitutionDay))
        owner.execute("TRUNCATE oversight_institutionstanding")
        training = f"(SELECT id FROM {Institution._meta.db_table} WHERE kind = 'training') t"
        insert(owner, InstitutionStanding, training, {"institution_id": "t.id"})
        owner.execute("VACUUM ANALYZE oversight_learnerstanding, oversight_classstanding, oversight_classday")
        owner.execute("VACUUM ANALYZE oversight_institutionday, oversight_institutionstanding")


def prove_figures(learners: int, at: Any) -> None:
    """Reckons some of the copied classes: nothing may change."""
    copied = range(FIRST + RECKONED + 1, FIRST + class_count(learners))
    for pk in copied[:: max(1, len(copied) // PROVEN)][:PROVEN]:
        copy = _kept(pk)
        refresh_class(at=at, pk=pk)
        if _kept(pk) != copy:
            raise RuntimeError(f"the copied figures of class {pk} are not those that the worker keeps")


def _like(model: Any) -> dict[str, Any]:
    return {each.column: f"t.{each.column}" for each in model._meta.concrete_fields if each.column != "id"}


def _kept(pk: int) -> list[list[dict[str, Any]]]:
    found = []
    for model in (ClassStanding, ClassDay, LearnerStanding):
        rows = model.objects.filter(training_class=pk).order_by("pk").values()  # type: ignore[attr-defined]
        found.append([{name: each[name] for name in each if name not in ("as_of", "id")} for each in rows])
    found[1].sort(key=lambda day: (day["day"], day["kind"]))
    return found
