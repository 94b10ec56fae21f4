"""What registering asks beyond class hours, dated; and licensing certificates that learners hold already."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from lms.enrollments.models import Syllabus
from lms.institutions.models import Region


class RequirementSet(models.Model):
    """What is asked of classes reported from a day on. Append-only (trigger): what changes is a new set.

    Without a syllabus it is asked of all, without a region everywhere. Those in force together ask what any asks.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    syllabus = models.ForeignKey(Syllabus, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    region = models.ForeignKey(Region, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField(unique=True)
    in_force_from = models.DateField()
    in_force_to = models.DateField(null=True, blank=True)
    classroom_percent = models.PositiveIntegerField(default=0)
    reported_class = models.BooleanField(default=True)
    certified_teachers = models.BooleanField(default=True)
    institution_in_order = models.BooleanField(default=True)
    verified_identity = models.BooleanField(default=True)
    earlier_certificate = models.BooleanField(default=True)
    source = models.CharField(max_length=200)
    enacted_at = models.DateTimeField()
    enacted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["number"]
        constraints = [
            models.CheckConstraint(condition=Q(classroom_percent__lte=100), name="classroom_share_at_most_all"),
            models.CheckConstraint(
                condition=Q(in_force_to__isnull=True) | Q(in_force_to__gt=F("in_force_from")),
                name="requirements_end_after_they_begin",
            ),
        ]

    def __str__(self) -> str:
        return f"requirements {self.number}"


class HeldCertificate(models.Model):
    """A licensing certificate that a learner held before: an exam office or authority saw it. Append-only (trigger)."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="held_certificates")
    category = models.CharField(max_length=60)
    trade = models.CharField(max_length=60, blank=True)
    number = models.CharField(max_length=40)
    issued_on = models.DateField()
    expires_on = models.DateField()
    seen_at = models.DateTimeField()
    seen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_on__gt=F("issued_on")), name="certificate_expires_after_it_is_issued"
            ),
            models.UniqueConstraint(
                fields=["learner", "category", "trade", "number"], name="a_certificate_is_written_once"
            ),
        ]

    def __str__(self) -> str:
        return f"certificate {self.number}"
