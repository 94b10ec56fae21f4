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


GROUP = "study"
"""The group in which every process with study sockets listens; each notice names its learner."""


def lease_taken(learner_id: int, session: UUID) -> dict[str, Any]:
    """Another session of the learner holds the lease now."""
    return {"type": LEASE_TAKEN, "learner": learner_id, "session": str(session)}


def login_ended(learner_id: int, login: str | None) -> dict[str, Any]:
    """A login (see `login_digest`) is over, or all of the learner's (None)."""
    return {"type": LOGIN_ENDED, "learner": learner_id, "login": login}


def lesson_closed(learner_id: int, session: UUID, code: str) -> dict[str, Any]:
    """The session's lesson may not be studied any more; `code` is the protocol's reason."""
    return {"type": LESSON_CLOSED, "learner": learner_id, "session": str(session), "code": code}


def login_digest(session_key: str | None) -> str:
    """Tells logins apart without carrying their secret."""
    return hashlib.sha256((session_key or "").encode()).hexdigest()


async def atell(notice: dict[str, Any]) -> None:
    """Send a notice to the learner's sockets in every process; a layer that is away is logged, never an error."""
    try:
        await get_channel_layer().group_send(GROUP, notice)
    except (OSError, RedisError) as error:
        log.warning("channel layer: %s", error)


def tell(notice: dict[str, Any]) -> None:
    """`atell` for synchronous callers."""
    async_to_sync(atell)(notice)
