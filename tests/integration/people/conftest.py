"""Three standing people: Ada administers, Wang works and learns, Chen is a stranger to both."""

from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.people.made_up import AT, PASSWORD

if TYPE_CHECKING:
    from lms.accounts.models import User


def _person(**fields: Any) -> "User":
    # Imported late: this file is read before Django is set up.
    from lms.accounts.actions import create_person

    return create_person(by=None, at=AT, password=PASSWORD, **fields)


@pytest.fixture
def ada(db: None) -> "User":
    return _person(email="ada@people.test", real_name="Ada", roles=["administrator"])


@pytest.fixture
def wang(db: None) -> "User":
    return _person(
        email="wang@people.test",
        phone="139 0000 0001",
        real_name="王小明",
        identity_number="999999199001010016",
        roles=["learner"],
    )


@pytest.fixture
def chen(db: None) -> "User":
    return _person(phone="13900000002", real_name="陈", roles=["learner"])
