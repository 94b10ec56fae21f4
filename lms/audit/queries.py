"""What the log knows already, for whoever would otherwise tell the same again and again."""

from datetime import datetime

from django.db import models

from lms.audit.models import Event


def was_recorded(verb: str, subject: models.Model, since: datetime) -> bool:
    """Whether this was recorded about the subject, at `since` or later."""
    told = Event.objects.filter(
        subject_type=subject._meta.label_lower, subject_id=str(getattr(subject, "uuid", None) or subject.pk)
    )
    return told.filter(verb=verb, at__gte=since).exists()
