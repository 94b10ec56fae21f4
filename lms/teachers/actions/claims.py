"""Claims of hours: a teacher makes one with evidence, and somebody of the authority decides who is no colleague.

Accepting posts an entry under the lock of the claimant's clock, so that PostgreSQL judges the overlap with everything
else of the person, the running session's open stretch included. Until then nothing counts and nothing is taken.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction

from lms.accounts.models import User
from lms.audit.actions import record
from lms.enrollments.models import Module
from lms.hours.actions.posting import Account, TimeTaken, post_held, post_open_stretch
from lms.hours.models import EntrySort, StudyClock
from lms.hours.queries.clocks import lock_clock, ms_of, today
from lms.teachers.actions.letters import tell_claim_decided
from lms.teachers.actions.years import take_part_in_year
from lms.teachers.models import Claim, ClaimState, EducationYear, Evidence
from lms.teachers.queries.claims import enrollment_of, is_taken, may_decide_claim, own_claims
from lms.teachers.queries.years import account_of, kinds_of
from lms.teachers.rules import claims as rules
from lms.teachers.rules.claims import Claimed, Problem, Surroundings
from lms.teachers.rules.consequences import last_day
from media_pipeline.storage import private_storage


class NotReviewer(PermissionDenied):
    """Not the claimant's own claim, or nobody who may decide on it."""


class ClaimRefused(ValueError):
    """A step that was not taken; `problems` lists everything that speaks against it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{each.field}: {each.code} ({each.value})" for each in self.problems))


@transaction.atomic
def claim_hours(
    *,
    by: User,
    at: datetime,
    uuid: UUID,
    education_year: EducationYear,
    module: Module,
    kind: str,
    from_at: datetime,
    to_at: datetime,
    title: str,
    place: str,
    evidence: Sequence[tuple[str, bytes]],
    text: str = "",
) -> Claim:
    """Say that the teacher was somewhere in [from_at, to_at), with 1 to 5 files of evidence, each a name and content.

    Posts nothing. Makes the teacher's enrollment in the year, if there is none; the same `uuid` gives the same claim.
    Raises YearRefused (cannot take part); ClaimRefused: what `rules.claims` says, module (of another year), uuid,
    taken (other hours, or another claim, have some of this time).
    """
    lock_clock(by.pk)
    known = Claim.objects.filter(uuid=uuid).first()
    if known is not None:
        if (known.person_id, known.education_year_id) != (by.pk, education_year.pk):
            raise ClaimRefused([Problem("uuid", "uuid")])
        return known
    drafted = Claim(
        uuid=uuid,
        person=by,
        education_year=education_year,
        module=module,
        kind=kind,
        from_at=from_at,
        to_at=to_at,
        title=title.strip(),
        place=place.strip(),
        text=text.strip(),
        claimed_at=at,
    )
    take_part_in_year(by=by, at=at, education_year=education_year)
    if problems := [*_problems_of(drafted, at), *rules.file_problems(evidence)]:
        raise ClaimRefused(problems)
    with _kept_together(evidence, uuid) as files:
        try:
            with transaction.atomic():
                drafted.save(force_insert=True)
        except IntegrityError as error:
            if "no_time_is_claimed_twice" in str(error):
                raise ClaimRefused([Problem("from_at", "taken")]) from None
            raise
        for each in files:
            each.claim = drafted
        Evidence.objects.bulk_create(files)
        told = {"year": str(education_year.uuid), "kind": kind, "files": len(files), "ms": _ms(drafted)}
        record(verb="claim.made", subject=drafted, by=by, at=at, detail=told)
    return drafted


@transaction.atomic
def take_claim_back(*, by: User, at: datetime, claim: Claim) -> Claim:
    """The claimant does not claim it any more, while nobody decided; once more changes nothing.

    Raises NotReviewer (somebody else's), ClaimRefused: decided.
    """
    if claim.person_id != by.pk:
        raise NotReviewer("a claim is taken back by who made it")
    locked = _locked(claim)
    if locked.state == ClaimState.TAKEN_BACK:
        return locked
    if locked.state != ClaimState.WAITING:
        raise ClaimRefused([Problem("claim", "decided", locked.state)])
    locked.state, locked.decided_at = ClaimState.TAKEN_BACK, at
    locked.save(update_fields=["state", "decided_at"])
    record(verb="claim.taken_back", subject=locked, by=by, at=at)
    return locked


@transaction.atomic
def decide_claim(*, by: User, at: datetime, claim: Claim, verb: str, reason: str = "") -> Claim:
    """`accept` or `refuse` (with a reason) a claim. Accepting posts its hours to the claimant's ledger.

    The same decision of the same person again changes nothing. Raises NotReviewer; ClaimRefused: verb, reason_missing,
    reason_too_long, decided (by somebody else, or taken back), overlap (by now the time is taken: it still waits).
    """
    if not may_decide_claim(by, claim):
        raise NotReviewer("somebody of the authority decides who is neither the claimant nor a colleague")
    clock = lock_clock(claim.person_id)
    locked = _locked(claim)
    if problems := rules.reason_problems(verb, reason):
        raise ClaimRefused(problems)
    target = ClaimState.ACCEPTED if verb == "accept" else ClaimState.REFUSED
    if locked.state == target and locked.decided_by_id == by.pk:
        return locked
    if locked.state != ClaimState.WAITING:
        raise ClaimRefused([Problem("claim", "decided", locked.state)])
    if target == ClaimState.ACCEPTED:
        _post(locked, clock, by, at)
    locked.state, locked.decided_at, locked.decided_by, locked.reason = target, at, by, reason.strip()
    locked.save(update_fields=["state", "decided_at", "decided_by", "reason", "entry"])
    told = {"ms": _ms(locked), "reason": locked.reason, "entry": str(locked.uuid) if locked.entry else ""}
    record(verb=f"claim.{target.value}", subject=locked, by=by, at=at, detail=told)
    tell_claim_decided(at=at, claim=locked)
    return locked


def _post(claim: Claim, clock: StudyClock, by: User, at: datetime) -> None:
    """The claim's entry, whose uuid is the claim's: PostgreSQL finds the claim by it, and there is never a second."""
    post_open_stretch(clock, at=at)
    account = Account(claim.person_id, enrollment_of(claim), claim.module, claim.kind)
    times = {"from_at": claim.from_at, "to_at": claim.to_at, "at": at}
    names: dict[str, Any] = {"posted_by": by, "proposed_by": claim.person, "reason": claim.title}
    try:
        claim.entry = post_held(account, sort=EntrySort.CLAIM, uuid=claim.uuid, **times, **names)
    except TimeTaken:
        raise ClaimRefused([Problem("from_at", "overlap")]) from None


def _problems_of(drafted: Claim, at: datetime) -> list[Problem]:
    year, person = drafted.education_year, drafted.person
    found = []
    if drafted.module.syllabus_version_id != year.training_class.syllabus_version_id:
        found.append(Problem("module", "module", str(drafted.module.uuid)))
    # The last moment of a claim until midnight belongs to the day before.
    last = drafted.to_at - timedelta(milliseconds=1)
    first_day, last_of_it = today(drafted.from_at).date, today(last).date
    is_after = last_of_it > last_day(year.year)
    claimed = Claimed(
        kind=drafted.kind,
        first_day=first_day,
        last_day=last_of_it,
        from_ms=ms_of(drafted.from_at),
        to_ms=ms_of(drafted.to_at),
        title=drafted.title,
        place=drafted.place,
        text=drafted.text,
    )
    around = Surroundings(
        year=year.year,
        kinds=kinds_of(drafted.module),
        is_short=is_after and account_of(person, year, today(at).date).owes,
        taken=is_taken(person, drafted.from_at, drafted.to_at),
        waiting=own_claims(person).filter(state=ClaimState.WAITING).count(),
        made_lately=own_claims(person).filter(claimed_at__gt=at - timedelta(days=1)).count(),
        now_ms=ms_of(at),
    )
    return found + rules.claim_problems(claimed, around)


@contextmanager
def _kept_together(evidence: Sequence[tuple[str, bytes]], claim: UUID) -> Iterator[list[Evidence]]:
    """Rows whose files lie in private storage; if what is written with them fails, the files go again."""
    storage, made = private_storage(), dict[str, Evidence]()
    try:
        for name, content in evidence:
            digest = hashlib.sha256(content).hexdigest()
            if digest in made:
                continue
            content_type = rules.content_type_of(content)
            uuid = uuid5(claim, digest)
            path = storage.save(f"evidence/{uuid}", ContentFile(content))
            shown = rules.shown_name(name, content_type)
            facts = {"name": shown, "content_type": content_type, "size": len(content), "sha256": digest}
            made[digest] = Evidence(uuid=uuid, file=path, **facts)
        yield list(made.values())
    except BaseException:
        for each in made.values():
            storage.delete(each.file.name or "")
        raise


def _locked(claim: Claim) -> Claim:
    locked = Claim.objects.select_for_update(of=("self",), no_key=True)
    return locked.select_related("person", "module", "education_year__region", "education_year__training_class").get(
        pk=claim.pk
    )


def _ms(claim: Claim) -> int:
    return ms_of(claim.to_at) - ms_of(claim.from_at)
