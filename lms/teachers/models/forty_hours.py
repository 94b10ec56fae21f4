"""Years of continuing education 继续教育, and claims of hours that no clock of ours has seen.

A year is an ordinary class of a syllabus of continuing education with some figures of its own; what a teacher earns in
it stands on the same ledger as every other hour. PostgreSQL holds that a year's figures and evidence never change, that
a claim says for ever what it said, and that nobody decides on their own claim or a colleague's (triggers).
"""

import uuid
from typing import Any

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from lms.enrollments.models import Kind, Module, TrainingClass
from lms.hours.models import Entry
from lms.hours.models.ledger import TimeSpan
from lms.institutions.models import Region
from lms.teachers.rules.claims import NAME_MAX, PLACE_MAX, REASON_MAX, TEXT_MAX, TITLE_MAX
from media_pipeline.storage import private_storage


def _person(**changes: Any) -> Any:
    return models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", **changes)


def _hours(**changes: Any) -> Any:
    return models.DecimalField(max_digits=6, decimal_places=2, **changes)


class EducationYear(models.Model):
    """What a province asks of its teachers in one calendar year of the installation's zone, opened by its authority.

    The modules of the class's syllabus version are the categories. Who is short on the last day has until
    `make_up_until`; then they are not named in a new class report before the hours are made up.
    """

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="education_years")
    year = models.PositiveSmallIntegerField()
    training_class = models.OneToOneField(TrainingClass, on_delete=models.PROTECT, related_name="education_year")
    required_hours = _hours(default=40)
    make_up_until = models.DateField()
    carry_over_hours_max = _hours(default=0)
    opened_at = models.DateTimeField()
    opened_by = _person()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["region", "year"], name="a_region_opens_a_year_once"),
            models.CheckConstraint(
                condition=Q(required_hours__gt=0, carry_over_hours_max__gte=0), name="a_year_asks_some_hours"
            ),
            models.CheckConstraint(
                condition=Q(make_up_until__year__gt=F("year")), name="made_up_after_the_year_that_was_missed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.year} of {self.region}"


class CategoryCap(models.Model):
    """At most so many class hours of a category count in a year. A category without a row has no cap."""

    education_year = models.ForeignKey(EducationYear, on_delete=models.PROTECT, related_name="caps")
    module = models.ForeignKey(Module, on_delete=models.PROTECT, related_name="+")
    hours_max = _hours()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["education_year", "module"], name="one_cap_for_a_category"),
            models.CheckConstraint(condition=Q(hours_max__gt=0), name="a_cap_lets_something_count"),
        ]

    def __str__(self) -> str:
        return f"{self.module}: at most {self.hours_max}"


class ClaimState(models.TextChoices):
    """A claim waits until somebody decides or the claimant takes it back; each of the others is its end."""

    WAITING = "waiting", _("Waiting for review")
    ACCEPTED = "accepted", pgettext_lazy("claim", "Accepted")
    REFUSED = "refused", _("Not accepted")
    TAKEN_BACK = "taken_back", _("Taken back")


class Claim(models.Model):
    """A teacher says that they were at a seminar, workshop, demonstration lesson or contest in [from_at, to_at).

    `entry`, whose uuid is the claim's, is what accepting posted. What was accepted and should not count is voided by
    two people, as attended hours are (`lms.hours.actions.attendance_proposals`); the claim stays accepted.
    """

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    person = _person()
    education_year = models.ForeignKey(EducationYear, on_delete=models.PROTECT, related_name="claims")
    module = models.ForeignKey(Module, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    from_at = models.DateTimeField()
    to_at = models.DateTimeField()
    title = models.CharField(max_length=TITLE_MAX)
    place = models.CharField(max_length=PLACE_MAX)
    text = models.CharField(max_length=TEXT_MAX, blank=True)
    state = models.CharField(max_length=10, choices=ClaimState.choices, default=ClaimState.WAITING)
    claimed_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = _person(null=True)
    reason = models.CharField(max_length=REASON_MAX, blank=True)
    entry = models.OneToOneField(Entry, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [
            models.Index(fields=["person", "-claimed_at"], name="claims_of_a_teacher"),
            models.Index(
                fields=["education_year", "claimed_at"], name="claims_that_wait", condition=Q(state="waiting")
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["classroom", "workshop"]), name="a_claim_is_of_a_place"),
            models.CheckConstraint(condition=Q(to_at__gt=F("from_at")), name="a_claim_ends_after_it_begins"),
            models.CheckConstraint(condition=Q(claimed_at__gte=F("to_at")), name="a_claim_comes_after_its_time"),
            models.CheckConstraint(
                condition=Q(state="waiting", decided_at__isnull=True, decided_by__isnull=True, entry__isnull=True)
                | Q(state="taken_back", decided_at__isnull=False, decided_by__isnull=True, entry__isnull=True)
                | Q(state="accepted", decided_at__isnull=False, decided_by__isnull=False, entry__isnull=False)
                | Q(state="refused", decided_at__isnull=False, decided_by__isnull=False, entry__isnull=True)
                & ~Q(reason=""),
                name="a_claim_ends_with_a_name",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("person")), name="nobody_decides_their_own_claim"
            ),
            ExclusionConstraint(
                name="no_time_is_claimed_twice",
                expressions=[
                    ("person", RangeOperators.EQUAL),
                    (TimeSpan("from_at", "to_at", RangeBoundary()), RangeOperators.OVERLAPS),
                ],
                condition=Q(state__in=["waiting", "accepted"]),
            ),
        ]

    def __str__(self) -> str:
        return f"claim {self.uuid}: {self.state}"


class Evidence(models.Model):
    """A file that a claim rests on, in private storage: it has no address, and is given to claimant and reviewer only.

    `content_type` is what its first bytes say, never its name.
    """

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="evidence")
    file = models.FileField(storage=private_storage, max_length=120, editable=False)
    name = models.CharField(max_length=NAME_MAX)
    content_type = models.CharField(max_length=20)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        verbose_name_plural = "evidence"
        ordering = ["claim", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["claim", "sha256"], name="a_file_once_in_a_claim"),
            models.CheckConstraint(
                condition=Q(content_type__in=["application/pdf", "image/jpeg", "image/png"]),
                name="evidence_is_a_document_or_a_picture",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.claim_id}"
