"""Appeals: a learner makes one, staff of the institution propose, a second person from outside decides.

Nobody inside an institution alone can raise hours: an accepted appeal is a correction, a new entry with the names of
both. Whatever it gives is bounded by what was refused, by free time of the clock in which it was refused, by the day's
cap and by media not yet counted; all of it is judged again under the learner's clock lock when it is decided.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest

from lms.accounts.models import User
from lms.audit.actions import record
from lms.enrollments.models import Kind
from lms.hours.actions.letters import tell_appeal_decided
from lms.hours.actions.posting import Account, post_correction, post_open_stretch
from lms.hours.models import Appeal, AppealState, Entry, Refusal, StudyClock, Verdict
from lms.hours.queries.appeals import (
    appeal_against,
    day_for,
    is_appealable,
    may_decide,
    may_propose,
    open_appeals,
    room_for,
    subject_of,
    void_behind,
)
from lms.hours.queries.clocks import lock_clock, moment_of, ms_of
from lms.hours.rules import appeals as rules
from lms.hours.rules.appeals import Claim, Correction, Problem, Room


class NotTheirs(PermissionDenied):
    """Not one's own refusal to appeal against, not staff of the institution, or no second person from outside it."""


class AppealRefused(ValueError):
    """A step that was not taken; `problems` lists everything that speaks against it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{each.field}: {each.code}" for each in self.problems))


@transaction.atomic
def make_appeal(
    *, by: User, at: datetime, uuid: UUID, text: str, refusal: Refusal | None = None, entry: Entry | None = None
) -> Appeal:
    """The learner's appeal against a refusal or a voiding entry of their own; the same `uuid` again gives the same one.

    Raises NotTheirs; AppealRefused: text_missing, text_too_long, uuid (used for something else), nothing_taken (an
    entry that voided nothing), voided (there is an entry for this refusal), already_appealed, too_many_open.
    """
    subject = refusal or entry
    if subject is None or (refusal and entry) or subject.learner_id != by.pk or not by.is_active:
        raise NotTheirs("only the learner appeals, and against one thing")
    lock_clock(by.pk)
    known = Appeal.objects.filter(uuid=uuid).first()
    if known is not None:
        if (known.learner_id, known.refusal, known.entry) != (by.pk, refusal, entry):
            raise AppealRefused([Problem("uuid", "uuid")])
        return known
    problems = rules.text_problems("text", text, rules.TEXT_MAX)
    if entry is not None and not is_appealable(entry):
        problems.append(Problem("subject", "nothing_taken"))
    if refusal is not None and void_behind(refusal) is not None:
        problems.append(Problem("subject", "voided"))
    if appeal_against(refusal, entry) is not None:
        problems.append(Problem("subject", "already_appealed"))
    elif open_appeals(by) >= rules.OPEN_MAX:
        problems.append(Problem("subject", "too_many_open"))
    if problems:
        raise AppealRefused(problems)
    appeal = Appeal.objects.create(
        uuid=uuid,
        learner=by,
        enrollment=subject.enrollment,
        refusal=refusal,
        entry=entry,
        text=text.strip(),
        appealed_at=at,
    )
    against = {"code": refusal.code, "refusal": refusal.pk} if refusal else {"entry": entry.number if entry else 0}
    record(verb="appeal.made", subject=appeal, by=by, at=at, detail={**against, "ms": subject.ms})
    return appeal


@transaction.atomic
def propose(
    *,
    by: User,
    at: datetime,
    appeal: Appeal,
    uuid: UUID,
    verdict: str,
    reason: str,
    ms: int = 0,
    from_at: datetime | None = None,
    to_at: datetime | None = None,
) -> Appeal:
    """What the institution proposes: to count `ms` in [from_at, to_at) of the clock (no interval for voided credit),
    or to leave it. The same `uuid` again changes nothing.

    Raises NotTheirs; AppealRefused: state, verdict, text_missing, text_too_long and whatever speaks against the
    correction (rules.correction_problems).
    """
    if not may_propose(by, appeal):
        raise NotTheirs("only staff of the institution propose, and never on an appeal of their own")
    locked = _locked(appeal)
    if locked.proposal == uuid and locked.proposed_by_id == by.pk:
        return locked
    target = rules.state_after(locked.state, "propose")
    problems = rules.text_problems("reason", reason, rules.REASON_MAX)
    if target is None:
        problems.append(Problem("state", "state"))
    if verdict not in rules.VERDICTS:
        problems.append(Problem("verdict", "verdict"))
    gives = verdict == Verdict.ACCEPT
    correction = Correction(ms, _span(from_at, to_at)) if gives else Correction(0, None)
    if gives:
        problems += rules.correction_problems(*_case(locked, correction))
    if problems:
        raise AppealRefused(problems)
    return _step(
        locked,
        "propose",
        by,
        at,
        {"ms": correction.ms, "verdict": verdict, "reason": reason.strip()},
        proposal=uuid,
        proposed_at=at,
        proposed_by=by,
        verdict=verdict,
        proposed_ms=correction.ms,
        from_at=moment_of(correction.span[0]) if correction.span else None,
        to_at=moment_of(correction.span[1]) if correction.span else None,
        day=day_for(locked, correction.span) if gives else None,
        proposed_reason=reason.strip(),
        returned_reason="",
    )


@transaction.atomic
def decide(*, by: User, at: datetime, appeal: Appeal, proposal: UUID, verb: str, reason: str) -> Appeal:
    """Accept, reject or return the proposal that was read (`proposal`). Accepting posts the correction.

    Rejecting ends the appeal whatever was proposed; returning asks the institution again. The same decision of the
    same person again changes nothing. Raises NotTheirs; AppealRefused: state, changed (another proposal stands now),
    nothing_proposed, text_missing, text_too_long, and what speaks against the correction by now; `overlap` is what
    PostgreSQL says.
    """
    if not may_decide(by, appeal):
        raise NotTheirs("a second person from outside the institution decides")
    row = lock_clock(appeal.learner_id)
    locked = _locked(appeal)
    if _is_repeated(locked, by, proposal, verb):
        return locked
    if not may_decide(by, locked):
        raise NotTheirs("nobody decides on their own proposal")
    problems = rules.text_problems("reason", reason, rules.REASON_MAX)
    if verb == "propose" or rules.state_after(locked.state, verb) is None:
        problems.append(Problem("state", "state"))
    elif locked.proposal != proposal:
        problems.append(Problem("proposal", "changed"))
    elif verb == "accept" and locked.verdict != Verdict.ACCEPT:
        problems.append(Problem("verdict", "nothing_proposed"))
    if problems:
        raise AppealRefused(problems)
    told = {"ms": locked.proposed_ms, "reason": reason.strip()}
    if verb == "return":
        return _step(locked, verb, by, at, told, returned_reason=reason.strip())
    decided: dict[str, Any] = {"decided_at": at, "decided_by": by, "decided_reason": reason.strip()}
    if verb == "accept":
        decided["correction"] = entry = _correct(locked, row, by, at, reason.strip())
        told["entry"] = str(entry.uuid)
    return _step(locked, verb, by, at, told, **decided)


def _correct(appeal: Appeal, row: StudyClock, by: User, at: datetime, reason: str) -> Entry:
    """Post the correction under the clock's lock, which the caller holds."""
    post_open_stretch(row, at=at)
    claim, correction, room = _case(appeal, Correction(appeal.proposed_ms, _span(appeal.from_at, appeal.to_at)))
    # Whether the interval is free is for the exclusion constraint to say: it sees what no query can miss.
    problems = rules.correction_problems(claim, correction, replace(room, taken=()))
    if problems:
        raise AppealRefused(problems)
    subject = subject_of(appeal)
    account = Account(appeal.learner_id, appeal.enrollment, subject.module, subject.kind)
    names = {"posted_by": by, "proposed_by": appeal.proposed_by}
    try:
        with transaction.atomic():
            entry = post_correction(account, subject.version, correction, at=at, reason=reason, **names)
    except IntegrityError as error:
        if "no_overlap_of_credited_time" in str(error):
            raise AppealRefused([Problem("span", "overlap")]) from None
        raise
    if subject.kind == Kind.ONLINE:
        _take_time(row, appeal, correction, room.day_used_ms + correction.ms)
    return entry


def _take_time(row: StudyClock, appeal: Appeal, correction: Correction, used_ms: int) -> None:
    """The interval is taken from now on, and what was given back of today is not there to be earned a second time."""
    clock = StudyClock.objects.filter(pk=row.pk)
    if appeal.to_at is not None:
        clock.filter(busy_until__lt=appeal.to_at).update(busy_until=appeal.to_at)
        clock.filter(busy_until__isnull=True).update(busy_until=appeal.to_at)
    given_ms = correction.ms if correction.span else 0
    clock.filter(day=appeal.day).update(day_ms=Greatest(F("day_ms") + given_ms, Value(used_ms)))


def _case(appeal: Appeal, correction: Correction) -> tuple[Claim, Correction, Room]:
    """What the rule of corrections is asked."""
    claim = subject_of(appeal).claim
    if correction.span is None and claim.window is not None:
        # Without an interval there is no day; the empty one is refused as lying outside.
        correction = Correction(correction.ms, (claim.window[0], claim.window[0]))
    return claim, correction, room_for(appeal, day_for(appeal, correction.span))


def _is_repeated(appeal: Appeal, by: User, proposal: UUID, verb: str) -> bool:
    if appeal.proposal != proposal or appeal.state != rules.state_after(AppealState.PROPOSED, verb):
        return False
    return verb == "return" or appeal.decided_by_id == by.pk


def _span(from_at: datetime | None, to_at: datetime | None) -> tuple[int, int] | None:
    return (ms_of(from_at), ms_of(to_at)) if from_at is not None and to_at is not None else None


def _locked(appeal: Appeal) -> Appeal:
    return (
        Appeal.objects.select_for_update(of=("self",), no_key=True)
        .select_related("learner", "enrollment__training_class__institution__region")
        .select_related("refusal__module", "refusal__lesson_version", "entry__module", "entry__lesson_version")
        .get(pk=appeal.pk)
    )


def _step(appeal: Appeal, verb: str, by: User, at: datetime, told: dict[str, Any], **written: Any) -> Appeal:
    appeal.state = rules.TRANSITIONS[appeal.state, verb]
    for name, value in written.items():
        setattr(appeal, name, value)
    appeal.save(update_fields=["state", *written])
    past = {"propose": "proposed", "return": "returned", "accept": "accepted", "reject": "rejected"}[verb]
    record(verb=f"appeal.{past}", subject=appeal, by=by, at=at, detail=told)
    tell_appeal_decided(at=at, appeal=appeal)
    return appeal
