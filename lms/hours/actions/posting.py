"""The one place where entries come to be. Every function runs inside a transaction that holds the learner's clock lock.

An entry, its coverage and the totals change together or not at all; `verify_ledger` proves that they agree.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from courses.models import LessonVersion
from lms.enrollments.models import Enrollment, Module
from lms.hours.models import Entry, EntrySort, LessonCoverage, ModuleHours, Refusal, StudyClock, StudySession
from lms.hours.queries.clocks import clock_of, columns_of, desk_of, moment_of
from lms.hours.rules.appeals import Correction, media_of
from lms.hours.rules.counting import close
from lms.hours.rules.spans import Span, measure_ms, union
from lms.hours.rules.values import Stretch
from lms.hours.signals import hours_lowered


class TimeTaken(ValueError):
    """PostgreSQL found other hours of the learner in this time."""


@dataclass(frozen=True, slots=True)
class Account:
    """The hours that an entry changes: one learner's, in one module, of one kind."""

    learner_id: int
    enrollment: Enrollment
    module: Module
    kind: str


def account_of(session: StudySession) -> Account:
    """The account that a study session earns into."""
    return Account(session.learner_id, session.enrollment, session.class_lesson.module, "online")


def post(
    account: Account, *, sort: EntrySort, ms: int, provisional_ms: int, confirmed_ms: int, at: datetime, **columns: Any
) -> Entry:
    """Append one entry. `provisional_ms` and `confirmed_ms` are what it changes, negative to take away.

    PostgreSQL refuses it (IntegrityError) when its time overlaps another entry of the learner or an hour would fall
    below zero.
    """
    last_number = (
        Entry.objects.filter(learner_id=account.learner_id).order_by("-number").values_list("number", flat=True).first()
    )
    balance = (
        Entry.objects.filter(
            learner_id=account.learner_id, enrollment=account.enrollment, module=account.module, kind=account.kind
        )
        .order_by("-number")
        .values_list("provisional_after_ms", "confirmed_after_ms")
        .first()
    ) or (0, 0)
    entry = Entry.objects.create(
        learner_id=account.learner_id,
        number=(last_number or 0) + 1,
        sort=sort,
        enrollment=account.enrollment,
        module=account.module,
        kind=account.kind,
        ms=ms,
        provisional_delta_ms=provisional_ms,
        confirmed_delta_ms=confirmed_ms,
        provisional_after_ms=balance[0] + provisional_ms,
        confirmed_after_ms=balance[1] + confirmed_ms,
        posted_at=at,
        **columns,
    )
    if confirmed_ms < 0:
        hours_lowered.send(sender=Entry, learner_id=account.learner_id, at=at)
    _total(account).update(
        provisional_ms=F("provisional_ms") + provisional_ms, confirmed_ms=F("confirmed_ms") + confirmed_ms
    )
    return entry


def post_held(
    account: Account, *, sort: EntrySort, uuid: UUID, from_at: datetime, to_at: datetime, at: datetime, **columns: Any
) -> Entry:
    """Post [from_at, to_at) as confirmed hours that were held in a place, and take that time of the clock.

    What is open on the clock was posted before, so that PostgreSQL sees it: an overlap raises TimeTaken.
    """
    ms = (to_at - from_at) // timedelta(milliseconds=1)
    times = {"from_at": from_at, "to_at": to_at, "at": at}
    try:
        with transaction.atomic():
            entry = post(account, sort=sort, ms=ms, provisional_ms=0, confirmed_ms=ms, uuid=uuid, **times, **columns)
    except IntegrityError as error:
        if "no_overlap_of_credited_time" in str(error):
            raise TimeTaken("the learner already has hours then") from None
        raise
    clock = StudyClock.objects.filter(pk=account.learner_id)
    clock.filter(busy_until__lt=to_at).update(busy_until=to_at)
    clock.filter(busy_until__isnull=True).update(busy_until=to_at)
    return entry


def post_stretches(session: StudySession, stretches: Iterable[Stretch], *, at: datetime) -> None:
    """Post ended stretches of a session as provisional credit, with their coverage."""
    version = session.class_lesson.lesson_version
    for stretch in stretches:
        post(
            account_of(session),
            sort=EntrySort.CREDIT,
            ms=stretch.ms,
            provisional_ms=stretch.ms,
            confirmed_ms=0,
            at=at,
            session=session,
            lesson_version=version,
            from_at=moment_of(stretch.from_ms),
            to_at=moment_of(stretch.to_ms),
            media_from_ms=stretch.media_from_ms,
            media_to_ms=stretch.media_to_ms,
        )
        _cover(session.learner_id, version, stretch.media, stretch.ms)


def post_open_stretch(row: StudyClock, *, at: datetime) -> None:
    """Post what the running session has earned up to its last beat, so that the database can judge the overlap."""
    if row.session is None or row.open_ms == 0:
        return
    desk = desk_of(row)
    outcome = close(clock_of(row))
    post_stretches(desk.session, outcome.ended, at=at)
    StudyClock.objects.filter(pk=row.pk).update(**columns_of(outcome.clock))


def post_refusals(session: StudySession, refused: Mapping[str, Sequence[int]], *, at: datetime) -> None:
    """Keep what was refused: `refused` maps a code to [ms, from_ms, to_ms] on the server's clock."""
    if not refused:
        return
    account = account_of(session)
    Refusal.objects.bulk_create(
        Refusal(
            learner_id=account.learner_id,
            session=session,
            enrollment=account.enrollment,
            module=account.module,
            lesson_version=session.class_lesson.lesson_version,
            code=code,
            ms=ms,
            from_at=moment_of(from_ms),
            to_at=moment_of(to_ms),
        )
        for code, (ms, from_ms, to_ms) in refused.items()
    )
    total = _total(account).get()
    for code, (ms, _from, _to) in refused.items():
        total.refused[code] = total.refused.get(code, 0) + ms
    total.save(update_fields=["refused"])


def post_correction(
    account: Account, version: LessonVersion | None, correction: Correction, *, at: datetime, **columns: Any
) -> Entry:
    """Give confirmed hours after a decision, and cover as much new media of the lesson, so that it earns only once.

    Hours of a classroom or a workshop have no lesson. PostgreSQL refuses it (IntegrityError) when the time is taken;
    the caller has seen that the lesson has room.
    """
    post_given = partial(
        post, account, sort=EntrySort.CORRECTION, ms=correction.ms, provisional_ms=0, confirmed_ms=correction.ms, at=at
    )
    if version is None:
        return post_given(**columns)
    coverage = LessonCoverage.objects.filter(learner_id=account.learner_id, lesson_version=version).first()
    media_from_ms, media_to_ms = media_of(coverage.covered if coverage else (), version.duration_ms, correction.ms)
    from_ms, to_ms = correction.span or (None, None)
    entry = post_given(
        lesson_version=version,
        from_at=moment_of(from_ms) if from_ms is not None else None,
        to_at=moment_of(to_ms) if to_ms is not None else None,
        media_from_ms=media_from_ms,
        media_to_ms=media_to_ms,
        **columns,
    )
    _cover(account.learner_id, version, (media_from_ms, media_to_ms), correction.ms, is_settled=True)
    return entry


def _total(account: Account) -> Any:
    """The totals row of an account as a query set, made on first use."""
    ModuleHours.objects.bulk_create(
        [
            ModuleHours(
                learner_id=account.learner_id, enrollment=account.enrollment, module=account.module, kind=account.kind
            )
        ],
        ignore_conflicts=True,
    )
    return ModuleHours.objects.filter(enrollment=account.enrollment, module=account.module, kind=account.kind)


def _cover(learner_id: int, version: LessonVersion, media: Span, credited_ms: int, *, is_settled: bool = False) -> None:
    """Add media to the coverage; settled media stays covered when a later check fails."""
    coverage, _new = LessonCoverage.objects.get_or_create(
        learner_id=learner_id, lesson_version=version, defaults={"duration_ms": version.duration_ms}
    )
    covered = union(coverage.covered, [media])
    LessonCoverage.objects.filter(learner_id=learner_id, pk=coverage.pk).update(
        covered=covered,
        settled=union(coverage.settled, [media]) if is_settled else coverage.settled,
        covered_ms=measure_ms(covered),
        credited_ms=F("credited_ms") + credited_ms,
    )
