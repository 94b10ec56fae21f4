"""Programs of others that read from here, and the order in which they read what has changed.

A client's name, its secret (hashed) and its scopes are in allauth's `Client`, its tokens (hashed) in allauth's `Token`.
What is ours is whom it acts for, which is all that decides what it sees.
"""

import uuid

from allauth.idp.oidc.models import Client
from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q

from lms.exams.models import Sitting
from lms.hours.models import Entry
from lms.institutions.models import Institution, Region


class ExchangeClient(models.Model):
    """A program that acts for the authority of a region and all below, or for one exam institution.

    Revoked, never deleted: the log tells what it was given.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    client = models.OneToOneField(Client, on_delete=models.PROTECT, related_name="exchange")
    region = models.ForeignKey(Region, null=True, on_delete=models.PROTECT, related_name="+")
    institution = models.ForeignKey(Institution, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(region__isnull=False, institution__isnull=True)
                | Q(region__isnull=True, institution__isnull=False),
                name="a_client_acts_for_one_body",
            ),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True) | Q(revoked_at__gte=models.F("created_at")),
                name="a_client_is_revoked_after_it_was_made",
            ),
        ]

    def __str__(self) -> str:
        return self.client.name


class FeedRow(models.Model):
    """A row of a feed. A trigger writes it in the transaction of what changed, so no way of changing can forget it.

    `number` is the place in the feed and comes later, when the row is committed and so seen by everybody
    (actions.numbering); it counts from 1 without a hole and is never changed (trigger). `mark` is random: after a
    restore from an older back-up the row at the same number has another one.
    """

    number = models.PositiveBigIntegerField(null=True, unique=True)
    mark = models.UUIDField(db_default=RandomUUID(), editable=False)

    class Meta:
        abstract = True


class HoursChange(FeedRow):
    """An entry of the ledger that changed confirmed hours.

    The references are not checked by PostgreSQL: entries are never deleted, and the ledger can be partitioned by
    learner.
    """

    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )

    class Meta:
        indexes = [models.Index(fields=["id"], condition=Q(number__isnull=True), name="changes_to_be_numbered")]

    def __str__(self) -> str:
        return f"change {self.number} of {self.learner_id}"


class StandingChange(FeedRow):
    """How a learner stands before a sitting may be different now: the gate decided about them, their seat was given up
    or withdrawn, or something that it rests on was put in doubt (triggers on decisions and registrations)."""

    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    sitting = models.ForeignKey(
        Sitting, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )

    class Meta:
        indexes = [models.Index(fields=["id"], condition=Q(number__isnull=True), name="standings_to_be_numbered")]

    def __str__(self) -> str:
        return f"change {self.number} of {self.learner_id} before sitting {self.sitting_id}"
