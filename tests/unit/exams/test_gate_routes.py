"""Which routes are the gate's, found by following the code behind each: one that is added later is not forgotten.

Followed are functions that a view names, and what those name. Wherever somebody is judged, or gives up a seat or a
place, it must be on record that it could not be asked; and what acts upon a verdict fails closed.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator
from types import CodeType, FunctionType
from typing import Any

from django.urls import URLPattern, URLResolver

from lms.exams.actions import cancel_registration, leave_waiting
from lms.exams.actions.failing import fail_closed
from lms.exams.queries import verdicts
from lms.wiring.middleware import GATE
from lms.wiring.urls import urlpatterns

OURS = ("lms.api", "lms.exams", "lms.exchange")
OF_PROGRAMS = {"api-v1:exchange_eligibility", "api-v1:exchange_attestations"}
"""Asked with a token, which is nobody's login. Nothing is booked upon them."""
ONLY_TELLS = {"api-v1:sitting_eligibility"}
"""Nothing is done upon the verdict: what fails there is a fault of ours, 500 or 503, and no answer."""


def routes(patterns: Iterable[URLPattern | URLResolver], before: str = "") -> Iterator[tuple[str, Any]]:
    """Each by its name, with what is called."""
    for each in patterns:
        if isinstance(each, URLResolver):
            yield from routes(each.url_patterns, f"{before}{each.namespace}:" if each.namespace else before)
        else:
            yield f"{before}{each.name}", each.callback


def views_of(callback: Any) -> Iterator[Callable[..., Any]]:
    """The API's framework answers one address with a function for each method."""
    if not callback.__module__.startswith("ninja."):
        yield callback
        return
    for cell in callback.__closure__ or ():
        yield from (each.view_func for each in getattr(cell.cell_contents, "operations", ()))


def reached(view: Callable[..., Any]) -> set[Callable[..., Any]]:
    """The functions that are called behind a view, or given to something that calls them."""
    found: set[Callable[..., Any]] = set()
    left = [inspect.unwrap(view)]
    while left:
        function = left.pop()
        if function in found or not isinstance(function, FunctionType) or not function.__module__.startswith(OURS):
            continue
        found.add(function)
        named = (function.__globals__.get(name) for name in names_in(function.__code__))
        left += [inspect.unwrap(each) for each in named if isinstance(each, FunctionType)]
    return found


def names_in(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from names_in(each)


def behind(*wanted: Callable[..., Any]) -> set[str]:
    """The names of the routes behind which one of these is reached."""
    functions = {inspect.unwrap(each) for each in wanted}
    return {name for name, callback in routes(urlpatterns) for view in views_of(callback) if reached(view) & functions}


JUDGING = (verdicts.eligibility, verdicts.eligibility_many, verdicts.holding, verdicts.holding_many)


def test_every_route_behind_which_somebody_is_judged_is_the_gates() -> None:
    judging, giving_up = behind(*JUDGING), behind(cancel_registration, leave_waiting)

    assert judging > OF_PROGRAMS, "nothing is found any more"
    assert (judging | giving_up) - OF_PROGRAMS == GATE


def test_every_route_that_acts_upon_a_verdict_fails_closed() -> None:
    assert behind(*JUDGING) - behind(fail_closed) == ONLY_TELLS | OF_PROGRAMS
