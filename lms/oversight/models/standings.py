"""Figures of classes and institutions that a worker keeps, so that no page adds up a province's learners or entries.

All of it can be made anew from enrollments, entries and refusals; nothing that decides (gate, hours, counting) reads
it. Whoever studies writes nothing here: the worker reads the ledger behind them (actions.standings).
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from lms.enrollments.models import ClassState, Enrollment, Kind, TrainingClass
from lms.institutions.models import Institution


class LearnerStanding(models.Model):
    """How far one enrollment is, and how much of its learner's ledger has been counted.

    `counted_number` is the last entry of the learner that the days of the class hold, `counted_refusal` the last
    refusal. Both grow under the lock of the learner's clock, so what lies above them was not counted, and nothing below
    can still appear. `need` is a rule's (rules.progress.Need); `last_on` the last day that gave hours.
    """

    enrollment = models.OneToOneField(Enrollment, primary_key=True, on_delete=models.PROTECT, related_name="+")
    training_class = models.ForeignKey(TrainingClass, on_delete=models.PROTECT, related_name="+", db_index=False)
    is_active = models.BooleanField(default=True)
    counted_number = models.PositiveBigIntegerField(default=0)
    counted_refusal = models.PositiveBigIntegerField(default=0)
    last_on = models.DateField(null=True)
    percent = models.PositiveSmallIntegerField(default=0)
    need = models.PositiveSmallIntegerField(default=0)
    confirmed_hours = models.DecimalField(max_digits=9, decimal_places=3, default=0)
    refused_ms = models.PositiveBigIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(
                fields=["training_class", "need", "percent"], name="learners_in_need", condition=Q(is_active=True)
            )
        ]
        constraints = [
            models.CheckConstraint(condition=Q(percent__lte=100), name="percent_of_a_learner_at_most_all"),
            models.CheckConstraint(condition=Q(need__lte=4), name="need_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.percent} % of enrollment {self.enrollment_id}"


EVERYBODY_ONCE = (
    Q(learners__gte=F("done") + F("behind") + F("idle") - F("both")) & Q(both__lte=F("behind")) & Q(both__lte=F("idle"))
)
SUMMED = (
    "learners",
    "done",
    "behind",
    "idle",
    "both",
    "required_hours",
    "confirmed_hours",
    "online_ms",
    "refused_ms",
)
"""What classes are added up by; `refused` is added up by its codes."""


class KeptStanding(models.Model):
    """Active learners by what they need, and their hours together.

    `behind` and `idle` each hold the `both` who are behind and idle. Class hours are the asked ones: more than asked of
    a module fills no other. `online_ms` is online time confirmed or still provisional, `refused` maps a code to its
    milliseconds.
    """

    learners = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    behind = models.PositiveIntegerField(default=0)
    idle = models.PositiveIntegerField(default=0)
    both = models.PositiveIntegerField(default=0)
    required_hours = models.DecimalField(max_digits=14, decimal_places=3, default=0)
    confirmed_hours = models.DecimalField(max_digits=14, decimal_places=3, default=0)
    online_ms = models.PositiveBigIntegerField(default=0)
    refused_ms = models.PositiveBigIntegerField(default=0)
    refused = models.JSONField(default=dict)

    class Meta:
        abstract = True


class ClassStanding(KeptStanding):
    """A class at `as_of`.

    `spread` counts learners by tenths of their progress; the last of its eleven is whoever has all. `earned` lists
    [module id, kind, milliseconds], each learner's cut at what is asked.
    """

    training_class = models.OneToOneField(
        TrainingClass, primary_key=True, on_delete=models.PROTECT, related_name="standing"
    )
    state = models.CharField(max_length=10, choices=ClassState.choices)
    spread = ArrayField(models.PositiveIntegerField(), size=11, default=list)
    confirmed_ms = models.PositiveBigIntegerField(default=0)
    earned = models.JSONField(default=list)
    day = models.DateField()
    as_of = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=EVERYBODY_ONCE, name="every_learner_is_counted_once")]

    def __str__(self) -> str:
        return f"{self.training_class_id}: {self.done} of {self.learners} done"

    @property
    def on_way(self) -> int:
        """Neither done nor behind nor idle."""
        return self.learners - self.done - self.behind - self.idle + self.both

    @property
    def percent(self) -> int:
        """Completion in class hours, rounded down, so that 100 means that nothing is missing."""
        return int(self.confirmed_hours * 100 / self.required_hours) if self.required_hours else 0


class InstitutionStanding(KeptStanding):
    """The classes of an institution added up, as they were reckoned last.

    Counted are accepted classes and those that ended in the calendar `year`. A year of 0 means that a class has
    changed since: whoever writes a class's figures says so in the same transaction, so no change is ever forgotten.
    The row is also the lock under which figures of the institution's classes are written, one class at a time.
    """

    institution = models.OneToOneField(Institution, primary_key=True, on_delete=models.PROTECT, related_name="standing")
    year = models.PositiveSmallIntegerField(default=0)
    classes = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=EVERYBODY_ONCE, name="every_learner_of_an_institution_is_counted_once")
        ]

    def __str__(self) -> str:
        return f"{self.institution_id}: {self.classes} classes in {self.year}"


class KeptDay(models.Model):
    """Hours of a calendar day of the installation's zone, everybody's who was ever in the class.

    Confirmed time stands on the day on which it was confirmed (a voided hour is taken from the day of the decision),
    attendance and corrections on the day on which they were held; refused time on the day on which it was claimed.
    """

    day = models.DateField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    confirmed_ms = models.BigIntegerField(default=0)
    refused_ms = models.PositiveBigIntegerField(default=0)

    class Meta:
        abstract = True


class ClassDay(KeptDay):
    """Hours that a class got on a day."""

    training_class = models.ForeignKey(TrainingClass, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["training_class", "day", "kind"], name="one_row_per_class_day_and_kind")
        ]

    def __str__(self) -> str:
        return f"{self.day} of {self.training_class_id}: {self.confirmed_ms} ms {self.kind}"


class InstitutionDay(KeptDay):
    """Hours that all classes of an institution got on a day: always the sum of their ClassDay rows."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["institution", "day", "kind"], name="one_row_per_institution_day_and_kind")
        ]

    def __str__(self) -> str:
        return f"{self.day} of institution {self.institution_id}: {self.confirmed_ms} ms {self.kind}"


class LastRefresh(models.Model):
    """One row: all that had changed by `as_of` is in the figures."""

    as_of = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="one_last_refresh")]

    def __str__(self) -> str:
        return f"figures as of {self.as_of}"
