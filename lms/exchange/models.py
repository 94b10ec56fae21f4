"""Programs of others that read from here, and the order in which they read changes of confirmed hours.

A client's name, its secret (hashed) and its scopes are in allauth's `Client`, its tokens (hashed) in allauth's `Token`.
What is ours is whom it acts for, which is all that decides what it sees.
"""

import uuid

from allauth.idp.oidc.models import Client
from django.conf import settings
from django.db import models
from django.db.models import Q

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


class HoursChange(models.Model):
    """An entry of the ledger that changed confirmed hours. A trigger on the ledger writes the row, in the entry's own
    transaction: no way of posting hours can forget it.

    `number` is the place in the feed and comes later, when the row is committed and so seen by everybody
    (actions.numbering); it counts from 1 without a hole and is never changed (trigger). The references are not checked
    by PostgreSQL: entries are never deleted, and the ledger can be partitioned by learner.
    """

    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    number = models.PositiveBigIntegerField(null=True, unique=True)

    class Meta:
        indexes = [models.Index(fields=["id"], condition=Q(number__isnull=True), name="changes_to_be_numbered")]

    def __str__(self) -> str:
        return f"change {self.number} of {self.learner_id}"
