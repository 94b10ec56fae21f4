"""One of several operating-system processes that write hours at once: `python -m tests.integration.hours.writers`.

Reads a plan from standard input, opens one connection a thread, says "ready", and after a line of input lets every
thread run its script with the real actions. It shares nothing with the other processes but PostgreSQL. Ends with a line
of JSON: how often an action was accepted, by which codes others were refused, and everything unexpected.

A script is {"learner", "lesson", "session", "device", "steps": [[what, at_s, timeline or flag]]}.
"""

import json
import os
import sys
import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "lms.settings"
    import django

    django.setup()
    plan = json.loads(sys.stdin.readline())
    told: Counter[str] = Counter()
    gate = threading.Barrier(len(plan) + 1)
    threads = [threading.Thread(target=run, args=(script, gate, told), daemon=True) for script in plan]
    for thread in threads:
        thread.start()
    gate.wait(120)
    print("ready", flush=True)
    sys.stdin.readline()
    gate.wait(120)
    for thread in threads:
        thread.join()
    print(json.dumps(told), flush=True)


def run(script: dict[str, Any], gate: threading.Barrier, told: Counter[str]) -> None:
    from django.db import connection

    from lms.accounts.models import User
    from lms.hours.actions.sessions import StudyRefused

    by = User.objects.get(pk=script["learner"])
    gate.wait(120)
    gate.wait(120)
    for act in actions_of(script, by):
        try:
            act()
            told["accepted"] += 1
        except StudyRefused as refused:
            told[refused.code] += 1
        except Exception as error:
            told[f"unexpected {error!r}"] += 1
    connection.close()


def actions_of(script: dict[str, Any], by: Any) -> list[Callable[[], Any]]:
    """Each step as a call of the action that it stands for."""
    from lms.hours.actions.beats import record_beat
    from lms.hours.actions.sessions import close_session, open_session
    from tests.timeline import beats
    from tests.world import NOON

    session, acts, seq = UUID(script["session"]), [], 0
    for what, at_s, more in script["steps"]:
        at = NOON + timedelta(seconds=at_s)
        if what == "open":
            acts.append(
                lambda at=at, more=more: open_session(
                    by=by, at=at, session=session, lesson=UUID(script["lesson"]), device=script["device"], takeover=more
                )
            )
        elif what == "close":
            acts.append(lambda at=at: close_session(by=by, at=at, session=session))
        else:
            for at_ms, beat in beats(more, first_seq=seq + 1):
                seq, at = beat.seq, NOON + timedelta(milliseconds=at_ms)
                acts.append(lambda at=at, beat=beat: record_beat(by=by, at=at, session=session, beat=beat))
    return acts


if __name__ == "__main__":
    main()
