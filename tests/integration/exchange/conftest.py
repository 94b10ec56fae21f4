from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.integration.exchange.builders import Lands


@pytest.fixture(autouse=True)
def _keys(settings: Any, tmp_path: Path) -> None:
    settings.SIGNING_KEYS_DIR = tmp_path / "signing"


@pytest.fixture
def lands(db: None) -> "Lands":
    # Models cannot be imported yet when pytest reads this file.
    from tests.integration.exchange.builders import make_lands

    return make_lands()
