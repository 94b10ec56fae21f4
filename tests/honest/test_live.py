"""The bad days that need a running system; all are lived at the same time, each by learners of its own."""

import json
from typing import TYPE_CHECKING

import pytest

from tests.attacks.running import Attack, run_all
from tests.honest.live import HONEST

if TYPE_CHECKING:
    from tests.systems import RunningSystem

Verdicts = dict[str, BaseException | None]


@pytest.fixture(scope="session")
def lived_days(request: pytest.FixtureRequest, running_system: "RunningSystem") -> Verdicts:
    chosen = {
        item.callspec.params["day"].name
        for item in request.session.items
        if getattr(item, "originalname", "") == "test_nothing_watched_is_lost"
    }
    chosen_days = [each for each in HONEST if each.name in chosen]
    count = sum(each.learners for each in chosen_days)
    said = running_system.manage("shell", "-c", f"from tests.attacks import stage; stage.build({count}, 'honest')")
    return run_all(running_system, json.loads(said.strip().splitlines()[-1]), chosen_days)


@pytest.mark.parametrize("day", HONEST, ids=lambda each: each.name)
def test_nothing_watched_is_lost(day: Attack, lived_days: Verdicts) -> None:
    error = lived_days[day.name]

    if error is not None:
        raise error
