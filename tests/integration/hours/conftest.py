"""Modules of the apps are imported inside the fixtures: a conftest is read before Django is set up."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.hours.client import Client
    from tests.integration.hours.judges import Court
    from tests.world import World


@pytest.fixture
def world(db: None) -> "World":
    from tests.world import make_world

    return make_world()


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
