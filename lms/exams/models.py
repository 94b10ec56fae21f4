"""Sites, sittings, registrations and the decisions behind them.

A seat is a number from 1 to the sitting's capacity: unique per sitting and bounded by a trigger, so PostgreSQL cannot
hold more registrations than seats even if every lock were forgotten.
"""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lms.enrollments.models import Enrollment, Syllabus, spoken
from lms.institutions.models import Institution


class Site(models.Model):
    """A place where an exam institution examines."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="sites")
    name_zh = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120, blank=True)
    address = models.CharField(max_length=200, blank=True)
    seats = models.PositiveIntegerField()

    def __str__(self) -> str:
        return self.name_zh

    @property
    def name(self) -> str:
        return spoken(self.name_zh, self.name_en)


class Sitting(models.Model):
    """One scheduled exam of a syllabus at a site. Registration is open in [opens_at, closes_at)."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    syllabus = models.ForeignKey(Syllabus, on_delete=models.PROTECT, related_name="sittings")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="sittings")
    title_zh = models.CharField(max_length=120)
    title_en = models.CharField(max_length=120, blank=True)
    starts_at = models.DateTimeField()
    minutes = models.PositiveIntegerField(default=120)
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    capacity = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(opens_at__lt=F("closes_at"), closes_at__lte=F("starts_at")),
                name="registration_closes_before_the_exam",
            ),
            models.CheckConstraint(condition=Q(capacity__gt=0), name="a_sitting_has_seats"),
        ]

    def __str__(self) -> str:
        return self.title_zh

    @property
    def title(self) -> str:
        return spoken(self.title_zh, self.title_en)


class Decision(models.Model):
    """A verdict on one learner and one sitting, with all that it was made from. Append-only (trigger).

    `inputs` replays to the same verdict with the same `rule_version`; `digest` is the SHA-256 of both.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    sitting = models.ForeignKey(Sitting, on_delete=models.PROTECT, related_name="+")
    enrollment = models.ForeignKey(Enrollment, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    rule_version = models.CharField(max_length=40)
    inputs = models.JSONField()
    eligible = models.BooleanField()
    unmet = models.JSONField(default=list)
    digest = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"decision {self.uuid}: {'eligible' if self.eligible else 'refused'}"


class RegistrationState(models.TextChoices):
    BOOKED = "booked", _("Registered")
    CANCELLED = "cancelled", _("Cancelled")


class Registration(models.Model):
    """A learner's seat in a sitting. Cancelling frees the seat; the row stays."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="registrations")
    sitting = models.ForeignKey(Sitting, on_delete=models.PROTECT, related_name="registrations")
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="+")
    seat = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=RegistrationState.choices, default=RegistrationState.BOOKED)
    booked_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["learner", "sitting"], condition=Q(state="booked"), name="one_seat_per_learner"
            ),
            models.UniqueConstraint(
                fields=["sitting", "seat"], condition=Q(state="booked"), name="one_learner_per_seat"
            ),
            models.CheckConstraint(condition=Q(seat__gte=1), name="seats_count_from_one"),
        ]

    def __str__(self) -> str:
        return f"seat {self.seat} of {self.sitting}"
