"""What is said for and against naming a teacher in the report of a class, by whoever knows something about teachers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """`code` for programs, `said` for people in the language that is being spoken. `bars`: not to be named.

    `state` is how a page shows it: ok, wait (a term runs) or stop.
    """

    code: str
    state: str
    said: str
    bars: bool = False
