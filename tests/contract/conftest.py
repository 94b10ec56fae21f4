"""A running server, with one of everything to be shown."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.contract.world import Shown


@pytest.fixture
def shown(transactional_db: None, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Shown":
    # Models cannot be imported yet when pytest reads this file.
    from lms.api import rates
    from tests.contract.world import EVENING, make_shown

    settings.SIGNING_KEYS_DIR = tmp_path / "signing"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    monkeypatch.setattr("lms.api.moments.now", lambda: EVENING)
    # Hundreds of requests in a minute are the point here.
    for limit in ("REQUESTS_PER_MINUTE", "STUDY_MESSAGES_PER_MINUTE", "EXCHANGE_REQUESTS_PER_MINUTE"):
        monkeypatch.setattr(rates, limit, 1_000_000)
    return make_shown()


@pytest.fixture
def address(shown: "Shown") -> Iterator[str]:
    from tests.serving import served

    with served() as server:
        yield f"http://127.0.0.1:{server.port}"
