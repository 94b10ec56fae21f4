"""The life of an asset."""

import pytest

from media_pipeline.rules import states


def test_every_state_has_a_row_and_leads_to_states_that_have_one() -> None:
    assert set(states.TRANSITIONS) == set(states.STATES)
    assert all(targets <= set(states.STATES) for targets in states.TRANSITIONS.values())


@pytest.mark.parametrize(
    ("from_state", "to_state"),
    [
        ("ready", "uploaded"),
        ("rejected", "uploaded"),
        ("uploaded", "ready"),
        ("probing", "ready"),
        ("quarantined", "ready"),
    ],
)
def test_it_refuses_what_the_table_does_not_lead_to(from_state: str, to_state: str) -> None:
    with pytest.raises(states.TransitionRefused):
        states.check_transition(from_state, to_state)


def test_a_dead_workers_asset_goes_back_to_the_queue() -> None:
    states.check_transition("transcoding", "uploaded")
