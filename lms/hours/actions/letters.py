"""What is told by letter of decisions on hours. Each is called inside the transaction of the decision."""

from datetime import datetime

from django.utils import timezone

from lms.hours.models import Appeal, AttendanceProposal, Effect, ProposalState
from lms.letters.actions import NewLetter, write_letters


def tell_appeal_decided(*, at: datetime, appeal: Appeal) -> None:
    """To the learner, and to who proposed. Nothing is decided by returning an appeal."""
    if appeal.decided_at is None:
        return
    about = once = str(appeal.uuid)
    facts = {"title": appeal.enrollment.training_class.title, "reason": appeal.decided_reason}
    kind = f"appeal.{appeal.state}"
    letters = [NewLetter(kind, appeal.learner, once, about, facts)]
    if appeal.proposed_by is not None:
        letters.append(NewLetter(f"{kind}.proposer", appeal.proposed_by, once, about, facts))
    write_letters(at=at, letters=letters)


def tell_attendance_decided(*, at: datetime, proposal: AttendanceProposal) -> None:
    """To each learner what became of theirs, whatever became of the others', and to who proposed."""
    rows = list(proposal.learners.select_related("learner"))
    done = sum(each.entry_id is not None for each in rows)
    facts = {
        "title": proposal.training_class.title,
        "day": timezone.localdate(proposal.from_at).isoformat(),
        "reason": proposal.decided_reason,
        "given": done,
        "all": len(rows),
    }
    once = str(proposal.uuid)
    # The reason is that of the decision: whoever got nothing although it was accepted reads why on their page.
    own = {**facts, "reason": facts["reason"] if proposal.state == ProposalState.REJECTED else ""}
    what = "attendance" if proposal.effect == Effect.GIVE else "taking"
    letters = [
        NewLetter(f"{what}.{'accepted' if each.entry_id else 'rejected'}", each.learner, once, facts=own)
        for each in rows
    ]
    letters.append(NewLetter(f"{what}.{proposal.state}.proposer", proposal.proposed_by, once, once, facts))
    write_letters(at=at, letters=letters)
