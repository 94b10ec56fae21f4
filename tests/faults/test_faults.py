"""kill -9 of every part under fifty writers: nothing acknowledged is lost, nothing is gained; broken systems are seen.

SEED chooses another order; `make faults` runs many orders and waits for the sweeper.
"""

import os
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.faults.controls import WRITERS as CONTROLLED
from tests.faults.controls import hasty, lazy
from tests.faults.rounds import WRITERS, Report, Stage, build, order, play

if TYPE_CHECKING:
    from tests.systems import RunningSystem

SEED = os.environ.get("SEED", "").strip() or "1"


@pytest.fixture(scope="module")
def stages(running_system: "RunningSystem") -> dict[str, Stage]:
    return build(running_system, {"faults": WRITERS, "hasty": CONTROLLED, "lazy": CONTROLLED})


@pytest.fixture(scope="module")
def report(running_system: "RunningSystem", stages: dict[str, Stage]) -> Report:
    return play(running_system, "faults", stages["faults"], order(SEED), SEED, print)


def test_nothing_acknowledged_is_lost_whatever_was_killed(report: Report) -> None:
    assert (report.lost_ms, report.lost_acks) == (0, 0), report.table()


def test_nothing_is_gained_by_any_fault(report: Report) -> None:
    assert report.gained_ms == 0, report.table()


def test_an_honest_learner_keeps_what_was_watched(report: Report) -> None:
    assert report.kept_percent >= 99, report.table()
    assert report.surprises == [], report.table()


def test_the_ledger_equals_its_replay_and_every_session_is_closed(report: Report) -> None:
    assert report.verdict.endswith("no difference"), report.table()
    assert report.still_open == 0, report.table()


def test_a_deploy_tells_every_socket_to_come_back(report: Report) -> None:
    deploy = next(row for row in report.rows if row.fault == "deploy")

    assert deploy.closings[1012] == WRITERS, report.table()


def test_the_faults_struck_beats_that_were_under_way(report: Report) -> None:
    killed = Counter({row.fault: row.in_doubt for row in report.rows})

    assert killed["web"] + killed["postgres"] + killed["everything"] > 0, report.table()


def test_it_sees_the_losses_of_a_build_that_acknowledges_before_it_commits(
    running_system: "RunningSystem", stages: dict[str, Stage]
) -> None:
    undisturbed, struck = hasty(running_system, stages["hasty"], SEED, print).rows

    assert (undisturbed.lost_ms, undisturbed.gained_ms) == (0, 0)
    assert struck.lost_ms > 0
    assert struck.lost_acks > 0


def test_it_sees_the_losses_of_a_database_that_does_not_wait_for_its_log(
    running_system: "RunningSystem", stages: dict[str, Stage]
) -> None:
    undisturbed, struck = lazy(running_system, stages["lazy"], SEED, print).rows

    assert (undisturbed.lost_ms, undisturbed.gained_ms) == (0, 0)
    assert struck.lost_ms > 0
