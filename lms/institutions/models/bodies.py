"""Regions, training and exam institutions, and who works where.

An institution is *either* a training or an exam institution: training and examining are kept apart 教考分离.
"""

import uuid

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Region(models.Model):
    """A province, prefecture or county; an authority sees its own region and those below (code prefix).

    `code` is the administrative division code; a child's begins with its parent's (rules.regions).
    """

    code = models.CharField(max_length=12, unique=True)
    name_zh = models.CharField(max_length=60)
    name_en = models.CharField(max_length=60)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")

    def __str__(self) -> str:
        return self.name_zh


class InstitutionKind(models.TextChoices):
    TRAINING = "training", _("Training institution")
    EXAM = "exam", _("Exam institution")


class Institution(models.Model):
    """A body that trains or that examines. `suspended_at` closes its classes to the exam gate.

    `credit_code` is the body's unified social credit code 统一社会信用代码: one body is never of both kinds.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=10, choices=InstitutionKind.choices)
    name_zh = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120, blank=True)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="institutions")
    credit_code = models.CharField(max_length=18, blank=True)
    suspended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="a_body_trains_or_examines",
                expressions=[("credit_code", RangeOperators.EQUAL), ("kind", RangeOperators.NOT_EQUAL)],
                condition=~Q(credit_code=""),
            )
        ]

    def __str__(self) -> str:
        return self.name_zh


class Membership(models.Model):
    """A person works for an institution; ended, never deleted. Nobody works on both sides at once (trigger)."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships")
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="memberships")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "institution"], condition=Q(ended_at__isnull=True), name="one_open_membership"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("started_at")),
                name="membership_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} @ {self.institution}"


class AuthorityPost(models.Model):
    """A person acts for the authority of a region and all regions below it."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="authority_posts")
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="posts")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "region"], condition=Q(ended_at__isnull=True), name="one_open_authority_post"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} @ {self.region}"
