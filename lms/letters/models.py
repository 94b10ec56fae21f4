"""Letters that Xueshi owes to people, by e-mail. The row is the letter's promise; the broker only wakes a worker.

A letter is written in the transaction of what it tells of, claimed before it is sent (`due_at` moves on), and over when
it was sent or given up. What it says is kept only until then; where it came from stays in the audit log.
"""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q


class Letter(models.Model):
    """One letter to one person. `uuid` is made of what happened, so the same thing told twice is one letter.

    `about` is what the link leads to (an id in an address); `facts` are the values that its words name. `due_at` is
    when it may be tried next: None when it is over. `sent_at` is None for one that was given up.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=40)
    to = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    about = models.CharField(max_length=64, blank=True)
    facts = models.JSONField(default=dict)
    written_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at", "id"], condition=Q(due_at__isnull=False), name="letters_that_are_due"),
            models.Index(
                fields=["written_at"],
                condition=Q(due_at__isnull=True, sent_at__isnull=True),
                name="letters_given_up",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(due_at__isnull=False, sent_at__isnull=True) | Q(due_at__isnull=True, facts={}),
                name="a_letter_is_forgotten_when_it_is_over",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.uuid}"
