"""What the log knows of a thing: whether it was told already, and what happened to it."""

from collections.abc import Collection
from datetime import datetime

from django.db import models

from lms.audit.models import Event


def was_recorded(verb: str, subject: models.Model, since: datetime) -> bool:
    """Whether this was recorded about the subject, at `since` or later."""
    told = Event.objects.filter(subject_type=subject._meta.label_lower, subject_id=_id_of(subject))
    return told.filter(verb=verb, at__gte=since).exists()


def events_of(subject: models.Model, verbs: Collection[str], most: int) -> list[Event]:
    """What the log has of these verbs about the subject, the newest first; the caller may see the subject."""
    told = Event.objects.filter(subject_type=subject._meta.label_lower, subject_id=_id_of(subject), verb__in=verbs)
    return list(told.order_by("-at", "-pk")[:most])


def last_event(subject_type: str, subject_id: str) -> Event | None:
    """What happened last to a thing that need be no row of the database."""
    return Event.objects.filter(subject_type=subject_type, subject_id=subject_id).order_by("-at", "-pk").first()


def _id_of(subject: models.Model) -> str:
    return str(getattr(subject, "uuid", None) or subject.pk)
