"""How often a stranger may ask: counted for each address in the cache, shared by all processes, by clock minute."""

import ipaddress
import logging
import time

from django.core.cache import cache
from django.http import HttpRequest
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

WINDOW_S = 60
PREFIX_V6 = 64
"""One customer of a provider has as many addresses as a /64 holds."""


def address_of(request: HttpRequest) -> str:
    """The client's, as the server that trusts the proxy wrote it."""
    text = request.META.get("REMOTE_ADDR", "")
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network((address, PREFIX_V6), strict=False)) if address.version == 6 else text


def spent(purse: str, address: str, cost: int) -> int | None:
    """Take `cost` from what this address may ask for in this minute: all that it has spent by now, this included.
    None when nothing can be counted; whoever asks decides what that means."""
    key = f"{purse}.{address}.{int(time.time()) // WINDOW_S}"
    try:
        cache.add(key, 0, timeout=2 * WINDOW_S)
        return int(cache.incr(key, cost))
    except (RedisError, ValueError):
        log.exception("questions of strangers cannot be counted")
        return None
