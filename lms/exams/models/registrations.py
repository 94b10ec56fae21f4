"""Seats that learners hold or wait for, and who was let in.

A seat is a number from 1 to the sitting's capacity: unique per sitting and bounded by a trigger, so PostgreSQL cannot
hold more registrations than seats even if every lock were forgotten. Nor one without an eligible decision of the same
learner and sitting, one on hours that were lowered since that decision, or two seats for one syllabus.
"""

import uuid

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lms.enrollments.models import Syllabus
from lms.exams.models.decisions import Decision
from lms.exams.models.sittings import Sitting


class RegistrationState(models.TextChoices):
    BOOKED = "booked", _("Registered")
    CANCELLED = "cancelled", _("Cancelled")
    WITHDRAWN = "withdrawn", _("Seat withdrawn")


class Registration(models.Model):
    """A learner's seat in a sitting. Cancelling or withdrawing frees the seat; the row stays.

    `doubted_at`: something that the seat rests on may have changed then (hours, institution, person), and nobody has
    looked yet; `doubts` counts how often that was, so that a look clears no doubt that it did not see. `withdrawal` is
    the decision by which the seat was taken away. `instead_of` is the seat that was given up for this one. PostgreSQL
    writes `syllabus`, `held` [booked_at, end of the exam) and `examined` [start, end).
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="registrations")
    sitting = models.ForeignKey(Sitting, on_delete=models.PROTECT, related_name="registrations")
    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="+")
    instead_of = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="given_for")
    syllabus = models.ForeignKey(Syllabus, null=True, editable=False, on_delete=models.PROTECT, related_name="+")
    held = DateTimeRangeField(null=True, editable=False)
    examined = DateTimeRangeField(null=True, editable=False)
    seat = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=RegistrationState.choices, default=RegistrationState.BOOKED)
    booked_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True, blank=True)
    doubted_at = models.DateTimeField(null=True, blank=True)
    doubts = models.PositiveIntegerField(default=0)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawal = models.ForeignKey(Decision, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["learner", "sitting"], condition=Q(state="booked"), name="one_seat_per_learner"
            ),
            models.UniqueConstraint(
                fields=["sitting", "seat"], condition=Q(state="booked"), name="one_learner_per_seat"
            ),
            models.CheckConstraint(condition=Q(seat__gte=1), name="seats_count_from_one"),
            models.CheckConstraint(
                condition=Q(state="withdrawn", withdrawn_at__isnull=False, withdrawal__isnull=False)
                | ~Q(state="withdrawn") & Q(withdrawn_at__isnull=True, withdrawal__isnull=True),
                name="a_seat_is_withdrawn_by_a_decision",
            ),
            models.CheckConstraint(condition=~Q(instead_of=F("pk")), name="a_seat_is_not_given_up_for_itself"),
            ExclusionConstraint(
                name="one_seat_per_syllabus",
                expressions=[
                    ("learner", RangeOperators.EQUAL),
                    ("syllabus", RangeOperators.EQUAL),
                    ("held", RangeOperators.OVERLAPS),
                ],
                condition=Q(state="booked"),
            ),
            ExclusionConstraint(
                name="one_exam_at_a_time",
                expressions=[("learner", RangeOperators.EQUAL), ("examined", RangeOperators.OVERLAPS)],
                condition=Q(state="booked"),
            ),
        ]
        indexes = [
            models.Index(
                fields=["doubted_at"], condition=Q(state="booked", doubted_at__isnull=False), name="seats_in_doubt"
            )
        ]

    def __str__(self) -> str:
        return f"seat {self.seat} of {self.sitting}"


class PlaceState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    SEATED = "seated", _("Got a seat")
    LEFT = "left", _("Left the list")
    REFUSED = "refused", _("Not eligible any more")


class WaitingPlace(models.Model):
    """A learner waits for a seat of a full sitting, first come first served (by `pk`).

    `decision` is what put them on the list, refused because it was full and for nothing else. `ending` is the decision
    that ended the waiting with a seat or without one.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="waiting_places")
    sitting = models.ForeignKey(Sitting, on_delete=models.PROTECT, related_name="waiting_places")
    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=PlaceState.choices, default=PlaceState.WAITING)
    joined_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ending = models.OneToOneField(Decision, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["learner", "sitting"], condition=Q(state="waiting"), name="one_waiting_place_per_learner"
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", ended_at__isnull=True, ending__isnull=True)
                | Q(state="left", ended_at__isnull=False, ending__isnull=True)
                | Q(state__in=["seated", "refused"], ended_at__isnull=False, ending__isnull=False),
                name="waiting_ends_with_a_decision_or_by_leaving",
            ),
        ]
        indexes = [models.Index(fields=["sitting", "id"], condition=Q(state="waiting"), name="who_waits_first")]

    def __str__(self) -> str:
        return f"{self.learner} waits for {self.sitting}"


class Admission(models.Model):
    """A learner was let in at the door, upon a verdict of that moment. Append-only (trigger), once per seat."""

    registration = models.OneToOneField(Registration, on_delete=models.PROTECT, related_name="admission")
    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="+")
    admitted_at = models.DateTimeField()
    admitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"admitted: {self.registration}"
