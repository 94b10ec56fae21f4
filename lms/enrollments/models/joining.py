"""How people come into a class other than one by one: by a spreadsheet, by an invitation, by asking."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lms.enrollments.models.classes import TrainingClass


class ImportState(models.TextChoices):
    REFUSED = "refused", _("Rows to mend")
    CHECKED = "checked", _("Ready to import")
    WAITING = "waiting", _("Waiting for a worker")
    RUNNING = "running", _("Importing")
    DONE = "done", _("Imported")
    FAILED = "failed", _("Not imported")
    DISCARDED = "discarded", _("Discarded")


class RosterImport(models.Model):
    """A spreadsheet of participants: checked, confirmed, then imported whole or not at all.

    `sealed` holds the rows encrypted (lms.accounts.sealing) from the check until the import is over, and never longer.
    `problems` and `sample` are what the preview shows, masked. `attempt` is the worker that is at it, `heartbeat_at`
    its last sign of life, `done` how many of `total` rows it has written (committed together, at the end).
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    training_class = models.ForeignKey(TrainingClass, on_delete=models.PROTECT, related_name="imports")
    filename = models.CharField(max_length=120)
    state = models.CharField(max_length=10, choices=ImportState.choices)
    sealed = models.BinaryField(null=True, editable=False)
    total = models.PositiveIntegerField()
    new_people = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    problems = models.JSONField(default=list)
    sample = models.JSONField(default=list)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    attempt = models.UUIDField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["state"], name="imports_by_state")]
        constraints = [
            models.CheckConstraint(
                condition=Q(sealed__isnull=False, state__in=["checked", "waiting", "running"])
                | Q(sealed__isnull=True, state__in=["refused", "done", "failed", "discarded"]),
                name="rows_are_kept_only_until_imported",
            ),
            models.CheckConstraint(condition=Q(done__lte=F("total")), name="import_done_at_most_all"),
        ]

    def __str__(self) -> str:
        return f"{self.filename}: {self.state}"


class Invitation(models.Model):
    """A link into a class. Only the hash of its code is kept: the link is shown once, to whoever made it."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    training_class = models.ForeignKey(TrainingClass, on_delete=models.PROTECT, related_name="invitations")
    code_hash = models.CharField(max_length=64, unique=True, editable=False)
    uses_max = models.PositiveIntegerField()
    uses = models.PositiveIntegerField(default=0)
    expires_at = models.DateTimeField()
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(uses__lte=F("uses_max")), name="invitation_used_at_most"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("made_at")), name="invitation_lasts"),
        ]

    def __str__(self) -> str:
        return f"invitation into {self.training_class}"


class JoinState(models.TextChoices):
    ASKED = "asked", _("Waiting for an answer")
    APPROVED = "approved", _("You are in the class")
    REFUSED = "refused", _("Refused")


class JoinRequest(models.Model):
    """A learner asks to join a class; its staff approves or refuses with a reason. One open request at a time."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    training_class = models.ForeignKey(TrainingClass, on_delete=models.PROTECT, related_name="join_requests")
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="join_requests")
    invitation = models.ForeignKey(Invitation, null=True, on_delete=models.PROTECT, related_name="join_requests")
    state = models.CharField(max_length=10, choices=JoinState.choices, default=JoinState.ASKED)
    asked_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["training_class", "learner"], condition=Q(state="asked"), name="one_open_join_request"
            ),
            models.CheckConstraint(
                condition=Q(state="asked", decided_at__isnull=True, decided_by__isnull=True)
                | Q(decided_at__isnull=False, decided_by__isnull=False),
                name="join_request_decided_by_somebody",
            ),
            models.CheckConstraint(condition=~Q(state="refused") | ~Q(reason=""), name="refused_join_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.learner} asks for {self.training_class}"
