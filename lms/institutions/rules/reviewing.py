"""Who may decide on a submission: a reviewer who has nothing to do with it. All reasons at once, as codes.

The committee stands for what is taught; nobody inside an institution passes its own textbook, and no author anywhere
their own.
"""

from dataclasses import dataclass

REASON_MAX = 2_000


@dataclass(frozen=True, slots=True)
class Judge:
    """What matters about the person who wants to decide."""

    is_reviewer: bool
    has_edited: bool
    has_submitted: bool
    has_worked_there: bool


def unfit_because(judge: Judge) -> tuple[str, ...]:
    """Why this person may not decide; empty if they may."""
    found = {
        "not_a_reviewer": not judge.is_reviewer,
        "edited_it": judge.has_edited,
        "submitted_it": judge.has_submitted,
        "works_there": judge.has_worked_there,
    }
    return tuple(code for code, holds in found.items() if holds)


def decision_problems(*, approves: bool, reason: str) -> tuple[str, ...]:
    """What is wrong with the words of a decision: who rejects says why."""
    if len(reason) > REASON_MAX:
        return ("reason_too_long",)
    return () if approves or reason.strip() else ("reason_missing",)
