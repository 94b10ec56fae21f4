"""Recomputes what is stored about hours from entries and refusals, and tells every difference (I10). Writes nothing.

Learners are taken one after the other, so memory does not grow with the installation; each under their clock's lock,
so that somebody who studies meanwhile is no difference.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef

from lms.audit.queries import last_event
from lms.enrollments.models import Kind
from lms.hours.models import Entry, EntrySort, LessonCoverage, ModuleHours, Refusal, StudyClock
from lms.hours.queries.clocks import ZONE, ms_of
from lms.hours.rules.days import day_at
from lms.hours.rules.replay import Account, Posted, Replayed, replay
from lms.hours.rules.spans import measure_ms
from lms.hours.signals import differences_asked

LEDGER = ("hours.ledger", "whole")
"""What the audit log calls it: the outcome of every proof is an event of this thing."""


@dataclass(frozen=True, slots=True)
class Proof:
    """How a proof of the whole ledger ended. `orphans` are entries of learners who have no clock."""

    ended_at: datetime
    learners: int
    differences: int
    orphans: int

    @property
    def faults(self) -> int:
        return self.differences + self.orphans


def last_proof() -> Proof | None:
    """The last proof that came to its end, whoever ran it; None when there was none."""
    event = last_event(*LEDGER)
    return None if event is None else Proof(ended_at=event.at, **event.detail)


def learners_with_hours() -> Iterator[int]:
    """Ids of everybody who ever studied or attended, in order: whoever has an hour has a clock."""
    return StudyClock.objects.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=2000)


def entries_without_a_clock() -> int:
    """Entries whose learner has no clock row; there can be none. One pass over both, however many they are."""
    return Entry.objects.filter(~Exists(StudyClock.objects.filter(pk=OuterRef("learner_id")))).count()


def differences(learner_id: int) -> list[str]:
    """Where what is stored about a learner differs from a replay of their entries: a line each, none if all agrees."""
    with transaction.atomic():
        clock = StudyClock.objects.select_for_update().get(pk=learner_id)
        entries = [_posted(row) for row in Entry.objects.filter(learner_id=learner_id).order_by("number").iterator()]
        replayed = replay(entries)
        found = [
            *replayed.faults,
            *_totals(learner_id, replayed),
            *_coverage(learner_id, replayed),
            *_clock(clock, entries, replayed),
            *_told_above(learner_id),
        ]
    return [f"learner {learner_id}: {line}" for line in found]


def _told_above(learner_id: int) -> Iterator[str]:
    answers: list[Any] = [lines for _receiver, lines in differences_asked.send(sender=Entry, learner_id=learner_id)]
    for lines in answers:
        yield from lines


def _posted(row: Entry) -> Posted:
    return Posted(
        number=row.number,
        sort=row.sort,
        account=(row.enrollment_id, row.module_id, row.kind),
        ms=row.ms,
        provisional_ms=row.provisional_delta_ms,
        confirmed_ms=row.confirmed_delta_ms,
        provisional_after_ms=row.provisional_after_ms,
        confirmed_after_ms=row.confirmed_after_ms,
        version=row.lesson_version_id,
        from_ms=ms_of(row.from_at) if row.from_at else None,
        to_ms=ms_of(row.to_at) if row.to_at else None,
        media=(row.media_from_ms or 0, row.media_to_ms or 0),
    )


def _totals(learner_id: int, replayed: Replayed) -> Iterator[str]:
    refused: dict[Account, Counter[str]] = {}
    for row in Refusal.objects.filter(learner_id=learner_id).select_related("session__class_lesson"):
        refused.setdefault((row.enrollment_id, row.module_id, "online"), Counter())[row.code] += row.ms
    totals = {
        (row.enrollment_id, row.module_id, row.kind): row for row in ModuleHours.objects.filter(learner_id=learner_id)
    }
    for account in sorted({*replayed.confirmed_ms, *refused, *totals}):
        total = totals.get(account)
        stored = (total.confirmed_ms, total.provisional_ms, total.refused) if total else (0, 0, {})
        counted = (
            replayed.confirmed_ms.get(account, 0),
            replayed.provisional_ms.get(account, 0),
            dict(refused.get(account, {})),
        )
        for name, left, right in zip(("confirmed", "provisional", "refused"), stored, counted, strict=True):
            if left != right:
                yield f"{name} of enrollment, module, kind {account} is {left}; its entries come to {right}"


def _coverage(learner_id: int, replayed: Replayed) -> Iterator[str]:
    rows = {row.lesson_version_id: row for row in LessonCoverage.objects.filter(learner_id=learner_id)}
    for version in sorted({*rows, *replayed.covered}):
        row = rows.get(version)
        covered = replayed.covered.get(version, [])
        credited_ms = replayed.credited_ms.get(version, 0)
        stored = (row.covered, row.covered_ms, row.credited_ms) if row else ([], 0, 0)
        counted = (covered, measure_ms(covered), credited_ms)
        for name, left, right in zip(("coverage", "covered ms", "credited ms"), stored, counted, strict=True):
            if left != right:
                yield f"{name} of lesson version {version} is {left}; its entries come to {right}"


def _clock(clock: StudyClock, entries: list[Posted], replayed: Replayed) -> Iterator[str]:
    provisional_ms = sum(replayed.provisional_ms.values()) + clock.open_ms
    if clock.provisional_ms != provisional_ms:
        yield f"the clock says {clock.provisional_ms} ms provisional; entries and open stretch come to {provisional_ms}"
    ends = [entry.to_ms for entry in entries if entry.to_ms is not None]
    if ends and (clock.busy_until is None or ms_of(clock.busy_until) < max(ends)):
        yield "the clock calls time free that an entry has taken"
    if clock.day is not None:
        counted = (EntrySort.CREDIT, EntrySort.CORRECTION)
        online = [entry for entry in entries if entry.sort in counted and entry.account[2] == Kind.ONLINE]
        # An interval that ends at midnight belongs to the day before.
        posted_ms = sum(e.ms for e in online if e.to_ms and day_at(e.to_ms - 1, ZONE).date == clock.day)
        # Voided time that was given back has no interval; it may draw on the cap of the day once more.
        given_back_ms = sum(e.ms for e in online if e.to_ms is None and e.confirmed_ms > 0)
        counted_ms = posted_ms + clock.open_ms
        if not counted_ms <= clock.day_ms <= counted_ms + given_back_ms:
            yield f"the clock says {clock.day_ms} ms on {clock.day}; entries and open stretch come to {counted_ms}"
