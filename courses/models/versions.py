"""Lessons and their frozen versions. Learning evidence points here, never at a page.

A `Lesson` is the lasting identity of a lesson page; each publication appends a `LessonVersion`, which PostgreSQL
refuses to change afterwards (trigger in the migration).
"""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from media_pipeline.models import Asset


class LessonKind(models.TextChoices):
    VIDEO = "video", _("Video lesson")
    READING = "reading", _("Textbook chapter")


class Lesson(models.Model):
    """What stays the same over all versions. Withdrawn lessons earn nothing from that moment on."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=10, choices=LessonKind.choices)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.kind} {self.uuid}"


class LessonVersion(models.Model):
    """What learners of a class study: title, measured length, and for a reading its frozen sections.

    `sections` is a list of {"title", "from_ms", "to_ms", "html"} that covers [0, duration_ms) without a hole; a video
    has one section or chapters. `content_digest` is the SHA-256 over kind, title, duration, sections and asset.
    """

    lesson = models.ForeignKey(Lesson, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=255)
    duration_ms = models.PositiveBigIntegerField()
    sections = models.JSONField(default=list)
    asset = models.ForeignKey(Asset, null=True, on_delete=models.PROTECT, related_name="+")
    content_digest = models.CharField(max_length=64)
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lesson", "number"], name="one_number_per_lesson"),
            models.CheckConstraint(condition=Q(duration_ms__gt=0), name="a_lesson_lasts"),
        ]

    def __str__(self) -> str:
        return f"{self.title} v{self.number}"
