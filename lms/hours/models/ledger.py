"""The ledger: entries, refusals, and the totals that must equal their replay.

Entries and refusals are append-only (trigger). A correction is a new entry. The credited intervals of one learner
never overlap, whatever the lesson, institution or kind of hour: an exclusion constraint refuses it (I1).
"""

import uuid

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from courses.models import LessonVersion
from lms.enrollments.models import Enrollment, Kind, Module
from lms.hours.models.clock import StudySession


class EntrySort(models.TextChoices):
    """What an entry does to the hours of its module."""

    CREDIT = "credit", _("Studied")  # provisional +
    CONFIRM = "confirm", _("Confirmed")  # provisional -, confirmed +
    VOID = "void", _("Voided")  # provisional - (or confirmed - after a decision)
    ATTENDANCE = "attendance", _("Attended")  # confirmed +
    CLAIM = "claim", _("Claimed and reviewed")  # confirmed +
    CORRECTION = "correction", _("Corrected")  # confirmed +/-


class TimeSpan(Func):
    function = "tstzrange"
    output_field = DateTimeRangeField()


class Entry(models.Model):
    """One line of a learner's ledger. `number` counts a learner's entries from 1 without a hole.

    The deltas change the hours of (enrollment, module, kind); `*_after_ms` are those hours after this entry, so the
    latest entry of a module is its balance and reading it costs the same however long the history is.
    `from_at`/`to_at` take that time of the learner's clock; `ms` <= its length. A correction that gives hours carries
    two names: `proposed_by` of the institution and `posted_by` of whoever decided. Attended hours carry two names as
    well, or the learner's own (`posted_by`): they signed in and out with the code on the teacher's screen. Claimed
    hours (`lms.teachers`) carry the learner's own name as `proposed_by` and that of whoever reviewed the claim.
    Confirmed hours are voided with two names only.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.PositiveBigIntegerField()
    sort = models.CharField(max_length=10, choices=EntrySort.choices)
    enrollment = models.ForeignKey(Enrollment, on_delete=models.PROTECT, related_name="+", db_index=False)
    module = models.ForeignKey(Module, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    lesson_version = models.ForeignKey(
        LessonVersion, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    session = models.ForeignKey(StudySession, null=True, on_delete=models.PROTECT, related_name="+")
    from_at = models.DateTimeField(null=True)
    to_at = models.DateTimeField(null=True)
    media_from_ms = models.PositiveBigIntegerField(null=True)
    media_to_ms = models.PositiveBigIntegerField(null=True)
    ms = models.PositiveBigIntegerField()
    provisional_delta_ms = models.BigIntegerField(default=0)
    confirmed_delta_ms = models.BigIntegerField(default=0)
    provisional_after_ms = models.PositiveBigIntegerField()
    confirmed_after_ms = models.PositiveBigIntegerField()
    reason = models.CharField(max_length=200, blank=True)
    posted_at = models.DateTimeField()
    posted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        verbose_name_plural = "entries"
        indexes = [
            models.Index(fields=["enrollment", "module", "kind", "-number"], name="balance_of_a_module"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["learner", "number"], name="entries_are_numbered"),
            ExclusionConstraint(
                name="no_overlap_of_credited_time",
                expressions=[
                    ("learner", RangeOperators.EQUAL),
                    (TimeSpan("from_at", "to_at", RangeBoundary()), RangeOperators.OVERLAPS),
                ],
                condition=Q(from_at__isnull=False),
            ),
            models.CheckConstraint(
                condition=Q(sort__in=["credit", "attendance", "claim"], from_at__isnull=False, to_at__gt=F("from_at"))
                | (~Q(sort__in=["credit", "attendance", "claim"]) & Q(to_at__isnull=True, from_at__isnull=True))
                | Q(sort="correction"),
                name="credit_takes_time",
            ),
            models.CheckConstraint(
                condition=~Q(sort="correction", confirmed_delta_ms__gt=0)
                | Q(posted_by__isnull=False, proposed_by__isnull=False)
                & ~Q(posted_by=F("proposed_by"))
                & ~Q(posted_by=F("learner"))
                & ~Q(proposed_by=F("learner")),
                name="more_hours_need_two_names",
            ),
            models.CheckConstraint(
                condition=~Q(sort="attendance")
                | Q(posted_by__isnull=False, posted_by=F("learner"), proposed_by__isnull=True)
                | Q(posted_by__isnull=False, proposed_by__isnull=False)
                & ~Q(posted_by=F("proposed_by"))
                & ~Q(posted_by=F("learner"))
                & ~Q(proposed_by=F("learner")),
                name="attended_hours_need_the_learner_or_two_names",
            ),
            models.CheckConstraint(
                condition=~Q(sort="claim")
                | Q(
                    kind__in=["classroom", "workshop"],
                    lesson_version__isnull=True,
                    provisional_delta_ms=0,
                    confirmed_delta_ms=F("ms"),
                    posted_by__isnull=False,
                    proposed_by__isnull=False,
                    proposed_by=F("learner"),
                )
                & ~Q(posted_by=F("learner")),
                name="claimed_hours_are_reviewed_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(sort="void", confirmed_delta_ms__lt=0)
                | Q(posted_by__isnull=False, proposed_by__isnull=False)
                & ~Q(posted_by=F("proposed_by"))
                & ~Q(posted_by=F("learner"))
                & ~Q(proposed_by=F("learner")),
                name="confirmed_hours_are_voided_by_two",
            ),
        ]

    def __str__(self) -> str:
        return f"entry {self.number} of {self.learner_id}: {self.sort} {self.ms} ms"


class Refusal(models.Model):
    """Claimed time that was not credited, and why. Kept, shown, and open to appeal."""

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    session = models.ForeignKey(StudySession, on_delete=models.PROTECT, related_name="+", db_index=False)
    enrollment = models.ForeignKey(Enrollment, on_delete=models.PROTECT, related_name="+", db_index=False)
    module = models.ForeignKey(Module, on_delete=models.PROTECT, related_name="+", db_index=False)
    lesson_version = models.ForeignKey(LessonVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    code = models.CharField(max_length=20)
    ms = models.PositiveBigIntegerField()
    from_at = models.DateTimeField()
    to_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["learner", "-id"], name="refusals_of_a_learner")]

    def __str__(self) -> str:
        return f"{self.code} {self.ms} ms of {self.learner_id}"


class ModuleHours(models.Model):
    """Totals of one learner in one module and kind: a cache of the ledger, proven equal by `verify_ledger` (I10).

    Pages read it; the exam gate reads entries.
    """

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    enrollment = models.ForeignKey(Enrollment, on_delete=models.PROTECT, related_name="+", db_index=False)
    module = models.ForeignKey(Module, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    confirmed_ms = models.PositiveBigIntegerField(default=0)
    provisional_ms = models.PositiveBigIntegerField(default=0)
    refused = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "module hours"
        constraints = [
            models.UniqueConstraint(fields=["enrollment", "module", "kind"], name="one_total_per_module_and_kind")
        ]

    def __str__(self) -> str:
        return f"{self.confirmed_ms} ms confirmed in module {self.module_id}"
