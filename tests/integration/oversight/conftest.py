"""Modules of the apps are imported inside the fixtures: a conftest is read before Django is set up."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.hours.judges import Court


@pytest.fixture
def court(db: None) -> "Court":
    """Alice's class, its staff, another institution, and authorities that are above it or elsewhere."""
    from tests.integration.hours.judges import make_court

    return make_court()
