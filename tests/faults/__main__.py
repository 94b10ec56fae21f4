"""`make faults`: a system of its own, MINUTES of rounds in orders of SEED, learners that vanish, and the controls.

Ends with status 1 when anything was lost or gained, a learner's session was not ended at its last beat, or a control
lost nothing: then the harness is blind.
"""

import os
import secrets
import sys
import time

from tests.conftest import data_folder
from tests.faults.controls import WRITERS as CONTROLLED
from tests.faults.controls import hasty, lazy
from tests.faults.orphans import Orphans
from tests.faults.rounds import WRITERS, Report, build, order, play
from tests.systems import RunningSystem, started

MINUTES = 10.0


def main() -> int:
    minutes = float(os.environ.get("MINUTES", "").strip() or MINUTES)
    seed = os.environ.get("SEED", "").strip() or secrets.token_hex(4)
    say(f"faults for {minutes:g} minutes; again with SEED={seed}")
    with data_folder("xueshi-faults-") as folder, started(folder) as system:
        orphans = Orphans(system, "orphans", seed)
        reports = _rounds(system, minutes, seed)
        stages = build(system, {"hasty": CONTROLLED, "lazy": CONTROLLED})
        verdicts = {
            "nothing acknowledged was lost": sum(each.lost_ms + each.lost_acks for each in reports) == 0,
            "nothing was gained": sum(each.gained_ms for each in reports) == 0,
            "totals equal their replay, sessions are closed, no answer surprised": not any(
                each.surprises or each.still_open for each in reports
            ),
            orphans.told(): orphans.are_closed(),
            "control: acknowledging before the commit loses": hasty(system, stages["hasty"], seed, say).lost_ms > 0,
            "control: synchronous_commit = off loses": lazy(system, stages["lazy"], seed, say).lost_ms > 0,
        }
    for what, holds in verdicts.items():
        say(f"{'ok    ' if holds else 'FAILED'} {what}")
    return 0 if all(verdicts.values()) else 1


def _rounds(system: RunningSystem, minutes: float, seed: str) -> list[Report]:
    """At least one; each in an order of its own."""
    until_s = time.monotonic() + minutes * 60
    reports: list[Report] = []
    while not reports or time.monotonic() < until_s:
        of_round, tag = f"{seed}.{len(reports) + 1}", f"round{len(reports) + 1}"
        say(f"\nround {len(reports) + 1}")
        stage = build(system, {tag: WRITERS})[tag]
        reports.append(play(system, tag, stage, order(of_round), of_round, say))
    acks, watched_s = sum(each.acks for each in reports), sum(each.watched_ms for each in reports) / 1000
    say(f"\n{len(reports)} rounds, {acks} acknowledgements, {watched_s:.0f} s watched")
    return reports


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
