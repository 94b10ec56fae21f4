"""What study sockets are told from elsewhere, over the channel layer: it may lose a notice, so no hour depends on one.

A session that lost its lease hears so at its next beat as well; one whose login ended, or whose lesson was
closed, earns nothing by its next beat.
"""

import hashlib
import logging
from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

LEASE_TAKEN = "lease.taken"
LOGIN_ENDED = "login.ended"
LESSON_CLOSED = "lesson.closed"


def group_of(learner_id: int) -> str:
    """The group in which all study sockets of a learner listen."""
    return f"study.{learner_id}"


def lease_taken(session: UUID) -> dict[str, Any]:
    """Another session of the learner holds the lease now."""
    return {"type": LEASE_TAKEN, "session": str(session)}


def login_ended(login: str | None) -> dict[str, Any]:
    """A login (see `login_digest`) is over, or all of the learner's (None)."""
    return {"type": LOGIN_ENDED, "login": login}


def lesson_closed(session: UUID, code: str) -> dict[str, Any]:
    """The session's lesson may not be studied any more; `code` is the protocol's reason."""
    return {"type": LESSON_CLOSED, "session": str(session), "code": code}


def login_digest(session_key: str | None) -> str:
    """Tells logins apart without carrying their secret."""
    return hashlib.sha256((session_key or "").encode()).hexdigest()


async def atell(learner_id: int, notice: dict[str, Any]) -> None:
    """Send a notice to the learner's sockets in every process; a layer that is away is logged, never an error."""
    try:
        await get_channel_layer().group_send(group_of(learner_id), notice)
    except (OSError, RedisError) as error:
        log.warning("channel layer: %s", error)


def tell(learner_id: int, notice: dict[str, Any]) -> None:
    """`atell` for synchronous callers."""
    async_to_sync(atell)(learner_id, notice)
