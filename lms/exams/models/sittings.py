"""Where an exam institution examines, and when."""

import uuid

from django.db import models
from django.db.models import F, Q

from lms.enrollments.models import Syllabus, spoken
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
