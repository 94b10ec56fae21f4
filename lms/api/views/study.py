"""The study protocol over HTTP: a list of messages in, the list of their answers out, as over the socket.

HTTP has no connection, so a beat or a close speaks to the session of the last `open` of the same list, else to the one
named in the query, else to the learner's session that holds the lease. All messages are stamped when the body was
read: a list tells what happened, the server's clock alone tells when.
"""

from typing import Annotated, Any
from uuid import UUID

import orjson
from ninja import Body, Query, Router
from ninja.errors import Throttled
from pydantic import Field

from lms import metrics
from lms.api import moments
from lms.api.authentication import PersonRequest
from lms.api.rates import STUDY_MESSAGES_PER_MINUTE, may_open, seconds_left, spend
from lms.api.responses import answers as declared
from lms.api.study_shapes import StudyAnswer, StudyMessage
from lms.hours.actions.notices import lease_taken, tell
from lms.hours.forms import answers
from lms.hours.forms.conversation import converse, count, refusal
from lms.hours.forms.messages import MessageRefused, Open, parse_frame
from lms.hours.queries.clocks import holds_lease
from lms.hours.queries.progress import session_with_lease

MESSAGES_MAX = 50
"""Ten minutes of beats with a few seeks; whoever kept more than that has earned nothing with most of them."""

router = Router(tags=["study"])


@router.post("/study/messages", response=declared(list[StudyAnswer]), summary="Study protocol version 1 over HTTP")
def messages(
    request: PersonRequest,
    messages: Annotated[list[StudyMessage], Field(max_length=MESSAGES_MAX), Body()],
    session: Annotated[UUID | None, Query(description="The session that a list without `open` speaks to.")] = None,
) -> list[dict[str, Any]]:
    """Answers in the order of the messages. A message that is refused is answered with an error; the others count."""
    at = moments.now()
    person = request.auth
    if not spend("study", person.pk, len(messages), STUDY_MESSAGES_PER_MINUTE):
        metrics.count_refused("rate_limited", len(messages))
        raise Throttled(wait=seconds_left())
    speaking_to = session or session_with_lease(person)
    told: list[dict[str, Any]] = []
    taken: UUID | None = None
    for value in messages:
        try:
            message = parse_frame(orjson.dumps(value))
        except MessageRefused as refused:
            told.append(refusal(refused.code, refused.detail, refused.seq))
            continue
        if isinstance(message, Open) and not holds_lease(person.pk, message.session) and not may_open(person.pk):
            told.append(answers.too_many_opens())
            continue
        turn = converse(by=person, at=at, message=message, session=speaking_to)
        count(turn)
        speaking_to = turn.session
        taken = turn.session if turn.took_over else taken
        told += turn.answers
    if taken is not None:
        tell(lease_taken(person.pk, taken))
    return told
