"""How often strangers may ask, counted for each address in the cache of all processes, by clock minute; and what every
answer to them has.
"""

import ipaddress
import logging
import time

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
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


def ask_later(request: HttpRequest, template: str) -> HttpResponse:
    """429 for whoever asks too often; `template` extends components/ask_later.html."""
    response = render(request, template, status=429)
    response["Retry-After"] = str(WINDOW_S)
    return unlisted(response)


def unlisted(response: HttpResponse) -> HttpResponse:
    """An answer about somebody: no search engine keeps it."""
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response
