"""For whose office somebody acted: said of a decision instead of a person's name."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from lms.institutions.rules.regions import covers


@dataclass(frozen=True, slots=True)
class Held:
    """A post with the authority of the region `code`, from a moment on and before another."""

    code: str
    from_at: datetime
    to_at: datetime | None


def office_at(posts: Iterable[Held], at: datetime, code: str) -> str | None:
    """The region of the authority for which somebody decided then on a thing of the region `code`.

    Of several posts that reached it the nearest one; None for whoever held none.
    """
    held = [each.code for each in posts if each.from_at <= at and (each.to_at is None or at < each.to_at)]
    return max((each for each in held if covers(each, code)), key=len, default=None)
