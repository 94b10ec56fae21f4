from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.exams.builders import Ground


@pytest.fixture
def ground(db: None) -> "Ground":
    # Models cannot be imported yet when pytest reads this file.
    from tests.integration.exams.builders import make_ground

    return make_ground()
