"""Asking presence checks and judging their answers. One check may wait per learner; the clock row names it.

The schedule is kept in the clock row and spoken of to nobody: a client learns of a check when it is asked.
"""

from dataclasses import asdict
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from lms.accounts.models import User
from lms.audit.actions import record
from lms.hours.actions.sessions import StudyRefused
from lms.hours.actions.settling import CHANCE, Verdict, fail, lapse, settle_expired, succeed
from lms.hours.models import CheckOutcome, CheckPolicy, PresenceCheck, StudyClock
from lms.hours.queries.checks import (
    gets_extra_time,
    learners_who_left_unsettled,
    learners_with_lapsed_checks,
    place_of,
)
from lms.hours.queries.clocks import Desk, lock_clock, locked_desk
from lms.hours.rules.checks import answer_within_ms, ask
from lms.hours.rules.questions import METHODS
from lms.hours.rules.values import Clock

ABANDONED_FOR = timedelta(days=30)
"""Credit that waits for a check which is due, or is above what ends of sessions confirm, waits this long for the
learner to come back and be asked; in whatever class."""

LAPSED_FOR = timedelta(minutes=2)
"""The sweeper leaves a lapsed check this long to its client, which asks for the verdict itself and shows it."""

NOT_WAITING = "No such check is waiting for your answer."


def ask_check(desk: Desk, clock: Clock, at: datetime) -> PresenceCheck:
    """Put the check that has come due. Inside the beat's transaction, which names it in the clock row."""
    method, question = ask(METHODS, place_of(desk, clock), CHANCE.getrandbits(64))
    within_ms = answer_within_ms(extra_time=gets_extra_time(desk.learner))
    return PresenceCheck.objects.create(
        learner=desk.learner,
        session=desk.session,
        method=method.name,
        question_id=question.key,
        prompt=asdict(question.prompt),
        options=[asdict(option) for option in question.options],
        right=question.right,
        within_ms=within_ms,
        asked_at=at,
        deadline_at=at + timedelta(milliseconds=within_ms),
    )


@transaction.atomic
def answer_check(*, by: User, at: datetime, session: UUID, check: UUID, choice: int) -> Verdict:
    """Judge an answer that came over the session that holds the lease or, where nobody does, over the one that was
    asked: a check outlives a class that ends meanwhile. Too late is as good as none.

    Raises StudyRefused: bad_message for a check that does not wait for this learner's answer (another's, answered
    already) or a choice that it does not offer; not_open when the check waits in another session.
    """
    row = lock_clock(by.pk)
    desk = locked_desk(by.pk)
    if desk is not None:
        row = desk.row  # the same, with all that judging needs of it read at once
    waiting = row.pending_check
    if waiting is None or waiting.uuid != check:
        raise StudyRefused("bad_message", NOT_WAITING)
    if not 0 <= choice < len(waiting.options):
        raise StudyRefused("bad_message", f"choice: this check has {len(waiting.options)} options, counted from 0.")
    if (row.session or waiting.session).uuid != session:
        raise StudyRefused("not_open", "Open the session first.")
    late = settle_expired(row, at=at)
    if late is not None:
        return late
    method = next(each for each in METHODS if each.name == waiting.method)
    if method.passes(waiting.right, choice):
        return succeed(row, waiting, choice=choice, at=at)
    return fail(row, waiting, CheckOutcome.FAILED, choice=choice, at=at)


def fail_lapsed_checks(*, at: datetime, limit: int = 500) -> int:
    """Fail checks whose learner has vanished. Returns how many; each in a transaction of its own.

    A learner who is being served right now is left for the next round.
    """
    failed = 0
    for learner_id in learners_with_lapsed_checks(at - LAPSED_FOR, limit):
        with transaction.atomic():
            row = StudyClock.objects.select_for_update(skip_locked=True).filter(pk=learner_id).first()
            if row is not None and settle_expired(row, at=at) is not None:
                failed += 1
    return failed


def lapse_abandoned(*, at: datetime, limit: int = 5_000) -> int:
    """Take back what stayed provisional for a month without its learner: nothing waits for ever. Returns how many."""
    settled = 0
    for learner_id in learners_who_left_unsettled(at - ABANDONED_FOR, limit):
        with transaction.atomic():
            row = StudyClock.objects.select_for_update(skip_locked=True).filter(pk=learner_id).first()
            if row is not None and row.session_id is None and row.pending_check_id is None and row.provisional_ms:
                lapse(row, at=at)
                settled += 1
    return settled


@transaction.atomic
def set_extra_time(*, by: User, at: datetime, learner: User, extra_time: bool) -> None:
    """A learner asks for more time to answer, or no longer needs it. Nobody else decides that.

    More time is given to a check that waits already, too; less only from the next one on. Raises PermissionError for
    anybody else.
    """
    if by.pk != learner.pk:
        raise PermissionError("Learners choose their own time to answer.")
    waiting = lock_clock(learner.pk).pending_check
    within_ms = answer_within_ms(extra_time=extra_time)
    if waiting is not None and at < waiting.deadline_at and within_ms > waiting.within_ms:
        PresenceCheck.objects.filter(pk=waiting.pk).update(
            within_ms=within_ms, deadline_at=waiting.asked_at + timedelta(milliseconds=within_ms)
        )
    policy, _new = CheckPolicy.objects.update_or_create(learner=learner, defaults={"extra_time": extra_time})
    record(verb="check.extra_time", subject=policy, by=by, at=at, detail={"extra_time": extra_time})
