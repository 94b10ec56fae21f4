"""Where an exam institution examines, what it plans there, and each exam of a plan."""

import uuid

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lms.enrollments.models import Syllabus, spoken
from lms.institutions.models import Institution


class Site(models.Model):
    """A place where an exam institution examines; `seats` is how many people it may hold at once, over all rooms."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="sites")
    name_zh = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120, blank=True)
    address = models.CharField(max_length=200, blank=True)
    seats = models.PositiveIntegerField()

    def __str__(self) -> str:
        return self.name_zh

    @property
    def name(self) -> str:
        return spoken(self.name_zh, self.name_en)


class Room(models.Model):
    """A room of a site. The rooms of a site together have no more seats than the site (trigger)."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="rooms")
    name_zh = models.CharField(max_length=60)
    name_en = models.CharField(max_length=60, blank=True)
    seats = models.PositiveIntegerField()
    opened_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["site", "name_zh"], name="rooms_of_a_site_have_names_of_their_own"),
            models.CheckConstraint(condition=Q(seats__gt=0), name="a_room_has_seats"),
        ]

    def __str__(self) -> str:
        return self.name_zh

    @property
    def name(self) -> str:
        return spoken(self.name_zh, self.name_en)


class PlanState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    PROPOSED = "proposed", _("Proposed")
    RETURNED = "returned", _("Returned")
    APPROVED = "approved", _("Approved")
    PUBLISHED = "published", _("Published")


class ExamPlan(models.Model):
    """Sittings that an exam institution proposes together: the authority approves or returns, then it publishes.

    Only the steps draft -> proposed -> returned -> proposed -> approved -> published are taken (trigger), and its
    sittings change only while it is a draft or was returned. Learners see published plans alone.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="exam_plans")
    title_zh = models.CharField(max_length=120)
    title_en = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=10, choices=PlanState.choices, default=PlanState.DRAFT)
    drafted_at = models.DateTimeField()
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    proposed_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(max_length=500, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-drafted_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="returned") | ~Q(reason=""), name="a_plan_is_returned_with_a_reason"
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("drafted_by")),
                name="a_plan_is_decided_by_another_person",
            ),
        ]

    def __str__(self) -> str:
        return self.title_zh

    @property
    def title(self) -> str:
        return spoken(self.title_zh, self.title_en)


class Sitting(models.Model):
    """One scheduled exam of a syllabus in a room. Registration is open in [opens_at, closes_at).

    `taken` is the time for which the room is taken, [starts_at, starts_at + minutes); PostgreSQL writes it. A room
    holds one sitting at a time, and a sitting never has more seats than its room (trigger).
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    plan = models.ForeignKey(ExamPlan, on_delete=models.PROTECT, related_name="sittings")
    syllabus = models.ForeignKey(Syllabus, on_delete=models.PROTECT, related_name="sittings")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="sittings")
    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="sittings")
    title_zh = models.CharField(max_length=120)
    title_en = models.CharField(max_length=120, blank=True)
    starts_at = models.DateTimeField()
    minutes = models.PositiveIntegerField(default=120)
    taken = DateTimeRangeField(null=True, editable=False)
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    capacity = models.PositiveIntegerField()
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancel_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(opens_at__lt=F("closes_at"), closes_at__lte=F("starts_at")),
                name="registration_closes_before_the_exam",
            ),
            models.CheckConstraint(condition=Q(capacity__gt=0), name="a_sitting_has_seats"),
            models.CheckConstraint(
                condition=Q(cancelled_at__isnull=True) | ~Q(cancel_reason=""),
                name="a_sitting_is_cancelled_with_a_reason",
            ),
            ExclusionConstraint(
                name="a_room_holds_one_sitting_at_a_time",
                expressions=[("room", RangeOperators.EQUAL), ("taken", RangeOperators.OVERLAPS)],
                condition=Q(cancelled_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.title_zh

    @property
    def title(self) -> str:
        return spoken(self.title_zh, self.title_en)

    @property
    def state(self) -> str:
        """`cancelled`, or the state of its plan: what the gate asks about."""
        return "cancelled" if self.cancelled_at is not None else self.plan.state


class Duty(models.TextChoices):
    CHIEF = "chief", _("Chief examiner")
    INVIGILATOR = "invigilator", _("Invigilator")


class Officer(models.Model):
    """A person on duty at a sitting; relieved, never deleted. One chief examiner, and nobody twice."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    sitting = models.ForeignKey(Sitting, on_delete=models.PROTECT, related_name="officers")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="exam_duties")
    duty = models.CharField(max_length=12, choices=Duty.choices)
    assigned_at = models.DateTimeField()
    relieved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sitting", "person"], condition=Q(relieved_at__isnull=True), name="one_duty_at_a_sitting"
            ),
            models.UniqueConstraint(
                fields=["sitting"],
                condition=Q(duty="chief", relieved_at__isnull=True),
                name="one_chief_examiner_at_a_sitting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} at {self.sitting}"
