"""Which keys a session may have, and what was delivered to it. Pure; `docs/hours.md` tells it in prose.

A learner can be wherever the lesson is covered, or as far into it as time alone has carried the session: `led_ms`,
which grows with the server's clock while the session holds the lease. A learner has one lease, so all sessions together
are led no further than time has passed. No position that a client names is ever asked.
"""

from lms.hours.rules import limits
from lms.hours.rules.spans import Span, Spans, outside


def end_ms(spans: Spans) -> int:
    """Where the last span ends; 0 without any."""
    return spans[-1][1] if spans else 0


def early_ms(window: Span, *, covered: Spans, led_ms: int) -> int:
    """How much too early the key of a window is asked for; 0 when it may be had.

    `covered` is sorted and holds the open stretch, `led_ms` is as far as time has carried the session.
    """
    return max(0, window[0] - max(end_ms(covered), led_ms) - limits.AHEAD_MS)


def delivered_to_ms(media: Span, delivered: Spans | None) -> int:
    """The first position in `media` that was not delivered, or its end. None stands for media that needs no keys."""
    if delivered is None:
        return media[1]
    missing = outside(media, delivered)
    return missing[0][0] if missing else media[1]
