"""Seats that learners hold.

A seat is a number from 1 to the sitting's capacity: unique per sitting and bounded by a trigger, so PostgreSQL cannot
hold more registrations than seats even if every lock were forgotten.
"""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lms.exams.models.decisions import Decision
from lms.exams.models.sittings import Sitting


class RegistrationState(models.TextChoices):
    BOOKED = "booked", _("Registered")
    CANCELLED = "cancelled", _("Cancelled")
    WITHDRAWN = "withdrawn", _("Seat withdrawn")


class Registration(models.Model):
    """A learner's seat in a sitting. Cancelling or withdrawing frees the seat; the row stays.

    `doubted_at`: something that the seat rests on may have changed then (hours, institution, person), and nobody has
    looked yet. `withdrawal` is the decision by which the seat was taken away.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="registrations")
    sitting = models.ForeignKey(Sitting, on_delete=models.PROTECT, related_name="registrations")
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="+")
    seat = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=RegistrationState.choices, default=RegistrationState.BOOKED)
    booked_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True, blank=True)
    doubted_at = models.DateTimeField(null=True, blank=True)
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
        ]
        indexes = [
            models.Index(
                fields=["doubted_at"], condition=Q(state="booked", doubted_at__isnull=False), name="seats_in_doubt"
            )
        ]

    def __str__(self) -> str:
        return f"seat {self.seat} of {self.sitting}"
