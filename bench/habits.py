"""What the honest of `make load` do and how often, and how many acknowledgements a run of them must therefore have."""

from typing import Any

CUT_EVERY_S = OPEN_AGAIN_EVERY_S = 300.0
COME_BACK_S = (0.5, 3.0)
"""How long one waits before connecting anew."""
PAUSE_EVERY_S, PAUSED_S = 90.0, 5.0
LOOK_AWAY_EVERY_S, AWAY_S = 180.0, 10.0
SEEK_EVERY_S = 120.0
ANSWERED_S_MAX = 30.0
"""Two beats of a real client. What has no answer by then has none: a page would have come back long ago."""


def planned_beats(plan: dict[str, Any], honest: int) -> float:
    """Beats that `honest` learners mean to send: one as they come in, then one each `every_s`, but for pauses and cuts.

    They arrive evenly over the first `arrive_s`. A turn in which one cuts the connection or opens again has no beat,
    nor has a pause but for its ends.
    """
    lives_s = plan["seconds"] - plan["arrive_s"] / 2
    silent = plan["every_s"] / CUT_EVERY_S + plan["every_s"] / OPEN_AGAIN_EVERY_S + COME_BACK_S[1] / CUT_EVERY_S
    spoken = max(0.0, 1 - silent) * PAUSE_EVERY_S / (PAUSE_EVERY_S + PAUSED_S)
    return honest * (1 + lives_s / plan["every_s"] * spoken)
