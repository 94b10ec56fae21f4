"""What a plan is made of: lessons that may be chosen, teachers who may teach, what a report still lacks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from courses.models import LessonVersion
from lms.accounts.models import Role, User
from lms.accounts.queries import Viewer
from lms.audit.models import Event
from lms.enrollments.models import ClassLesson, Module, Requirement, SyllabusVersion, TrainingClass
from lms.enrollments.queries.classes import class_for
from lms.enrollments.queries.syllabi import version_in_force
from lms.enrollments.rules import classes as rules
from lms.enrollments.rules.classes import PlanProblem
from lms.enrollments.rules.naming import Reason
from lms.enrollments.rules.syllabus import Dated, in_force
from lms.enrollments.signals import teachers_asked
from lms.institutions import queries as institutions
from lms.institutions.models import Institution, InstitutionKind
from lms.institutions.queries import institutions_of, staffs

STEPS = ("class.planned", "class.reported", "class.accepted", "class.returned", "class.ended")
STEPS_MAX = 50


@dataclass(frozen=True, slots=True)
class Asked:
    """Class hours of one kind that a module asks; `planned_ms` is the length of its lessons, for online hours only."""

    kind: str
    label: str
    hours: Decimal
    minutes: int
    planned_ms: int | None


@dataclass(frozen=True, slots=True)
class ModulePlan:
    module: Module
    asked: tuple[Asked, ...]
    lessons: tuple[ClassLesson, ...]


@dataclass(frozen=True, slots=True)
class NamedTeacher:
    """A teacher whom a class names, and why they may be named, or why not."""

    person: User
    reasons: tuple[Reason, ...]

    @property
    def may_be_named(self) -> bool:
        return not any(each.bars for each in self.reasons)


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened to a class: when, what, by whom, and the reason where one was given."""

    at: datetime
    state: str
    by: str
    reason: str


def local_day(at: datetime) -> date:
    """The calendar day of the installation's zone."""
    return timezone.localdate(at, timezone.get_default_timezone())


def plannable_versions(viewer: Viewer, institution: Institution) -> QuerySet[LessonVersion]:
    """What staff may put into a class: own lessons of the institution, unified ones and those offered to it."""
    if not staffs(viewer, institution):
        return LessonVersion.objects.none()
    open_to_it = [each.pk for each in institutions.plannable_versions(viewer, institution)]
    return LessonVersion.objects.filter(pk__in=open_to_it).select_related("lesson").order_by("title", "pk")


def teachers_of(institution: Institution) -> QuerySet[User]:
    """People with the role of a teacher who work for the institution now, by name."""
    teaching = User.objects.filter(role_grants__role=Role.TEACHER, role_grants__ended_at__isnull=True, is_active=True)
    return (
        teaching.filter(memberships__institution=institution, memberships__ended_at__isnull=True)
        .distinct()
        .order_by("real_name", "pk")
    )


def planning_institutions(viewer: Viewer) -> list[Institution]:
    """Where the viewer may plan classes: training institutions that they are staff of."""
    own = institutions_of(viewer).filter(kind=InstitutionKind.TRAINING).select_related("region")
    return [each for each in own if staffs(viewer, each)]


def versions_to_plan(institution: Institution, day: date) -> list[SyllabusVersion]:
    """The version of each syllabus that is in force where the institution is, for a class beginning on `day`; without
    the teachers' own, which an authority plans."""
    versions: dict[int, dict[int, SyllabusVersion]] = {}
    known = SyllabusVersion.objects.select_related("syllabus", "region").exclude(syllabus__training=rules.CONTINUING)
    for each in known.order_by("syllabus__category", "syllabus", "number"):
        versions.setdefault(each.syllabus_id, {})[each.number] = each
    found = []
    for numbered in versions.values():
        dated = [
            Dated(each.number, each.region.code if each.region else "", each.in_force_from, each.in_force_to)
            for each in numbered.values()
        ]
        chosen = in_force(dated, institution.region.code, day)
        if chosen is not None:
            found.append(numbered[chosen.number])
    return found


def report_problems(
    training_class: TrainingClass, at: datetime, named: Sequence[NamedTeacher] | None = None
) -> list[PlanProblem]:
    """Why the class cannot be reported at `at`, beside its state. `named`: what `teachers_named_in` says, if known."""
    institution = training_class.institution
    found = _version_problems(training_class)
    if institution.suspended_at is not None:
        found.append(PlanProblem("institution_suspended", "institution", str(institution.uuid)))
    known = {each.pk for each in teachers_of(institution)}
    teachers = [each.person for each in training_class.teachers.select_related("person")]
    found += [PlanProblem("no_teacher", "teachers", str(each.uuid)) for each in teachers if each.pk not in known]
    found += named_problems(teachers_named_in(training_class, at) if named is None else named)
    found += rules.report_problems(
        today=local_day(at),
        starts_on=training_class.starts_on,
        place=training_class.place,
        teachers=len(teachers),
    )
    return found


def teachers_named_in(training_class: TrainingClass, at: datetime) -> list[NamedTeacher]:
    """The teachers of a class as it names them, each with all that speaks for and against naming them at `at`.

    What there is to say is known above (`signals.teachers_asked`).
    """
    people = [each.person for each in training_class.teachers.select_related("person")]
    asked = {"people": people, "training_class": training_class, "at": at}
    answers: list[Any] = [said for _receiver, said in teachers_asked.send(sender=TrainingClass, **asked)]
    return [
        NamedTeacher(person, tuple(each for said in answers for each in said.get(person.pk, ()))) for person in people
    ]


def named_problems(named: Sequence[NamedTeacher]) -> list[PlanProblem]:
    """Teachers who cannot be named, with each reason why."""
    return [
        PlanProblem("teacher_barred", "teachers", str(each.person.uuid), f"{each.person}: {reason.said}")
        for each in named
        for reason in each.reasons
        if reason.bars
    ]


def plan_of(training_class: TrainingClass) -> list[ModulePlan]:
    """The modules of the syllabus in order, each with what it asks and the lessons planned for it."""
    version = training_class.syllabus_version
    lessons: dict[int, list[ClassLesson]] = {}
    for each in training_class.lessons.select_related("lesson_version__lesson").order_by("ordinal"):
        lessons.setdefault(each.module_id, []).append(each)
    return [
        ModulePlan(
            module,
            tuple(_asked(each, version, lessons.get(module.pk, [])) for each in module.requirements.all()),
            tuple(lessons.get(module.pk, ())),
        )
        for module in version.modules.prefetch_related("requirements").order_by("ordinal")
    ]


def steps_of(viewer: Viewer, training_class: TrainingClass) -> list[Step]:
    """What happened to the class, oldest first, from the audit log; for those who may see the class."""
    class_for(viewer, training_class.uuid)
    events = (
        Event.objects.filter(
            subject_type=TrainingClass._meta.label_lower, subject_id=str(training_class.uuid), verb__in=STEPS
        )
        .select_related("by")
        .order_by("-at", "-pk")[:STEPS_MAX]
    )
    return [
        Step(each.at, each.verb.removeprefix("class."), str(each.by or ""), each.detail.get("reason", ""))
        for each in reversed(events)
    ]


def _version_problems(training_class: TrainingClass) -> list[PlanProblem]:
    """Of a version that came into force since the class was planned: a class is judged by the rules in force when it
    was reported. The value names both versions, the plan's and the one to choose, as "1/2"."""
    planned, first_day = training_class.syllabus_version, training_class.starts_on
    nearest = version_in_force(planned.syllabus, training_class.institution.region, first_day)
    if nearest is None:
        return [PlanProblem("version_not_in_force", "starts_on", first_day.isoformat())]
    if nearest.pk != planned.pk:
        return [PlanProblem("version_replaced", "syllabus_version", f"{planned.number}/{nearest.number}")]
    return []


def _asked(requirement: Requirement, version: SyllabusVersion, lessons: Sequence[ClassLesson]) -> Asked:
    is_online = requirement.kind == "online"
    return Asked(
        kind=requirement.kind,
        label=requirement.get_kind_display(),
        hours=requirement.hours,
        minutes=version.minutes_of(requirement.kind),
        planned_ms=sum(each.lesson_version.duration_ms for each in lessons) if is_online else None,
    )
