"""Verdicts that were acted upon, with all that they were made from."""

import uuid

from django.conf import settings
from django.db import models

from lms.enrollments.models import Enrollment
from lms.exams.models.sittings import Sitting


class Decision(models.Model):
    """A verdict on one learner and one sitting, with all that it was made from. Append-only (trigger).

    `inputs` replays to the same verdict with the same `rule_version`; `digest` is the SHA-256 of both. `signature` is a
    JWS over both, the verdict and whose it is; decisions of the first rule have none. `ledger_number` is the last
    entry of the learner's ledger that it could know: no seat is booked upon it when a later one lowered hours.
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
    ledger_number = models.PositiveBigIntegerField(null=True)
    signature = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"decision {self.uuid}: {'eligible' if self.eligible else 'refused'}"
