"""Editors write the questions that presence checks ask about a lesson, change them, retire them and bring them back.

A question already put to a learner stays as it was put: the check keeps its own copy. So a change or a retirement
counts from the next check on, and nobody's answer is judged by words that they did not see.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.core.exceptions import PermissionDenied
from django.db import transaction

from courses.models import LessonVersion
from courses.queries import may_edit_lesson
from lms.accounts.models import User
from lms.audit.actions import record
from lms.hours.models import LessonQuestion
from lms.hours.queries.lesson_questions import asked_questions, lock_lesson_of
from lms.hours.rules.appeals import Problem
from lms.hours.rules.lesson_questions import QUESTIONS_MAX, Draft, question_of, question_problems


class NotTheirLesson(PermissionDenied):
    """Only whoever may edit a lesson's page may write what is asked about it."""


class QuestionRefused(ValueError):
    """A question that cannot be asked; `problems` lists everything that speaks against it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{each.field}: {each.code}" for each in self.problems))


@transaction.atomic
def write_question(*, by: User, at: datetime, uuid: UUID, version: LessonVersion, draft: Draft) -> LessonQuestion:
    """Add the question `uuid` to a version of a lesson, or change it; the same again changes nothing.

    Raises NotTheirLesson; QuestionRefused: uuid (a question of another version), too_many (of this version), and what
    rules.lesson_questions.question_problems finds.
    """
    _check_may_edit(by, version)
    lock_lesson_of(version)
    known = LessonQuestion.objects.filter(uuid=uuid).first()
    problems = question_problems(draft, version.duration_ms)
    if known is not None and known.lesson_version_id != version.pk:
        problems.append(Problem("uuid", "uuid"))
    if known is None and asked_questions().filter(lesson_version=version).count() >= QUESTIONS_MAX:
        problems.append(Problem("prompt", "too_many"))
    if problems:
        raise QuestionRefused(problems)
    columns = _columns(draft)
    if known is None:
        added = LessonQuestion.objects.create(uuid=uuid, lesson_version=version, **columns)
        record(verb="question.added", subject=added, by=by, at=at, detail=_told(added))
        return added
    was = _told(known)
    changed = [name for name, value in columns.items() if getattr(known, name) != value]
    if changed:
        for name in changed:
            setattr(known, name, columns[name])
        known.save(update_fields=changed)
        detail = {**_told(known), "changed": changed, "was": was}
        record(verb="question.changed", subject=known, by=by, at=at, detail=detail)
    return known


def retire_question(*, by: User, at: datetime, question: LessonQuestion) -> LessonQuestion:
    """Nobody is asked it any more; again changes nothing. Raises NotTheirLesson."""
    return _set_retired(by, at, question, at)


def restore_question(*, by: User, at: datetime, question: LessonQuestion) -> LessonQuestion:
    """It may be asked again; again changes nothing. Raises NotTheirLesson; QuestionRefused: too_many."""
    return _set_retired(by, at, question, None)


@transaction.atomic
def carry_questions(*, by: User, at: datetime, source: LessonVersion, target: LessonVersion) -> int:
    """Copy what is asked in one version of a lesson into another, as far as that one is long enough.

    Ids follow from the questions copied, so again adds nothing. Returns how many were added; raises NotTheirLesson, and
    ValueError for two versions of different lessons.
    """
    if source.lesson_id != target.lesson_id:
        raise ValueError("questions are carried between versions of one lesson")
    _check_may_edit(by, target)
    lock_lesson_of(target)
    standing = LessonQuestion.objects.filter(lesson_version=target)
    known = set(standing.values_list("uuid", flat=True))
    room = QUESTIONS_MAX - standing.filter(retired_at=None).count()
    fitting = asked_questions().filter(lesson_version=source, from_ms__lt=target.duration_ms).order_by("from_ms", "pk")
    copies = [
        LessonQuestion(
            uuid=uuid5(each.uuid, str(target.pk)),
            lesson_version=target,
            from_ms=each.from_ms,
            prompt=each.prompt,
            prompt_en=each.prompt_en,
            options=each.options,
            options_en=each.options_en,
            right=each.right,
        )
        for each in fitting
    ]
    added = LessonQuestion.objects.bulk_create([each for each in copies if each.uuid not in known][: max(0, room)])
    if added:
        detail = {"from_version": source.number, "to_version": target.number, "questions": len(added)}
        record(verb="question.carried", subject=target.lesson, by=by, at=at, detail=detail)
    return len(added)


@transaction.atomic
def _set_retired(by: User, at: datetime, question: LessonQuestion, retired_at: datetime | None) -> LessonQuestion:
    version = question.lesson_version
    _check_may_edit(by, version)
    lock_lesson_of(version)
    question.refresh_from_db()
    if (question.retired_at is None) == (retired_at is None):
        return question
    if retired_at is None and asked_questions().filter(lesson_version=version).count() >= QUESTIONS_MAX:
        raise QuestionRefused([Problem("prompt", "too_many")])
    question.retired_at = retired_at
    question.save(update_fields=["retired_at"])
    verb = "question.retired" if retired_at else "question.restored"
    record(verb=verb, subject=question, by=by, at=at, detail=_told(question))
    return question


def _check_may_edit(by: User, version: LessonVersion) -> None:
    if not may_edit_lesson(by, version.lesson):
        raise NotTheirLesson("only whoever may edit the lesson writes its questions")


def _columns(draft: Draft) -> dict[str, Any]:
    question = question_of(draft)
    return {
        "from_ms": draft.from_ms,
        "prompt": question.prompt.zh,
        "prompt_en": question.prompt.en,
        "options": [each.zh for each in question.options],
        "options_en": [each.en for each in question.options] if question.prompt.en else [],
        "right": question.right,
    }


def _told(question: LessonQuestion) -> dict[str, Any]:
    """What the audit log says of a question: where, how many options, which is right."""
    version = question.lesson_version
    return {
        "lesson": str(version.lesson.uuid),
        "version": version.number,
        "from_ms": question.from_ms,
        "options": len(question.options),
        "right": question.right,
    }
