"""How much one person may ask. Counted per clock minute in the cache, shared by all processes.

The limits stop a client that runs wild; nobody who studies comes near them.
"""

import logging
import time
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest
from ninja.throttling import BaseThrottle
from redis.exceptions import RedisError

from lms.hours.consumers.hub import OPEN_EVERY_S, OPENS_AT_ONCE

log = logging.getLogger(__name__)

REQUESTS_PER_MINUTE = 600
"""An app that starts asks for about ten things, and for one every fifteen seconds while it plays."""

STUDY_MESSAGES_PER_MINUTE = 360
"""What the study socket lets through in a minute: a burst of 120, or 5 a second for a while."""

WINDOW_S = 60


EXCHANGE_REQUESTS_PER_MINUTE = 120
"""A page of a feed holds up to 500 changes; a class of 25 is read with two requests."""


class ClientThrottle(BaseThrottle):
    """Counts requests of the exchange's client that was authenticated."""

    def allow_request(self, request: HttpRequest) -> bool:
        client: Any = request.auth  # type: ignore[attr-defined]
        return spend("exchange", client.pk, 1, EXCHANGE_REQUESTS_PER_MINUTE)

    def wait(self) -> float:
        return seconds_left()


class PersonThrottle(BaseThrottle):
    """Counts requests of the person who was authenticated."""

    def allow_request(self, request: HttpRequest) -> bool:
        person: Any = request.auth  # type: ignore[attr-defined]
        return spend("requests", person.pk, 1, REQUESTS_PER_MINUTE)

    def wait(self) -> float:
        return seconds_left()


def spend(purse: str, person_id: int, cost: int, per_minute: int) -> bool:
    """Take `cost` from what the person may still do in this minute; False when that is more than is left."""
    key = f"api.{purse}.{person_id}.{int(time.time()) // WINDOW_S}"
    try:
        cache.add(key, 0, timeout=2 * WINDOW_S)
        return int(cache.incr(key, cost)) <= per_minute
    except RedisError:
        # Better nobody is limited for a while than nobody studies.
        log.exception("requests cannot be counted")
        return True


def may_open(person_id: int) -> bool:
    """Whether a person may open one more new study session over HTTP now; it is counted.

    The study socket's numbers: so many at once, then one each time that `OPEN_EVERY_S` has passed. What is kept is the
    second in which all may be opened at once again, and only until then.
    """
    key, now, every_s = f"api.opens.{person_id}", int(time.time()), round(OPEN_EVERY_S)
    try:
        cache.add(key, now, timeout=every_s)
        full_at = int(cache.incr(key, every_s))
        is_allowed = full_at - now <= OPENS_AT_ONCE * every_s
        if not is_allowed:
            full_at = int(cache.decr(key, every_s))
        cache.touch(key, max(1, full_at - now))
        return is_allowed
    except ValueError:
        return True  # it ended between two of our questions: all may be opened at once again
    except RedisError:
        log.exception("new sessions cannot be counted")
        return True


def seconds_left() -> int:
    """Until the next minute begins; at least 1."""
    return WINDOW_S - int(time.time()) % WINDOW_S
