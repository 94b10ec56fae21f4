"""Every limit and timing of the counting rule, each with its reason. Milliseconds."""

BEAT_EVERY_MS = 15_000
"""How often a client is asked to beat: small enough that a lost phone loses a quarter of a minute of display."""

GAP_MS_MAX = 75_000
"""Between two beats up to this long a learner is taken to have gone on: four lost beats and a late one."""

LONG_GAP_MS_MAX = 120_000
"""Longer silence than this earns nothing: nobody can be said to have sat in front of it."""

GAP_BUDGET_MS = 180_000
"""Gaps above GAP_MS_MAX that may still count, for one learner and hour: two dead spots of 90 s on the way home."""

GAP_BUDGET_WINDOW_MS = 3_600_000
"""The hour of the budget; it begins with the first long gap that draws on it."""

TOLERANCE_MS = 2_000
"""How far media may run ahead of the server's clock in a whole session, and in all sessions of a learner within an
hour: two clocks never agree. It is used up, and a new session brings no new one."""

TOLERANCE_WINDOW_MS = 3_600_000
"""The hour of a learner's tolerance; it begins with the first beat that uses some."""

CARRY_MS_MAX = LONG_GAP_MS_MAX
"""Unspent time that a run may carry from a late beat to the next: after a dropped connection several beats arrive
at once, and the time between them has really passed."""

LATE_MS_MAX = 10_000
"""How late the beat that begins a run may be on a bad network: so much of the time that stood still before it (a pause,
or since the session was opened) may still be claimed by the run."""

LATE_AT_ONCE_MS = 5_000
"""What such a run may claim at once; beyond it, half a second for each second that passes after the "play". One that
was eight seconds late leaves seven until the next beat; a script that paused for long finds no store to spend."""

STRETCH_MS_MAX = 600_000
"""A stretch becomes an entry of the ledger at the latest after this long."""

MAX_RATE_PERMILLE = 1_000
"""Media time per clock time, in thousandths: 1x. A setting, because a rule may allow more one day."""

AHEAD_MS = 120_000
"""How far ahead of where a learner can be keys are given: two windows, enough to buffer through a dead spot of 90 s."""
