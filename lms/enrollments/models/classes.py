"""Syllabi as dated data, classes 培训班, and who is in which class.

A class points at one syllabus version and at frozen lesson versions: what was reported is what is studied and
what is judged, however the pages and the rules change later.
"""

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from courses.models import Lesson, LessonVersion
from lms.institutions.models import Institution, Region


def spoken(zh: str, en: str) -> str:
    """The name in the language that is being spoken; the Chinese one where there is no English one."""
    return en if en and (get_language() or "").startswith("en") else zh


class Kind(models.TextChoices):
    """How an hour is earned."""

    ONLINE = "online", _("Online")
    CLASSROOM = "classroom", _("Classroom")
    WORKSHOP = "workshop", _("Workshop")


class Training(models.TextChoices):
    """What a syllabus is for. Continuing education is the teachers': its modules are the categories of a year's hours
    (`lms.teachers`), it is planned by the authority alone, and ends in no exam.
    """

    INITIAL = "initial", _("Initial training")
    REFRESHER = "refresher", _("Refresher")
    CONTINUING = "continuing", _("Continuing education of teachers")


class Syllabus(models.Model):
    """A training syllabus 培训大纲: category, trade and what training it is for."""

    code = models.SlugField(max_length=60, unique=True)
    category = models.CharField(max_length=60)
    trade = models.CharField(max_length=60, blank=True)
    training = models.CharField(max_length=10, choices=Training.choices)
    name_zh = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120)

    class Meta:
        verbose_name_plural = "syllabi"

    def __str__(self) -> str:
        return self.name_zh

    @property
    def name(self) -> str:
        return spoken(self.name_zh, self.name_en)


class SyllabusVersion(models.Model):
    """The rules of a syllabus from a day on. Figures are data with a source, never code.

    A class hour of each kind lasts the given minutes (AQ 8011-2023: online >= 30, classroom >= 45); at most
    `online_share_percent` of the theory hours (online + classroom) may be earned online. `daily_cap_hours`
    bounds the online class hours of one learner and day. Modules and requirements are never changed once written
    (trigger); what changes is a new version.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    syllabus = models.ForeignKey(Syllabus, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    region = models.ForeignKey(Region, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    in_force_from = models.DateField()
    in_force_to = models.DateField(null=True, blank=True)
    online_minutes = models.PositiveIntegerField(default=30)
    classroom_minutes = models.PositiveIntegerField(default=45)
    workshop_minutes = models.PositiveIntegerField(default=45)
    online_share_percent = models.PositiveIntegerField(default=70, validators=[MaxValueValidator(100)])
    daily_cap_hours = models.DecimalField(max_digits=6, decimal_places=2, default=8)
    source = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["syllabus", "number"], name="one_number_per_syllabus"),
            models.CheckConstraint(
                condition=Q(in_force_to__isnull=True) | Q(in_force_to__gt=F("in_force_from")),
                name="in_force_to_after_from",
            ),
            models.CheckConstraint(
                condition=Q(online_minutes__gt=0, classroom_minutes__gt=0, workshop_minutes__gt=0),
                name="class_hours_last_some_minutes",
            ),
            models.CheckConstraint(condition=Q(online_share_percent__lte=100), name="online_share_at_most_all"),
        ]

    def __str__(self) -> str:
        return f"{self.syllabus} v{self.number}"

    def minutes_of(self, kind: str) -> int:
        """How long a class hour of this kind lasts."""
        minutes: int = getattr(self, f"{Kind(kind).value}_minutes")
        return minutes


class Module(models.Model):
    """A part of a syllabus with hours of its own."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    syllabus_version = models.ForeignKey(SyllabusVersion, on_delete=models.PROTECT, related_name="modules")
    ordinal = models.PositiveIntegerField()
    name_zh = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120)

    class Meta:
        ordering = ["syllabus_version", "ordinal"]
        constraints = [models.UniqueConstraint(fields=["syllabus_version", "ordinal"], name="one_ordinal_per_version")]

    def __str__(self) -> str:
        return self.name_zh

    @property
    def name(self) -> str:
        return spoken(self.name_zh, self.name_en)


class Requirement(models.Model):
    """So many class hours of one kind in one module."""

    module = models.ForeignKey(Module, on_delete=models.PROTECT, related_name="requirements")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    hours = models.DecimalField(max_digits=7, decimal_places=3, validators=[MinValueValidator(0)])

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["module", "kind"], name="one_requirement_per_kind"),
            models.CheckConstraint(condition=Q(hours__gt=0), name="required_hours_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.module}: {self.hours} {self.kind}"


class LessonAim(models.Model):
    """The module that a lesson is meant for, said by its authors: the review measures the lesson against it.

    It plans nothing: which module a lesson counts for is said by each class.
    """

    lesson = models.OneToOneField(Lesson, on_delete=models.PROTECT, related_name="aim")
    module = models.ForeignKey(Module, on_delete=models.PROTECT, related_name="aims")
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.lesson} -> {self.module}"


class ClassState(models.TextChoices):
    PLANNED = "planned", _("Planned")
    REPORTED = "reported", _("Reported")
    ACCEPTED = "accepted", _("Accepted")
    RETURNED = "returned", _("Returned")
    ENDED = "ended", _("Ended")


class TrainingClass(models.Model):
    """A class 培训班. Reported before training; hours count only while it is accepted and not ended.

    Once reported, its place, dates, syllabus, lessons and teachers are closed (triggers); a returned one can be mended.
    `is_open`: learners may ask to join by the link of the class, without an invitation.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="classes")
    syllabus_version = models.ForeignKey(SyllabusVersion, on_delete=models.PROTECT, related_name="classes")
    title = models.CharField(max_length=120)
    place = models.CharField(max_length=120, blank=True)
    starts_on = models.DateField()
    ends_on = models.DateField()
    state = models.CharField(max_length=10, choices=ClassState.choices, default=ClassState.PLANNED)
    reported_at = models.DateTimeField(null=True, blank=True)
    reported_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    is_open = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "training classes"
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="class_ends_after_start"),
            models.CheckConstraint(
                condition=Q(state="planned") | Q(reported_at__isnull=False), name="reported_before_anything_else"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["accepted", "ended"]) | Q(decided_at__isnull=False, decided_by__isnull=False),
                name="accepted_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class ClassLesson(models.Model):
    """A lesson version in the plan of a class, counting for one module."""

    training_class = models.ForeignKey(TrainingClass, on_delete=models.PROTECT, related_name="lessons")
    module = models.ForeignKey(Module, on_delete=models.PROTECT, related_name="+")
    lesson_version = models.ForeignKey(LessonVersion, on_delete=models.PROTECT, related_name="+")
    ordinal = models.PositiveIntegerField()

    class Meta:
        ordering = ["training_class", "ordinal"]
        constraints = [
            models.UniqueConstraint(fields=["training_class", "lesson_version"], name="a_lesson_once_in_a_class"),
            models.UniqueConstraint(fields=["training_class", "ordinal"], name="one_ordinal_per_class"),
        ]

    def __str__(self) -> str:
        return f"{self.ordinal}. {self.lesson_version}"


class ClassTeacher(models.Model):
    """A teacher who is reported with a class."""

    training_class = models.ForeignKey(TrainingClass, on_delete=models.PROTECT, related_name="teachers")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["training_class", "pk"]
        constraints = [models.UniqueConstraint(fields=["training_class", "person"], name="a_teacher_once_in_a_class")]

    def __str__(self) -> str:
        return f"{self.person} teaches {self.training_class}"


class EnrollmentState(models.TextChoices):
    ACTIVE = "active", _("Active")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class Enrollment(models.Model):
    """A learner in a class. The lesson versions are those of the class."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="enrollments")
    training_class = models.ForeignKey(TrainingClass, on_delete=models.PROTECT, related_name="enrollments")
    state = models.CharField(max_length=10, choices=EnrollmentState.choices, default=EnrollmentState.ACTIVE)
    enrolled_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["learner", "training_class"], name="once_in_a_class")]

    def __str__(self) -> str:
        return f"{self.learner} in {self.training_class}"
