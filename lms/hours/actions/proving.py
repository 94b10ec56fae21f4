"""Proving the ledger: every stored total is held against a replay of the entries, and how that ended is put on record.

What only says when something differs says nothing when it was never run. So the end of each proof, clean or not, is an
event of the audit log; `queries.verification.last_proof` reads the last one.
"""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime

from lms.audit.actions import Thing, record
from lms.hours.queries.verification import LEDGER, Proof, differences, entries_without_a_clock, learners_with_hours

TELL_EVERY = 1000


def prove_ledger(
    *, clock: Callable[[], datetime], tell: Callable[[str], None], told_on_the_way: Callable[[str], None]
) -> Proof:
    """Recompute everybody's totals; `tell` gets a line for each difference. A run that breaks off leaves no record."""
    learners = found = 0
    for learner_id in learners_with_hours():
        learners += 1
        for line in differences(learner_id):
            found += 1
            tell(line)
        if learners % TELL_EVERY == 0:
            told_on_the_way(f"{learners} learners, {found} differences so far")
    orphans = entries_without_a_clock()
    if orphans:
        tell(f"{orphans} entries without a clock")
    proof = Proof(clock(), learners, found, orphans)
    detail = asdict(proof)
    record(verb="ledger.verified", subject=Thing(*LEDGER), by=None, at=detail.pop("ended_at"), detail=detail)
    return proof
