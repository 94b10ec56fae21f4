"""Who did what, when, to what. Append-only: PostgreSQL refuses UPDATE and DELETE (trigger in the migration)."""

from django.conf import settings
from django.db import models


class Event(models.Model):
    """One thing that somebody did. `by` is None only for the system itself (sweeper, migration of data)."""

    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    verb = models.CharField(max_length=64)
    subject_type = models.CharField(max_length=64)
    subject_id = models.CharField(max_length=64)
    detail = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["subject_type", "subject_id", "at"], name="audit_by_subject")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.verb} {self.subject_type} {self.subject_id}"
