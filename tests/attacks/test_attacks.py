"""No script earns more than one second per second and learner, whatever it sends and from however many places."""

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.attacks.cases import FAMILIES
from tests.attacks.running import ATTACKS, Attack, run_all, selected_only

if TYPE_CHECKING:
    from tests.systems import RunningSystem

Verdicts = dict[str, BaseException | None]


@pytest.fixture(scope="session")
def verdicts(request: pytest.FixtureRequest, running_system: "RunningSystem") -> Verdicts:
    """Plays all selected cases at the same time; each test then looks at its own."""
    chosen: set[str] = {
        item.callspec.params["case"].name
        for item in request.session.items
        if getattr(item, "originalname", "") == "test_it_earns_no_more_than_its_ceiling"
    }
    cases = selected_only(chosen)
    count = sum(case.learners for case in cases)
    said = running_system.manage("shell", "-c", f"from tests.attacks import stage; stage.build({count}, 'attacks')")
    told: dict[str, Any] = json.loads(said.strip().splitlines()[-1])
    return run_all(running_system, told, cases)


@pytest.mark.parametrize("case", ATTACKS, ids=lambda case: case.name)
def test_it_earns_no_more_than_its_ceiling(case: Attack, verdicts: Verdicts) -> None:
    error = verdicts[case.name]

    if error is not None:
        raise error


def test_there_are_sixty_attacks_in_every_family() -> None:
    assert len(ATTACKS) >= 60
    assert {case.family for case in ATTACKS} == {module.__name__.rpartition(".")[2] for module in FAMILIES}
    assert len({case.name for case in ATTACKS}) == len(ATTACKS)
