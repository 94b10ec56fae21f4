"""Two training institutions with a textbook each; Bob works for the first, Nina for the second; Rita reviews.

Made by the actions that people use, so that the rights are those that people get. Imports stand inside: this file is
read before Django is set up.
"""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.integration.publishing.stage import Stage


@pytest.fixture
def stage(db: None, settings: Any, tmp_path: Any) -> "Stage":
    settings.MEDIA_ROOT, settings.PRIVATE_ROOT = tmp_path / "media", tmp_path / "private"
    from tests.integration.publishing.stage import make_stage

    return make_stage()
