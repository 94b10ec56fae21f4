"""Modules of the apps are imported inside the fixtures: a conftest is read before Django is set up."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.hours.client import Client
    from tests.integration.hours.judges import Court
    from tests.world import World


@pytest.fixture
def world(request: pytest.FixtureRequest, db: None) -> Iterator["World"]:
    """Alice, Bob and Charlie; after each story every total must equal a replay of the entries."""
    from lms.hours.models import StudyClock
    from lms.hours.queries.verification import differences
    from tests.world import make_world

    yield make_world()
    if request.node.get_closest_marker("totals_lie") is None:
        assert [line for pk in StudyClock.objects.values_list("pk", flat=True) for line in differences(pk)] == []


@pytest.fixture
def video(world: "World") -> "Client":
    """Alice on the video lesson, nothing opened yet."""
    from tests.integration.hours.client import Client

    return Client(world.alice, world.video.lesson.uuid)


@pytest.fixture
def court(db: None) -> "Court":
    """Alice's institution, its staff, and those who judge appeals or must not."""
    from tests.integration.hours.judges import make_court

    return make_court()
