"""What a beat touches: the learner's clock (one hot row), sessions, and coverage.

The clock row is the serialization point of everything that happens on one learner's time: study, attendance,
corrections. Whoever writes hours of a learner locks it first. It holds the *open stretch*, time credited since the
last posted entry: acknowledged and durable, but not yet an entry of the ledger.
"""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from courses.models import LessonVersion
from lms.enrollments.models import ClassLesson, Enrollment
from lms.hours.models.checks import PresenceCheck
from lms.hours.models.ranges import MultirangeField


class StudySession(models.Model):
    """One client's stay on one lesson. The client makes the uuid; opening it again resumes it.

    `opened_at` is when it last took the lease: silence before its first beat is counted from there. While it holds the
    lease its moving parts (last beat, position, tolerance left) live in the clock; they are
    brought here when the lease ends.

    `delivered` is the media whose keys this session has got; no other part of a film earns anything. `lead_ms` is how
    far into the lesson it could be when its lease began, at `leased_at`: the time since then is added to it, and keys
    are given a little ahead of that.
    """

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    enrollment = models.ForeignKey(Enrollment, on_delete=models.PROTECT, related_name="+")
    class_lesson = models.ForeignKey(ClassLesson, on_delete=models.PROTECT, related_name="+")
    device = models.CharField(max_length=64)
    opened_at = models.DateTimeField()
    last_seq = models.PositiveBigIntegerField(default=0)
    position_ms = models.PositiveBigIntegerField(default=0)
    tolerance_ms = models.PositiveIntegerField()
    last_beat_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    close_reason = models.CharField(max_length=20, blank=True)
    leased_at = models.DateTimeField()
    lead_ms = models.PositiveBigIntegerField(default=0)
    delivered = MultirangeField()

    class Meta:
        indexes = [models.Index(fields=["learner", "-opened_at"], name="sessions_of_a_learner")]

    def __str__(self) -> str:
        return f"session {self.uuid}"


class StudyClock(models.Model):
    """The one hot row per learner. No column that a beat changes is indexed, so that updates stay HOT.

    `fence` grows with every lease; a writer that holds an older number writes nothing. `version` grows with every write
    (trigger): who decided on what it remembers writes only if nobody wrote since. `busy_until` is the end of the last
    posted interval of any kind: time before it is taken.

    Presence checks are the learner's, not a session's: `check_in_ms` is the credited time left until the next one is
    due (zero or less: due; None: not drawn yet). Credit in entries above `settled_number` is provisional, and
    `provisional_ms` is its sum and the open stretch's. `unproven_ms` is what ended sessions confirmed since two
    checks in a row were passed.
    """

    learner = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.PROTECT, related_name="study_clock"
    )
    fence = models.PositiveBigIntegerField(default=0)
    version = models.PositiveBigIntegerField(default=0)
    session = models.ForeignKey(StudySession, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    last_seq = models.PositiveBigIntegerField(default=0)
    last_at = models.DateTimeField(null=True)
    position_ms = models.PositiveBigIntegerField(default=0)
    playing = models.BooleanField(default=False)
    visible = models.BooleanField(default=False)
    carry_ms = models.PositiveIntegerField(default=0)
    leased_at = models.DateTimeField(null=True)
    late_ms = models.PositiveIntegerField(default=0)
    tolerance_ms = models.PositiveIntegerField(default=0)
    ahead_from = models.DateTimeField(null=True)
    ahead_ms = models.PositiveIntegerField(default=0)
    provisional_ms = models.PositiveBigIntegerField(default=0)
    day = models.DateField(null=True)
    day_ms = models.PositiveBigIntegerField(default=0)
    gap_from = models.DateTimeField(null=True)
    gap_ms = models.PositiveIntegerField(default=0)
    busy_until = models.DateTimeField(null=True)
    open_from = models.DateTimeField(null=True)
    open_to = models.DateTimeField(null=True)
    open_media_from_ms = models.PositiveBigIntegerField(default=0)
    open_media_to_ms = models.PositiveBigIntegerField(default=0)
    open_ms = models.PositiveBigIntegerField(default=0)
    open_refused = models.JSONField(default=dict)
    check_in_ms = models.BigIntegerField(null=True)
    pending_check = models.ForeignKey(
        PresenceCheck, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    unproven_ms = models.PositiveBigIntegerField(default=0)
    settled_number = models.PositiveBigIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["learner"], name="clocks_with_a_lease", condition=Q(session__isnull=False))]
        constraints = [
            models.CheckConstraint(
                condition=Q(open_from__isnull=True, open_to__isnull=True, open_ms=0) | Q(open_to__gte=F("open_from")),
                name="open_stretch_has_both_ends",
            ),
            models.CheckConstraint(
                condition=Q(open_media_to_ms__gte=F("open_media_from_ms")), name="open_media_has_both_ends"
            ),
        ]

    def __str__(self) -> str:
        return f"clock of {self.learner_id}"


class LessonCoverage(models.Model):
    """The coverage ledger: which stretches of a lesson version a learner has seen, compactly.

    I2, held by PostgreSQL: credited <= measure of the coverage <= duration. `settled` is what was covered when credit
    was last confirmed or voided: a voided entry takes the coverage back to it, so that the time can be studied again.
    """

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    lesson_version = models.ForeignKey(LessonVersion, on_delete=models.PROTECT, related_name="+")
    duration_ms = models.PositiveBigIntegerField()
    covered = MultirangeField()
    covered_ms = models.PositiveBigIntegerField(default=0)
    settled = MultirangeField()
    credited_ms = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["learner", "lesson_version"], name="one_coverage_per_lesson"),
            models.CheckConstraint(condition=Q(credited_ms__lte=F("covered_ms")), name="credit_within_coverage"),
            models.CheckConstraint(condition=Q(covered_ms__lte=F("duration_ms")), name="coverage_within_duration"),
        ]

    def __str__(self) -> str:
        return f"coverage of {self.learner_id} in {self.lesson_version_id}"
