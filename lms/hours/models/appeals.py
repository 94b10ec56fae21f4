"""An appeal: a learner says that time which was not counted should have been, and two others judge it.

Staff of the class's institution propose; a second person from outside decides. The row moves through the states of
`rules.appeals.TRANSITIONS`; what the learner wrote never changes, and neither does a decided appeal (trigger). An
accepted one points at the correction, a new entry with both names.
"""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lms.enrollments.models import Enrollment
from lms.hours.models.ledger import Entry, Refusal
from lms.hours.rules.appeals import REASON_MAX, TEXT_MAX


class AppealState(models.TextChoices):
    OPEN = "open", _("Waiting for the institution")
    PROPOSED = "proposed", _("Waiting for the authority")
    ACCEPTED = "accepted", _("Appeal accepted")
    REJECTED = "rejected", _("Appeal rejected")


class Verdict(models.TextChoices):
    ACCEPT = "accept", _("Count the time")
    REJECT = "reject", _("Leave it uncounted")


class Appeal(models.Model):
    """One appeal against one refusal or one voiding entry; there is no second one against the same.

    `proposal` is the id of the last proposal: whoever decides names the one that they have read. After it was sent
    back (`returned_reason`) it stands here until the next one. `day` is the day whose cap a correction draws on.
    """

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    enrollment = models.ForeignKey(Enrollment, on_delete=models.PROTECT, related_name="+")
    refusal = models.OneToOneField(Refusal, null=True, on_delete=models.PROTECT, related_name="+")
    entry = models.OneToOneField(Entry, null=True, on_delete=models.PROTECT, related_name="+")
    text = models.CharField(max_length=TEXT_MAX)
    state = models.CharField(max_length=10, choices=AppealState.choices, default=AppealState.OPEN)
    appealed_at = models.DateTimeField()

    proposal = models.UUIDField(null=True)
    proposed_at = models.DateTimeField(null=True)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=10, choices=Verdict.choices, blank=True)
    proposed_ms = models.PositiveBigIntegerField(default=0)
    from_at = models.DateTimeField(null=True)
    to_at = models.DateTimeField(null=True)
    day = models.DateField(null=True)
    proposed_reason = models.CharField(max_length=REASON_MAX, blank=True)
    returned_reason = models.CharField(max_length=REASON_MAX, blank=True)

    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    decided_reason = models.CharField(max_length=REASON_MAX, blank=True)
    correction = models.OneToOneField(Entry, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["learner", "day"], name="corrections_of_a_day")]
        constraints = [
            models.CheckConstraint(
                condition=Q(refusal__isnull=False, entry__isnull=True) | Q(refusal__isnull=True, entry__isnull=False),
                name="an_appeal_is_against_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(state="open")
                | Q(proposal__isnull=False, proposed_at__isnull=False, proposed_by__isnull=False)
                & Q(verdict__in=["accept", "reject"]),
                name="an_appeal_is_proposed_first",
            ),
            models.CheckConstraint(
                condition=~Q(verdict="accept") | Q(proposed_ms__gt=0, day__isnull=False),
                name="a_proposal_says_how_much",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "proposed"], decided_at__isnull=True, decided_by__isnull=True)
                | Q(state__in=["accepted", "rejected"], decided_at__isnull=False, decided_by__isnull=False),
                name="a_decision_has_a_name",
            ),
            models.CheckConstraint(
                condition=Q(state="accepted", verdict="accept", correction__isnull=False)
                | ~Q(state="accepted") & Q(correction__isnull=True),
                name="an_accepted_appeal_is_a_correction",
            ),
            models.CheckConstraint(
                condition=(Q(proposed_by__isnull=True) | ~Q(proposed_by=F("learner")))
                & (Q(decided_by__isnull=True) | ~Q(decided_by=F("learner")) & ~Q(decided_by=F("proposed_by"))),
                name="three_people_in_an_appeal",
            ),
        ]

    def __str__(self) -> str:
        return f"appeal {self.uuid}: {self.state}"
