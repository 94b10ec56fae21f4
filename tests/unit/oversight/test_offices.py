"""For whose office somebody decided: the nearest authority of those for which they had a post then."""

from datetime import UTC, datetime, timedelta

import pytest

from lms.oversight.rules.offices import Held, office_at

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def held(code: str, begins: int = -10, ends: int | None = None) -> Held:
    """A post from so many days from noon on, until so many."""
    return Held(code, NOON + begins * DAY, None if ends is None else NOON + ends * DAY)


@pytest.mark.parametrize(
    ("posts", "office"),
    [
        ([], None),
        ([held("53")], "53"),
        ([held("53"), held("5301")], "5301"),
        ([held("5301"), held("53")], "5301"),
        ([held("5302")], None),
        ([held("530101")], None),
        ([held("53", begins=0)], "53"),
        ([held("53", begins=1)], None),
        ([held("53", ends=1)], "53"),
        ([held("53", ends=0)], None),
        ([held("5301", ends=-1), held("53")], "53"),
    ],
    ids=[
        "none",
        "the region above",
        "two, the nearer last",
        "two, the nearer first",
        "a neighbour",
        "only a part of it",
        "since this moment",
        "not yet",
        "still",
        "ended at this moment",
        "the nearer one ended before",
    ],
)
def test_it_is_the_nearest_post_that_was_held_then(posts: list[Held], office: str | None) -> None:
    assert office_at(posts, NOON, "5301") == office
