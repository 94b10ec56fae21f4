"""Modules of the apps are imported inside the fixtures: a conftest is read before Django is set up."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.integration.teachers.academy import Academy


@pytest.fixture(autouse=True)
def private_folder(settings: Any, tmp_path: Path) -> Path:
    """Media and private files of a test lie in folders of its own."""
    settings.MEDIA_ROOT, settings.PRIVATE_ROOT = tmp_path / "media", tmp_path / "private"
    return tmp_path / "private"


@pytest.fixture
def academy(db: None) -> Iterator["Academy"]:
    """After each story every total must equal a replay of the entries, and every claim its entry."""
    from lms.hours.models import StudyClock
    from lms.hours.queries.verification import differences
    from tests.integration.teachers.academy import make_academy

    yield make_academy()
    assert [line for pk in StudyClock.objects.values_list("pk", flat=True) for line in differences(pk)] == []
