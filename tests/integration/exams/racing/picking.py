"""Whom and what a writer picks: as the database stands at that moment, and often no longer a moment later."""

import random
from dataclasses import dataclass

from lms.accounts.models import User
from lms.enrollments.models import Enrollment
from lms.exams.models import Registration, Sitting, WaitingPlace
from tests.integration.exams.racing.ground import Stage, Trained


def somewhere(stage: Stage) -> Sitting:
    return random.choice([*stage.sittings, *stage.sittings, *stage.doomed])


def somebodys_seat() -> Registration | None:
    held = Registration.objects.filter(state="booked").select_related("learner", "sitting__site__institution")
    return held.order_by("?").first()


def somebodys_place() -> WaitingPlace | None:
    return WaitingPlace.objects.filter(state="waiting").select_related("learner").order_by("?").first()


def somebody_without_a_seat(stage: Stage) -> User | None:
    seated = set(Registration.objects.filter(state="booked").values_list("learner", flat=True))
    without = [each.person for each in stage.learners if each.person.pk not in seated]
    return random.choice(without) if without else None


def has_room(sitting: Sitting) -> bool:
    return Registration.objects.filter(state="booked", sitting=sitting).count() < sitting.capacity


def somebody_who_left() -> Enrollment | None:
    left = Enrollment.objects.filter(state="withdrawn").select_related("learner", "training_class__institution")
    return left.first()


@dataclass
class Group:
    """Learners of one class whose hours are given and taken together: one decision locks all of their clocks."""

    people: list[Trained]
    lacks: bool = False


def groups_of(stage: Stage) -> list[Group]:
    halves = (stage.learners[::2], stage.learners[1::2])
    return [Group(half[place : place + 3]) for half in halves for place in range(0, len(half), 3)]


def one_of(groups: list[Group]) -> Group:
    """One that lacks its hours, as long as there is one: hardly anybody is without for long."""
    return next((each for each in groups if each.lacks), None) or random.choice(groups)
