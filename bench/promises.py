"""What was acknowledged, beside what the database holds: no measurement believes an acknowledgement by itself."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from bench.ground import Learners

EARNED_SHARE_MIN = 0.5
"""Of the media between beats that were acknowledged. Clients play all the time, so all of it earns but what a presence
check takes back in a long run; a server that earns nobody anything is not what is measured."""


class Promise(NamedTuple):
    """What one client was told: the sum of `credited_ms`, how far its media was at the last beat that was acknowledged
    and at the last that was sent, and how many were never answered."""

    credited_ms: int
    acked_ms: int
    sent_ms: int
    unanswered: int

    @property
    def most_ms(self) -> int:
        """An unanswered beat may have been written or not; it earns at most the media that was played."""
        return self.sent_ms if self.unanswered else self.credited_ms


def objections(figures: dict[str, Any], held: Sequence[int] | None) -> list[str]:
    """Why a load (bench.load) shows nothing, each in a sentence. `held`: credited milliseconds of each client, as the
    database has them; None for a server that keeps nothing."""
    found = [f"the clients met errors: {figures['errors']}"] if figures["errors"] else []
    if not all(window["acked"] for window in figures["windows"]):
        found.append("a window passed without an acknowledgement")
    if held is None:
        return found
    promises = [Promise(*each) for each in figures["promises"]]
    pairs = list(zip(promises, held, strict=True))
    missing_ms = [one.credited_ms - ms for one, ms in pairs if ms < one.credited_ms]
    surplus_ms = [ms - one.most_ms for one, ms in pairs if ms > one.most_ms]
    if missing_ms:
        found.append(f"{sum(missing_ms)} ms told to {len(missing_ms)} learners are not in the database")
    if surplus_ms:
        found.append(f"the database holds {sum(surplus_ms)} ms that {len(surplus_ms)} learners were not told of")
    credited_ms, played_ms = sum(one.credited_ms for one in promises), sum(one.acked_ms for one in promises)
    if credited_ms < played_ms * EARNED_SHARE_MIN:
        found.append(f"{played_ms} ms were played and acknowledged and earned {credited_ms} ms")
    return found


def held_ms(learners: Learners) -> list[int]:
    """Of each login: what was credited, in entries and open stretches, whatever a check took back later."""
    from django.contrib.sessions.models import Session
    from django.db import connection

    connection.close()  # the database may have been away meanwhile
    sums = """
    SELECT c.learner_id, c.open_ms + coalesce(
        (SELECT sum(ms) FROM hours_entry e WHERE e.learner_id = c.learner_id AND e.sort = 'credit'), 0)::bigint
    FROM hours_studyclock c
    """
    with connection.cursor() as cursor:
        cursor.execute(sums)
        credited = dict(cursor.fetchall())
    own = Session.objects.filter(session_key__in=learners.cookies).iterator()
    by_login = {one.session_key: credited.get(int(one.get_decoded()["_auth_user_id"]), 0) for one in own}
    return [by_login.get(cookie, 0) for cookie in learners.cookies]
