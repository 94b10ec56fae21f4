"""Classroom and workshop hours: the sheet of one meeting, who was there, and hours that somebody proposes.

A sheet's code and a learner's own login make a presence, whose time becomes entries when it ends. Everything else
(no phone, a forgotten sign-out, a list on paper; a friend who signed, a learner who left) is a proposal: staff make it,
a person from outside decides.
PostgreSQL holds that nothing of it is deleted and that what was said does not change (triggers).
"""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lms.enrollments.models import Enrollment, Kind, Module, TrainingClass
from lms.hours.models.ledger import Entry
from lms.hours.rules.attendance import EVIDENCE_MAX, PLACE_MAX, REASON_MAX

HELD = ["classroom", "workshop"]
"""Kinds of hours that are held in a place."""


def _person(**changes: Any) -> Any:
    return models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", **changes)


class AttendanceSheet(models.Model):
    """One meeting of a class. Only `closed_at` and `closed_by` ever change; `secret` never leaves the server."""

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    training_class = models.ForeignKey(TrainingClass, on_delete=models.PROTECT, related_name="+")
    module = models.ForeignKey(Module, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    from_at = models.DateTimeField()
    to_at = models.DateTimeField()
    place = models.CharField(max_length=PLACE_MAX)
    secret = models.BinaryField(max_length=32)
    opened_at = models.DateTimeField()
    opened_by = _person()
    closed_at = models.DateTimeField(null=True)
    closed_by = _person(null=True)

    class Meta:
        indexes = [models.Index(fields=["training_class", "-from_at"], name="sheets_of_a_class")]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=HELD), name="a_sheet_is_held_somewhere"),
            models.CheckConstraint(condition=Q(to_at__gt=F("from_at")), name="a_sheet_ends_after_it_begins"),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, closed_by__isnull=True)
                | Q(closed_at__isnull=False, closed_by__isnull=False),
                name="a_closed_sheet_has_a_name",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.from_at:%Y-%m-%d %H:%M} of {self.training_class_id}"


class Presence(models.Model):
    """A learner is there: since `in_at`, until `ended_at`. Without `out_at` at its end it earned nothing.

    One live presence per learner at any moment. `in_device` and `out_device` are digests of a cookie: the same one
    on two learners says that one phone signed for both.
    """

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    sheet = models.ForeignKey(AttendanceSheet, on_delete=models.PROTECT, related_name="presences")
    learner = _person()
    enrollment = models.ForeignKey(Enrollment, on_delete=models.PROTECT, related_name="+")
    in_at = models.DateTimeField()
    in_device = models.CharField(max_length=64)
    out_at = models.DateTimeField(null=True)
    out_device = models.CharField(max_length=64, blank=True)
    ended_at = models.DateTimeField(null=True)
    credited_ms = models.PositiveBigIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["learner", "-in_at"], name="presences_of_a_learner")]
        constraints = [
            models.UniqueConstraint(
                fields=["learner"], condition=Q(ended_at__isnull=True), name="one_live_presence_of_a_learner"
            ),
            models.CheckConstraint(
                condition=Q(out_at__isnull=True, credited_ms=0)
                | Q(out_at__isnull=False, ended_at=F("out_at"), out_at__gte=F("in_at")),
                name="only_a_signed_out_presence_earns",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.learner_id} since {self.in_at:%Y-%m-%d %H:%M}"


class ProposalState(models.TextChoices):
    PROPOSED = "proposed", _("Waiting for the authority")
    ACCEPTED = "accepted", _("Hours accepted")
    REJECTED = "rejected", _("Hours rejected")


class Effect(models.TextChoices):
    GIVE = "give", _("Hours to be counted")
    TAKE = "take", _("Hours to be taken back")


class AttendanceProposal(models.Model):
    """Hours that were held and not signed for by code, or that count and should not: proposed by the institution,
    decided by somebody outside it.

    A decided proposal is over. `sheet` is set when a teacher proposed it on one. Taking back [from_at, to_at) takes
    what attended entries of the module and kind hold in it, of each learner named.
    """

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    training_class = models.ForeignKey(TrainingClass, on_delete=models.PROTECT, related_name="+")
    sheet = models.ForeignKey(AttendanceSheet, null=True, on_delete=models.PROTECT, related_name="proposals")
    effect = models.CharField(max_length=4, choices=Effect.choices, default=Effect.GIVE)
    module = models.ForeignKey(Module, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    from_at = models.DateTimeField()
    to_at = models.DateTimeField()
    reason = models.CharField(max_length=REASON_MAX)
    evidence = models.CharField(max_length=EVIDENCE_MAX, blank=True)
    state = models.CharField(max_length=10, choices=ProposalState.choices, default=ProposalState.PROPOSED)
    proposed_at = models.DateTimeField()
    proposed_by = _person()
    decided_at = models.DateTimeField(null=True)
    decided_by = _person(null=True)
    decided_reason = models.CharField(max_length=REASON_MAX, blank=True)

    class Meta:
        indexes = [models.Index(fields=["training_class", "-proposed_at"], name="proposals_of_a_class")]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=HELD), name="proposed_hours_are_held_somewhere"),
            models.CheckConstraint(condition=Q(to_at__gt=F("from_at")), name="proposed_hours_end_after_they_begin"),
            models.CheckConstraint(condition=Q(effect__in=["give", "take"]), name="proposed_hours_have_an_effect"),
            models.CheckConstraint(condition=~Q(reason=""), name="proposed_hours_have_a_reason"),
            models.CheckConstraint(
                condition=Q(state="proposed", decided_at__isnull=True, decided_by__isnull=True)
                | Q(state__in=["accepted", "rejected"], decided_at__isnull=False, decided_by__isnull=False)
                & ~Q(decided_reason=""),
                name="decided_hours_have_a_name_and_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("proposed_by")),
                name="nobody_decides_on_hours_they_proposed",
            ),
        ]

    def __str__(self) -> str:
        return f"proposal {self.uuid}: {self.state}"


class ProposedLearner(models.Model):
    """One learner of a proposal: waiting, given hours or relieved of them (`entry`), or refused with a code when the
    rest was accepted.
    """

    proposal = models.ForeignKey(AttendanceProposal, on_delete=models.PROTECT, related_name="learners")
    learner = _person()
    enrollment = models.ForeignKey(Enrollment, on_delete=models.PROTECT, related_name="+")
    entry = models.OneToOneField(Entry, null=True, on_delete=models.PROTECT, related_name="+")
    refused = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["proposal", "learner"], name="a_learner_once_in_a_proposal"),
            models.CheckConstraint(condition=Q(entry__isnull=True) | Q(refused=""), name="hours_are_given_or_refused"),
        ]

    def __str__(self) -> str:
        return f"{self.learner_id} of proposal {self.proposal_id}"
