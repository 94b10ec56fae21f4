"""The life of a class: planned and reported by its institution, accepted or returned by the authority above it.

Every step locks the class's row, asks the table of transitions, and writes one audit row. A step that was already
done by the same caller's repeated request changes nothing.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from courses.models import LessonVersion
from lms.accounts.models import User
from lms.accounts.queries import Viewer
from lms.audit.actions import record
from lms.enrollments.actions.letters import tell_class_decided
from lms.enrollments.actions.refusals import ClassRefused, UuidTaken, require_authority, require_staff
from lms.enrollments.models import (
    ClassLesson,
    ClassState,
    ClassTeacher,
    Module,
    Syllabus,
    SyllabusVersion,
    Training,
    TrainingClass,
)
from lms.enrollments.queries.planning import report_problems, teachers_of
from lms.enrollments.rules import classes as rules
from lms.enrollments.rules.classes import PlannedLesson, PlanProblem
from lms.enrollments.rules.syllabus import Dated, in_force
from lms.enrollments.signals import class_ended
from lms.institutions.models import Institution, InstitutionKind
from lms.institutions.queries import lessons_of_others


def plan_class(
    *,
    by: Viewer,
    at: datetime,
    uuid: UUID,
    institution: Institution,
    syllabus_version: SyllabusVersion,
    title: str,
    starts_on: date,
    ends_on: date,
    lessons: Sequence[tuple[Module, LessonVersion]],
    place: str = "",
    teachers: Sequence[User] = (),
) -> TrainingClass:
    """A class with its lessons in the order given; the same uuid again gives the same class, unchanged.

    Everything but institution and syllabus may be mended until it is reported. Lessons too short for a module's online
    hours only warn (`queries.plan_warnings`). Raises NotStaff, ClassRefused (every problem), UuidTaken.
    """
    require_staff(by, institution)
    problems = _version_problems(institution, syllabus_version, starts_on)
    if syllabus_version.syllabus.training == Training.CONTINUING:
        problems.append(PlanProblem("continuing", "syllabus_version", syllabus_version.syllabus.code))
    planned = _planned(institution, lessons)
    modules = syllabus_version.modules.values_list("pk", flat=True)
    problems += rules.plan_problems(title, starts_on, ends_on, modules, planned, place)
    problems += _teacher_problems(institution, teachers)
    if problems:
        raise ClassRefused(problems)
    fields = {
        "institution": institution,
        "syllabus_version": syllabus_version,
        "title": title.strip(),
        "place": place.strip(),
        "starts_on": starts_on,
        "ends_on": ends_on,
    }
    with transaction.atomic():
        training_class, is_new = TrainingClass.objects.get_or_create(uuid=uuid, defaults=fields)
        if training_class.institution_id != institution.pk or training_class.syllabus_version_id != syllabus_version.pk:
            raise UuidTaken("this uuid belongs to another class")
        if is_new:
            _write_lessons(training_class, lessons)
            _write_teachers(training_class, teachers)
            record(verb="class.planned", subject=training_class, by=by, at=at, detail={"lessons": len(lessons)})
    return training_class


def change_facts(
    *,
    by: Viewer,
    at: datetime,
    training_class: TrainingClass,
    title: str,
    place: str,
    starts_on: date,
    ends_on: date,
    teachers: Sequence[User],
) -> TrainingClass:
    """What a class is, until it is reported or after it was returned. Raises NotStaff, ClassRefused."""
    institution = training_class.institution
    require_staff(by, institution)
    problems = _version_problems(institution, training_class.syllabus_version, starts_on)
    problems += rules.fact_problems(title, place, starts_on, ends_on)
    problems += _teacher_problems(institution, teachers)
    with transaction.atomic():
        locked = _mendable(training_class, problems)
        facts = {"title": title.strip(), "place": place.strip(), "starts_on": starts_on, "ends_on": ends_on}
        changed = [name for name, value in facts.items() if getattr(locked, name) != value]
        before = set(locked.teachers.values_list("person", flat=True))
        if before != {each.pk for each in teachers}:
            locked.teachers.all().delete()
            _write_teachers(locked, teachers)
            changed.append("teachers")
        if changed:
            TrainingClass.objects.filter(pk=locked.pk).update(**facts)
            record(verb="class.changed", subject=locked, by=by, at=at, detail={"changed": changed})
    locked.refresh_from_db()
    return locked


def change_lessons(
    *, by: Viewer, at: datetime, training_class: TrainingClass, lessons: Sequence[tuple[Module, LessonVersion]]
) -> TrainingClass:
    """The whole plan of lessons anew, in the order given; when it is reported it closes. As `change_facts`."""
    require_staff(by, training_class.institution)
    modules = training_class.syllabus_version.modules.values_list("pk", flat=True)
    planned = _planned(training_class.institution, lessons)
    problems = rules.lesson_problems(modules, planned)
    with transaction.atomic():
        locked = _mendable(training_class, problems)
        before = list(locked.lessons.order_by("ordinal").values_list("module", "lesson_version"))
        if before != [(module.pk, version.pk) for module, version in lessons]:
            locked.lessons.all().delete()
            _write_lessons(locked, lessons)
            detail = {"changed": ["lessons"], "lessons": len(lessons)}
            record(verb="class.changed", subject=locked, by=by, at=at, detail=detail)
    return locked


def report_class(*, by: Viewer, at: datetime, training_class: TrainingClass) -> TrainingClass:
    """Report a class before its first day begins, with place and teachers, under the version that is in force then.

    Raises NotStaff, ClassRefused.
    """
    require_staff(by, training_class.institution)
    with transaction.atomic():
        # Locked before it is judged: what is reported must be what was looked at.
        locked = TrainingClass.objects.select_for_update(no_key=True).get(pk=training_class.pk)
        # A new version waits for this row too: it was written before the report, or the class keeps the old one.
        Syllabus.objects.select_for_update(no_key=True).get(pk=locked.syllabus_version.syllabus_id)
        return _step(locked, "report", by, at, report_problems(locked, at), reported_at=at, reported_by=by)


def accept_class(*, by: Viewer, at: datetime, training_class: TrainingClass) -> TrainingClass:
    """The authority accepts a reported class. Raises NotAuthority, ClassRefused."""
    require_authority(by, training_class.institution)
    return _step(training_class, "accept", by, at, decided_at=at, decided_by=by)


def return_class(*, by: Viewer, at: datetime, training_class: TrainingClass, reason: str) -> TrainingClass:
    """The authority gives a reported class back to be mended, with a reason. Raises NotAuthority, ClassRefused."""
    require_authority(by, training_class.institution)
    problems = [] if reason.strip() else [PlanProblem("reason_missing", "reason", "")]
    if len(reason.strip()) > rules.REASON_MAX:
        problems.append(PlanProblem("reason_too_long", "reason", str(len(reason.strip()))))
    detail = {"reason": reason.strip()}
    return _step(training_class, "return", by, at, problems, detail, decided_at=at, decided_by=by)


def end_class(*, by: Viewer, at: datetime, training_class: TrainingClass) -> TrainingClass:
    """Nothing is earned in an ended class any more; what was earned stays. Raises NotStaff, ClassRefused.

    The year of a province's teachers is not ended by the institution that hosts it.
    """
    require_staff(by, training_class.institution)
    is_year = training_class.syllabus_version.syllabus.training == Training.CONTINUING
    problems = [PlanProblem("year_runs", "ends_on", training_class.ends_on.isoformat())] if is_year else []
    return _step(training_class, "end", by, at, problems)


def open_continuing_class(
    *,
    by: Viewer,
    at: datetime,
    uuid: UUID,
    institution: Institution,
    syllabus_version: SyllabusVersion,
    title: str,
    place: str,
    starts_on: date,
    ends_on: date,
    lessons: Sequence[tuple[Module, LessonVersion]],
) -> TrainingClass:
    """A class for teachers, planned, reported and accepted in one step by the authority above the institution that
    hosts it, and never by who works there; the same uuid again gives the same class, unchanged.

    It may begin in the past: a year is opened when its rules are known. Raises NotAuthority, ClassRefused, UuidTaken.
    """
    require_authority(by, institution)
    problems = _version_problems(institution, syllabus_version, starts_on)
    if syllabus_version.syllabus.training != Training.CONTINUING:
        problems.append(PlanProblem("not_continuing", "syllabus_version", syllabus_version.syllabus.code))
    modules = syllabus_version.modules.values_list("pk", flat=True)
    problems += rules.plan_problems(title, starts_on, ends_on, modules, _planned(institution, lessons), place)
    if problems:
        raise ClassRefused(problems)
    fields = {"institution": institution, "syllabus_version": syllabus_version, "title": title.strip()}
    dates = {"place": place.strip(), "starts_on": starts_on, "ends_on": ends_on}
    with transaction.atomic():
        made, is_new = TrainingClass.objects.get_or_create(uuid=uuid, defaults=fields | dates)
        if (made.institution_id, made.syllabus_version_id) != (institution.pk, syllabus_version.pk):
            raise UuidTaken("this uuid belongs to another class")
        if not is_new:
            return made
        _write_lessons(made, lessons)
        record(verb="class.planned", subject=made, by=by, at=at, detail={"lessons": len(lessons)})
        decided = {"reported_at": at, "reported_by": by, "decided_at": at, "decided_by": by}
        TrainingClass.objects.filter(pk=made.pk).update(state=ClassState.ACCEPTED, **decided)
        for verb in ("class.reported", "class.accepted"):
            record(verb=verb, subject=made, by=by, at=at)
        made.refresh_from_db()
    return made


def _step(
    training_class: TrainingClass,
    verb: str,
    by: Viewer,
    at: datetime,
    problems: Sequence[PlanProblem] = (),
    detail: dict[str, Any] | None = None,
    **written: Any,
) -> TrainingClass:
    with transaction.atomic():
        locked = TrainingClass.objects.select_for_update(no_key=True).get(pk=training_class.pk)
        target = rules.state_after(locked.state, verb)
        if target is None and locked.state in [rules.state_after(state, verb) for state in rules.states_before(verb)]:
            return locked
        if target is None:
            problems = [*problems, PlanProblem("state", "state", locked.state)]
        if problems or target is None:
            raise ClassRefused(problems)
        for name, value in written.items():
            setattr(locked, name, value)
        locked.state = target
        locked.save(update_fields=["state", *written])
        record(verb=f"class.{target}", subject=locked, by=by, at=at, detail=detail)
        if target in (ClassState.ACCEPTED, ClassState.RETURNED):
            tell_class_decided(at=at, training_class=locked, reason=(detail or {}).get("reason", ""))
        if target == ClassState.ENDED:
            transaction.on_commit(lambda: class_ended.send(sender=TrainingClass, training_class=locked), robust=True)
    return locked


def _version_problems(institution: Institution, version: SyllabusVersion, starts_on: date) -> list[PlanProblem]:
    found = []
    if institution.kind != InstitutionKind.TRAINING:
        # Training and examining are kept apart 教考分离.
        found.append(PlanProblem("no_training_institution", "institution", str(institution.uuid)))
    if institution.suspended_at is not None:
        found.append(PlanProblem("institution_suspended", "institution", str(institution.uuid)))
    region = version.region.code if version.region else ""
    dated = Dated(version.number, region, version.in_force_from, version.in_force_to)
    if in_force([dated], institution.region.code, starts_on) is None:
        found.append(PlanProblem("version_not_in_force", "starts_on", starts_on.isoformat()))
    return found


def _teacher_problems(institution: Institution, teachers: Sequence[User]) -> list[PlanProblem]:
    found = []
    if len(teachers) > rules.TEACHERS_MAX:
        found.append(PlanProblem("too_many_teachers", "teachers", str(len(teachers))))
    known = {each.pk for each in teachers_of(institution)}
    found += [PlanProblem("no_teacher", "teachers", str(each.uuid)) for each in teachers if each.pk not in known]
    return found


def _mendable(training_class: TrainingClass, problems: Sequence[PlanProblem]) -> TrainingClass:
    locked = TrainingClass.objects.select_for_update(no_key=True).get(pk=training_class.pk)
    if locked.state not in rules.MENDABLE:
        problems = [*problems, PlanProblem("state", "state", locked.state)]
    if problems:
        raise ClassRefused(problems)
    return locked


def _write_lessons(training_class: TrainingClass, lessons: Sequence[tuple[Module, LessonVersion]]) -> None:
    ClassLesson.objects.bulk_create(
        ClassLesson(training_class=training_class, module=module, lesson_version=version, ordinal=ordinal)
        for ordinal, (module, version) in enumerate(lessons, start=1)
    )


def _write_teachers(training_class: TrainingClass, teachers: Sequence[User]) -> None:
    ClassTeacher.objects.bulk_create(
        ClassTeacher(training_class=training_class, person=each) for each in dict.fromkeys(teachers)
    )


def _planned(institution: Institution, lessons: Sequence[tuple[Module, LessonVersion]]) -> list[PlannedLesson]:
    foreign = lessons_of_others(institution, [version.lesson_id for _module, version in lessons])
    return [
        PlannedLesson(
            module=module.pk,
            lesson=version.lesson_id,
            duration_ms=version.duration_ms,
            withdrawn=version.lesson.withdrawn_at is not None,
            of_others=version.lesson_id in foreign,
        )
        for module, version in lessons
    ]
