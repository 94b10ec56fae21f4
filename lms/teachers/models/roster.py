"""The roster of teachers 师资库: each teacher's file, and the applications that it is made of."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lms.institutions.models import Institution
from media_pipeline.storage import private_storage


class PracticeAsked(models.Model):
    """How many years of practice are asked of who applies from a day on. Append-only (trigger), with its source."""

    in_force_from = models.DateField(unique=True)
    years_min = models.PositiveSmallIntegerField()
    source = models.CharField(max_length=200)

    class Meta:
        ordering = ["in_force_from"]
        verbose_name_plural = "years of practice asked"

    def __str__(self) -> str:
        return f"{self.years_min} years from {self.in_force_from} on"


class FileState(models.TextChoices):
    """Of an application; from waiting it goes one step."""

    WAITING = "waiting", _("Waiting for the authority")
    ACCEPTED = "accepted", _("Put on file")
    RETURNED = "returned", _("Returned")
    TAKEN_BACK = "taken_back", _("Withdrawn by the applicant")


class FileApplication(models.Model):
    """A file as it was applied for: by the teacher (no institution), or by staff of an institution they work for.

    What was applied for never changes (trigger); a row is decided or taken back once, and what was returned is applied
    for again by a new row. `trades` are codes of `queries.trades`; `qualifications` one a line; `photo` a JPEG that we
    wrote ourselves, in private storage. `years_asked` of practice were over on `applied_on`, the installation's day.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="file_applications")
    institution = models.ForeignKey(
        Institution, null=True, blank=True, on_delete=models.PROTECT, related_name="file_applications"
    )
    trades = ArrayField(models.CharField(max_length=60))
    practising_since = models.DateField()
    qualifications = models.TextField(blank=True)
    photo = models.FileField(storage=private_storage, max_length=120, editable=False)
    state = models.CharField(max_length=10, choices=FileState.choices, default=FileState.WAITING)
    applied_at = models.DateTimeField()
    applied_on = models.DateField()
    years_asked = models.PositiveSmallIntegerField()
    applied_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-applied_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(state="waiting"), name="one_waiting_file_application"
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | (~Q(decided_by=F("person")) & ~Q(decided_by=F("applied_by"))),
                name="a_file_is_decided_by_another_person",
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", decided_at__isnull=True, decided_by__isnull=True)
                | Q(state="taken_back", decided_at__isnull=False, decided_by__isnull=True)
                | Q(state__in=["accepted", "returned"], decided_at__isnull=False, decided_by__isnull=False),
                name="a_file_is_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state="returned") | ~Q(reason=""), name="a_file_is_returned_with_a_reason"
            ),
            models.CheckConstraint(
                condition=Q(institution__isnull=True, applied_by=F("person"))
                | (Q(institution__isnull=False) & ~Q(applied_by=F("person"))),
                name="a_file_is_applied_for_by_oneself_or_an_institution",
            ),
            models.CheckConstraint(condition=Q(trades__len__gt=0), name="a_file_names_a_trade"),
            models.CheckConstraint(condition=~Q(photo=""), name="a_file_has_a_photo"),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.state}"


class TeacherFile(models.Model):
    """The file of a teacher: the application that was accepted last (trigger: of this person, and accepted)."""

    person = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="teacher_file")
    application = models.OneToOneField(FileApplication, on_delete=models.PROTECT, related_name="file")
    accepted_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"file of {self.person}"
