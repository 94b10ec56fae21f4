"""The writers' learners, class and lesson, made with the real actions beside the running system; and the final count.

All functions run in a management shell and print one line of JSON. Learners come with a login each, made as allauth
makes it: checking fifty passwords would take longer than the faults.
"""

import io
import json
import uuid
from datetime import timedelta
from decimal import Decimal

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.cached_db import SessionStore
from django.core.management import CommandError, call_command
from django.db.models import Sum
from django.utils import timezone

from courses.models import Lesson, LessonKind
from lms.accounts import actions as people
from lms.accounts.models import User
from lms.enrollments.actions import enroll
from lms.hours.models import Entry, StudyClock, StudySession
from lms.wiring.actions.demo import demo_id
from tests.attacks import stage

LESSON_MS = 4 * 3_600_000
"""Longer than anybody watches here."""


def build(writers: dict[str, int]) -> None:
    """Print {tag: {"lesson": uuid, "tokens": {email: token}}}. Each tag gets so many learners of its own."""
    print(json.dumps({tag: _build(count, tag) for tag, count in writers.items()}))


def _build(count: int, tag: str) -> dict[str, object]:
    now = timezone.now()
    then = now - timedelta(days=10)
    syllabus = stage._syllabus(tag, Decimal(24), 60)
    version = stage._version(Lesson.objects.create(kind=LessonKind.READING), 1, LESSON_MS, "faults")
    training_class = stage._class(f"faults {tag}", syllabus, [version], then, begun=True)
    staff = User.objects.get(uuid=demo_id("person institution"))
    tokens = {}
    for number in range(count):
        email = f"writer-{number}@{tag}.test"
        learner = people.create_person(
            by=None, at=then, email=email, real_name=f"写者{number}", password=None, roles=["learner"]
        )
        enroll(by=staff, at=now, uuid=uuid.uuid4(), learner=learner, training_class=training_class)
        tokens[email] = _login(learner)
    return {"lesson": str(version.lesson.uuid), "tokens": tokens}


def count(tag: str) -> None:
    """Print {email: [ms credited in entries and the open stretch, whether a session is still open]}.

    What a presence check took back later was credited all the same.
    """
    learners = User.objects.filter(email__endswith=f"@{tag}.test")
    credits_ = Entry.objects.filter(learner__in=learners, sort="credit").order_by().values_list("learner__email")
    told = dict(credits_.annotate(total_ms=Sum("ms")))
    clocks = {clock.learner_id: clock for clock in StudyClock.objects.filter(learner__in=learners)}
    print(
        json.dumps(
            {
                each.email: [told.get(each.email, 0) + clocks[each.pk].open_ms, clocks[each.pk].session_id is not None]
                for each in learners
                if each.pk in clocks
            }
        )
    )


def verify() -> None:
    """Print the last word of `manage.py verify_ledger`, or all that it found: {"told": text, "differs": bool}."""
    told = io.StringIO()
    try:
        call_command("verify_ledger", stdout=told)
    except CommandError as differences:
        print(json.dumps({"told": f"DIFFERENCES {told.getvalue()[-2000:]} {differences}", "differs": True}))
    else:
        print(json.dumps({"told": told.getvalue().strip().splitlines()[-1], "differs": False}))


def idle(tag: str) -> None:
    """Print how many sessions were ended for silence, and how many of them at another moment than their last beat."""
    ended = StudySession.objects.filter(learner__email__endswith=f"@{tag}.test", close_reason="idle")
    wrong = 0
    for session in ended:
        last = Entry.objects.filter(session=session, sort="credit").order_by("-to_at").first()
        wrong += last is None or session.last_beat_at is None or last.to_at > session.last_beat_at
    print(json.dumps([ended.count(), wrong]))


def _login(learner: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(learner.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = learner.get_session_auth_hash()
    session.create()
    return str(session.session_key)
