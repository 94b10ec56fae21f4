"""Every address of the system, read from the URL map: what a table of access must have a row for.

A route is known by its name (with its namespace), or by its pattern where it has none. Addresses of the packages that
we build on are not walked one by one: they are prefixes, each with what strangers get at its door (table/doors.py).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver

# An address below a package's prefix is ours all the same when one of these holds its view. A framework's own view
# (a RedirectView) has no such mark: give it a name of ours, or a door.
OUR_ROOTS = ("lms.", "courses.", "media_pipeline.", "ninja.")
ARGUMENT = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass(frozen=True)
class Route:
    """`pattern` as it is written in urls.py, all prefixes in front; `view` names the module of the view."""

    key: str
    pattern: str
    view: str

    def address(self, given: Mapping[str, object]) -> str:
        """The address with these arguments. Raises KeyError for one that is not given."""
        return "/" + ARGUMENT.sub(lambda found: str(given[found[1]]), self.pattern)


def routes(patterns: Iterable[URLPattern | URLResolver], foreign: Iterable[str]) -> list[Route]:
    """Every route in the order in which it is asked, without those of packages below a `foreign` prefix.

    Of two routes with one pattern only the first is ever asked, so only that one is a route.
    """
    prefixes = tuple(foreign)
    found: dict[str, Route] = {}
    for route in _walk(patterns, "", ""):
        is_theirs = route.pattern.startswith(prefixes) and not route.view.startswith(OUR_ROOTS)
        if not is_theirs:
            found.setdefault(route.pattern, route)
    return list(found.values())


def _walk(patterns: Iterable[URLPattern | URLResolver], before: str, namespace: str) -> Iterator[Route]:
    for each in patterns:
        pattern = before + str(each.pattern)
        if isinstance(each, URLResolver):
            inner = each.namespace or ""
            yield from _walk(each.url_patterns, pattern, f"{namespace}{inner}:" if inner else namespace)
        else:
            key = f"{namespace}{each.name}" if each.name else pattern
            yield Route(key, pattern, getattr(each.callback, "__module__", ""))
