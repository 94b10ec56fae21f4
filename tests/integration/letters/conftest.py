"""Modules of the apps are imported inside the fixtures: a conftest is read before Django is set up."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.integration.exams.builders import Ground


@pytest.fixture(autouse=True)
def _address(settings: Any) -> None:
    settings.BASE_URL = "https://hours.example.test"


@pytest.fixture
def ground(db: None) -> "Ground":
    """Alice's class at Bob's institution, and the letters that its making wrote taken away."""
    from lms.letters.models import Letter
    from tests.integration.exams.builders import make_ground

    ground = make_ground()
    Letter.objects.all().delete()
    return ground
