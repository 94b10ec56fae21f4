"""The ground of a measurement: private servers, a class with many learners, their logins, a web process to load.

Learners, enrollments and logins are written in bulk: what makes them through actions is not what is measured.
"""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from lms.env.addresses import free_port

BASE = Path(__file__).resolve().parent.parent
LESSON_MS = 6 * 24 * 3_600_000
START_S_MAX = 60


@dataclass(frozen=True)
class Learners:
    """Who studies: a login cookie for each, the lesson, and the name of the cookie."""

    cookies: list[str]
    lesson: str
    cookie_name: str


@dataclass(frozen=True)
class Web:
    """One web process, what it serves, and where it answers."""

    port: int
    process: "subprocess.Popen[bytes]"
    application: str
    log: Path


def migrate() -> None:
    """Bring the private database to the present schema."""
    subprocess.run([sys.executable, "manage.py", "migrate", "--noinput", "--verbosity", "0"], check=True, cwd=BASE)


def make_learners(count: int) -> Learners:
    """A class of `count` logged-in learners with one lesson, a reading of six days, so that nobody reaches its end.

    The daily cap is far away for the same reason.
    """
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.contrib.sessions.models import Session

    from courses.models import Lesson, LessonKind, LessonVersion
    from lms.accounts.models import User
    from lms.enrollments.models import Enrollment

    now = datetime.now(UTC)
    lesson = Lesson.objects.create(kind=LessonKind.READING)
    version = LessonVersion.objects.create(
        lesson=lesson,
        number=1,
        title="长课",
        duration_ms=LESSON_MS,
        sections=[{"title": "长课", "from_ms": 0, "to_ms": LESSON_MS, "html": "<p>长课</p>"}],
        content_digest=uuid4().hex,
        published_at=now,
    )
    training_class = _make_class(version, now)
    people = User.objects.bulk_create(
        [User(email=f"bench-{uuid4().hex}@example.test", real_name="测", password="!") for _ in range(count)],
        batch_size=1000,
    )
    Enrollment.objects.bulk_create(
        [Enrollment(learner=one, training_class=training_class, enrolled_at=now) for one in people], batch_size=1000
    )
    store, sessions, cookies = SessionStore(), [], []
    for one in people:
        key = uuid4().hex
        data = {
            SESSION_KEY: str(one.pk),
            BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
            HASH_SESSION_KEY: one.get_session_auth_hash(),
        }
        sessions.append(Session(session_key=key, session_data=store.encode(data), expire_date=now + timedelta(days=1)))
        cookies.append(key)
    Session.objects.bulk_create(sessions, batch_size=1000)
    return Learners(cookies, str(lesson.uuid), settings.SESSION_COOKIE_NAME)


def _make_class(version: object, now: datetime) -> object:
    from lms.accounts.models import User
    from lms.enrollments.models import ClassLesson, ClassState, Module, Syllabus, SyllabusVersion, TrainingClass
    from lms.institutions.models import Institution, Region

    name = uuid4().hex[:8]
    region = Region.objects.create(code=name[:6], name_zh="测", name_en="Bench")
    school = Institution.objects.create(kind="training", name_zh="测", name_en="Bench", region=region)
    staff = User.objects.create_user(email=f"staff-{name}@example.test", password=None, real_name="测")
    syllabus = Syllabus.objects.create(
        code=f"bench-{name}", category="special", trade="electrician", training="initial", name_zh="测", name_en="Bench"
    )
    syllabus_version = SyllabusVersion.objects.create(
        syllabus=syllabus, number=1, in_force_from=date(2020, 1, 1), daily_cap_hours=9999
    )
    module = Module.objects.create(syllabus_version=syllabus_version, ordinal=1, name_zh="测", name_en="Bench")
    training_class = TrainingClass.objects.create(
        institution=school,
        syllabus_version=syllabus_version,
        title="测",
        starts_on=date(2020, 1, 1),
        ends_on=date(2099, 12, 31),
    )
    ClassLesson.objects.create(training_class=training_class, module=module, lesson_version=version, ordinal=1)
    TrainingClass.objects.filter(pk=training_class.pk).update(
        state=ClassState.ACCEPTED, reported_at=now, reported_by=staff, decided_at=now, decided_by=staff
    )
    return training_class


@contextmanager
def web(application: str, *, log: Path, port: int | None = None) -> Iterator[Web]:
    """A web process as in production, serving `application`."""
    started = start_web(application, log=log, port=port)
    try:
        yield started
    finally:
        stop_web(started)


def start_web(application: str, *, log: Path, port: int | None = None) -> Web:
    """Start one and wait until it answers."""
    port = port or free_port()
    command = [sys.executable, "-m", "django", "serve", "--settings", "lms.settings", "--port", str(port)]
    command += ["--drain-s", "0", "--application", application]
    with log.open("ab") as sink:
        process = subprocess.Popen(command, cwd=BASE, env=dict(os.environ), stdout=sink, stderr=subprocess.STDOUT)
    started = Web(port, process, application, log)
    try:
        _wait_for(port, process, log)
    except BaseException:
        stop_web(started)
        raise
    return started


def stop_web(web: Web) -> None:
    """Tell it to stop; what does not is killed."""
    web.process.terminate()
    try:
        web.process.wait(20)
    except subprocess.TimeoutExpired:
        web.process.kill()
        web.process.wait()


def _wait_for(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + START_S_MAX
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            opener.open(f"http://127.0.0.1:{port}/", timeout=5)
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the web process does not answer; {log} ends with: {log.read_text()[-2000:]}")
