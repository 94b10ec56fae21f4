"""Presence checks as they were asked and judged, the questions that editors wrote, and who gets more time.

What waits for an answer is named by the learner's clock row (`pending_check`), so that it outlives reloads, sessions
and devices.
"""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from courses.models import LessonVersion


class CheckOutcome(models.TextChoices):
    """How a check ended. The values are also the reasons of the entries that take time back."""

    PENDING = "", _("Waiting for an answer")
    PASSED = "check_passed", _("Presence question answered")
    FAILED = "check_failed", _("Presence question answered wrongly")
    UNANSWERED = "check_unanswered", _("Presence question not answered in time")


class LessonQuestion(models.Model):
    """A question about a lesson version, asked only when `from_ms` was covered in the last minutes.

    `options` and `options_en` are lists of texts, the English one empty or as long as the other; `right` is an index.
    A retired one is asked no more; it stays, because checks name it.
    """

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    lesson_version = models.ForeignKey(LessonVersion, on_delete=models.PROTECT, related_name="+")
    from_ms = models.PositiveBigIntegerField()
    prompt = models.CharField(max_length=300)
    prompt_en = models.CharField(max_length=300, blank=True)
    options = models.JSONField()
    options_en = models.JSONField(default=list)
    right = models.PositiveSmallIntegerField()
    retired_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.prompt


class PresenceCheck(models.Model):
    """One check of one learner, with the question as it was put. Judged once, then never changed.

    `ms` is what its outcome confirmed or voided; `choice` is the option chosen, None without an answer.
    """

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    session = models.ForeignKey("hours.StudySession", on_delete=models.PROTECT, related_name="+", db_index=False)
    method = models.CharField(max_length=20)
    question = models.ForeignKey(LessonQuestion, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    prompt = models.JSONField()
    options = models.JSONField()
    right = models.PositiveSmallIntegerField()
    within_ms = models.PositiveIntegerField()
    asked_at = models.DateTimeField()
    deadline_at = models.DateTimeField()
    outcome = models.CharField(max_length=20, choices=CheckOutcome.choices, default=CheckOutcome.PENDING, blank=True)
    judged_at = models.DateTimeField(null=True)
    choice = models.PositiveSmallIntegerField(null=True)
    ms = models.PositiveBigIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["deadline_at"], name="checks_that_wait", condition=Q(outcome=""))]
        constraints = [
            models.UniqueConstraint(fields=["learner"], name="one_check_waits", condition=Q(outcome="")),
            models.CheckConstraint(
                condition=Q(outcome="", judged_at__isnull=True) | (~Q(outcome="") & Q(judged_at__isnull=False)),
                name="a_judged_check_says_when",
            ),
        ]

    def __str__(self) -> str:
        return f"check {self.uuid} of {self.learner_id}: {self.outcome or 'waiting'}"


class CheckPolicy(models.Model):
    """How one learner is checked. Without a row: the usual time."""

    learner = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.PROTECT, related_name="check_policy"
    )
    extra_time = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"check policy of {self.learner_id}"
