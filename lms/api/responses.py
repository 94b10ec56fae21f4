"""Which answers an endpoint declares: its own, and the problems that it may answer with."""

from typing import Any

from lms.api.problems import Problem

EVERYWHERE = (400, 401, 403, 405, 413, 422, 429, 500)
"""What every address may answer. 403 only to cookies without the CSRF token and to whoever is locked out."""


def answers(shape: Any, *also: int, status: int = 200) -> dict[Any, Any]:
    """Declared responses of an endpoint: `shape` with `status`, and problems with the statuses in `also`."""
    return {status: shape, frozenset((*EVERYWHERE, *also)): Problem}


def links(status: int, **next_step: tuple[str, str, str]) -> dict[str, Any]:
    """Where the description says that one can go on from this answer: the name of the step to the operation, its
    parameter, and where the answer has the value (a JSON pointer).
    """
    told = {
        name: {"operationId": operation, "parameters": {parameter: f"$response.body#{pointer}"}}
        for name, (operation, parameter, pointer) in next_step.items()
    }
    return {"responses": {status: {"links": told}}}
