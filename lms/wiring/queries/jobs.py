"""What waits, is worked on or came to nothing in the whole installation: what a scrape asks the database.

Every web process asks at every scrape, so it costs next to nothing: `QUESTIONS` questions, each answered from an index
or from a table that holds only what is unfinished. What they cost grows with the number of videos and of what has
failed, and not with learners, their entries or letters that were sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from lms.enrollments.queries.rosters import imports_by_state
from lms.hours.queries.verification import Proof, last_proof
from lms.letters.queries import letters_by_state
from media_pipeline.queries import chunks_by_state, jobs_by_state, uploads_by_state

QUESTIONS = 7


@dataclass(frozen=True, slots=True)
class Jobs:
    """Numbers by state; `proof` is the last one of the ledger, None when there was none."""

    videos: Mapping[str, int]
    chunks: Mapping[str, int]
    uploads: Mapping[str, int]
    letters: Mapping[str, int]
    imports: Mapping[str, int]
    proof: Proof | None


def jobs(at: datetime) -> Jobs:
    return Jobs(
        videos=jobs_by_state(),
        chunks=chunks_by_state(),
        uploads=uploads_by_state(),
        letters=letters_by_state(at),
        imports=imports_by_state(),
        proof=last_proof(),
    )
