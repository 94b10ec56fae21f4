"""The one way an audit row comes to be. Call it inside the transaction of the write that it tells of."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models

from lms.audit.models import Event

BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Thing:
    """A subject that is no row of the database: what it is, in the form `area.thing`, and its id."""

    type: str
    id: str


def record(
    *, verb: str, subject: models.Model | Thing, by: Any, at: datetime, detail: dict[str, Any] | None = None
) -> Event:
    """Append one event. `detail` must hold no identity number, secret or key; ids, counts and codes only.

    `by` is a user or None for the system; an anonymous user counts as None.
    """
    event = _event(verb, subject, by, at, detail)
    event.save(force_insert=True)
    return event


def record_many(
    *, verb: str, subjects: Iterable[models.Model], by: Any, at: datetime, detail: dict[str, Any] | None = None
) -> None:
    """Append one event for each subject, in few statements. What holds for `record` holds for each."""
    Event.objects.bulk_create((_event(verb, each, by, at, detail) for each in subjects), batch_size=BATCH)


def _event(verb: str, subject: models.Model | Thing, by: Any, at: datetime, detail: dict[str, Any] | None) -> Event:
    author = by if by is not None and getattr(by, "pk", None) else None
    thing = subject if isinstance(subject, Thing) else _thing(subject)
    return Event(
        at=at,
        by_id=author.pk if author else None,
        verb=verb,
        subject_type=thing.type,
        subject_id=thing.id,
        detail=detail or {},
    )


def _thing(subject: models.Model) -> Thing:
    return Thing(subject._meta.label_lower, str(getattr(subject, "uuid", None) or subject.pk))


def record_signal(sender: Any, *, verb: str, subject: models.Model, by: Any, at: datetime, **kwargs: Any) -> None:
    """Receiver of `media_pipeline.signals.acted`: the lower roots tell what they did without knowing this app."""
    record(verb=verb, subject=subject, by=by, at=at, detail=kwargs.get("detail"))
