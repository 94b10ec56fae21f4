"""Who writes beside whom: each one small thing, again and again, through the real actions on its own connection.

What an action refuses is its answer. Anything else that reaches a caller, or that a worker had to write into its log,
is a failure: a deadlock that PostgreSQL ended, a constraint that had to step in, an action that a race broke.
"""

import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import uuid4

from django.db import connection

from lms.accounts.actions import restore, suspend
from lms.enrollments.actions import EnrollmentRefused, enroll, withdraw_enrollment
from lms.exams.actions import (
    NotCancellable,
    NotChangeable,
    NotOwnRegistration,
    NotWaiting,
    RegistrationRefused,
    SittingRefused,
    cancel_registration,
    cancel_sitting,
    change_registration,
    join_waiting,
    leave_waiting,
    register,
    seat_waiting,
)
from lms.exams.actions.holding import look_again
from lms.exams.models import Sitting
from lms.hours.actions.attendance import AttendanceRefused
from lms.institutions.actions import lift_suspension, suspend_institution
from tests.integration.exams.racing.books import Books, unanswered_doubts, watch
from tests.integration.exams.racing.ground import SEATS, Stage, set_capacity
from tests.integration.exams.racing.picking import (
    Group,
    groups_of,
    has_room,
    one_of,
    somebody_who_left,
    somebody_without_a_seat,
    somebodys_place,
    somebodys_seat,
    somewhere,
)

REFUSALS = (
    AttendanceRefused,
    EnrollmentRefused,
    NotCancellable,
    NotChangeable,
    NotOwnRegistration,
    NotWaiting,
    RegistrationRefused,
    SittingRefused,
)
FAILURES_TOLD = 12
SETTLE_ROUNDS = 20
MORE_SECONDS_MAX = 90

Writer = Callable[[], str]
Named = tuple[str, Writer]
"""Under which name it is counted, and what it does once; it says what came of it."""


@dataclass
class Outcome:
    """How often each writer did what, what failed, and what the books say."""

    done: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    books: Books = field(default_factory=Books)
    doubts_left: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def did(self, what: str) -> None:
        with self.lock:
            self.done[what] += 1

    def of(self, prefix: str) -> int:
        return sum(count for name, count in self.done.items() if name.startswith(prefix))

    def told(self) -> str:
        failed = Counter(self.failures).most_common(FAILURES_TOLD)
        done = ", ".join(f"{name} {count}" for name, count in sorted(self.done.items()))
        return f"{self.books.counts()} in {self.books.looks} looks; {len(self.failures)} failures {failed}; {done}"


def run(stage: Stage, seconds: float, enough: Callable[[Outcome], bool], writers: Sequence[Named]) -> Outcome:
    """Everybody at once for so long, and on a slow machine until it was enough; then the workers finish what is left.

    The books are read until the end.
    """
    outcome, over, watched = Outcome(), threading.Event(), threading.Event()
    database = str(connection.settings_dict["NAME"])
    listener = _Listener(outcome.failures)
    logging.getLogger().addHandler(listener)
    watcher = threading.Thread(target=watch, args=[database, outcome.books, watched])
    threads = [threading.Thread(target=_again, args=[outcome, over, name, writer]) for name, writer in writers]
    try:
        for each in (watcher, *threads):
            each.start()
        over.wait(seconds)
        until = time.monotonic() + MORE_SECONDS_MAX
        while not enough(outcome) and time.monotonic() < until:
            over.wait(0.5)
    finally:
        over.set()
        for each in threads:
            each.join()
        _settle(stage, outcome, database)
        watched.set()
        watcher.join()
        logging.getLogger().removeHandler(listener)
    return outcome


def _settle(stage: Stage, outcome: Outcome, database: str) -> None:
    for _round in range(SETTLE_ROUNDS):
        look_again(clock=stage.now)
        seat_waiting(clock=stage.now)
        outcome.doubts_left = unanswered_doubts(database)
        if not outcome.doubts_left:
            return


def _again(outcome: Outcome, over: threading.Event, name: str, writer: Writer) -> None:
    try:
        while not over.is_set():
            try:
                answer = writer()
            except REFUSALS as refused:
                answer = type(refused).__name__
            except Exception as failure:
                answer = "failed"
                outcome.failures.append(f"{name}: {_cause(failure)}")
            outcome.did(f"{name}: {answer}")
    finally:
        connection.close()


def _cause(failure: BaseException) -> str:
    root = failure
    while root.__cause__ is not None:
        root = root.__cause__
    return f"{type(failure).__name__} {type(root).__name__} {str(root).splitlines()[0][:90] if str(root) else ''}"


class _Listener(logging.Handler):
    """What a worker could only write into its log. Whoever gets GateFailed is counted as a caller."""

    def __init__(self, failures: list[str]) -> None:
        super().__init__(logging.ERROR)
        self.failures = failures

    def emit(self, record: logging.LogRecord) -> None:
        if record.name != "lms.exams.actions.failing":
            cause = record.exc_info[1] if record.exc_info else None
            self.failures.append(f"log {record.name}: {_cause(cause) if cause else record.getMessage()[:90]}")


def everybody(stage: Stage, seconds: float, registrars: int = 4) -> list[Named]:
    """All of them, in this process."""
    groups = groups_of(stage)
    found: list[Named] = [("register", lambda: _register(stage)) for _ in range(registrars)]
    found += [("cancel", lambda: _cancel(stage)) for _ in range(registrars // 4)]
    found.append(("change", lambda: _change(stage)))
    found += [("wait", lambda: _wait(stage)) for _ in range(2)]
    found.append(("leave", lambda: _leave(stage)))
    found += workers(stage)
    found += [("capacity", lambda: _capacity(stage)), ("hours", lambda: _hours(stage, groups[::2]))]
    found += [("hours", lambda: _hours(stage, groups[1::2])), ("institution", lambda: _institution(stage))]
    found += [("enrollment", lambda: _enrollment(stage)), ("person", lambda: _person(stage))]
    found.append(("sitting", _doom(stage, seconds)))
    return found


def workers(stage: Stage) -> list[Named]:
    """What Celery's workers do; they have no address."""
    return [("seat", lambda: _seat(stage)), ("look", lambda: _look(stage)), ("look", lambda: _look(stage))]


def _register(stage: Stage) -> str:
    sitting, learner = somewhere(stage), random.choice(stage.learners)
    register(by=learner.person, at=stage.now(), uuid=uuid4(), sitting=sitting)
    return "booked"


def _cancel(stage: Stage) -> str:
    time.sleep(0.05)
    held = somebodys_seat()
    if held is None:
        return "nobody"
    by = random.choice([held.learner, stage.ground.edda])
    return cancel_registration(by=by, at=stage.now(), registration=held).state


def _change(stage: Stage) -> str:
    held = somebodys_seat()
    if held is None:
        time.sleep(0.01)
        return "nobody"
    wanted = random.choice(stage.sittings[:2])
    change_registration(by=held.learner, at=stage.now(), uuid=uuid4(), registration=held, sitting=wanted)
    return "changed"


def _wait(stage: Stage) -> str:
    """Somebody without any seat; as long as one is free there, they take it."""
    by, sitting = somebody_without_a_seat(stage), Sitting.objects.get(pk=random.choice(stage.sittings).pk)
    if by is None:
        return "nobody"
    if has_room(sitting):
        register(by=by, at=stage.now(), uuid=uuid4(), sitting=sitting)
        return "booked"
    join_waiting(by=by, at=stage.now(), uuid=uuid4(), sitting=sitting)
    return "waits"


def _leave(stage: Stage) -> str:
    time.sleep(0.3)
    place = somebodys_place()
    if place is None:
        return "nobody"
    return leave_waiting(by=place.learner, at=stage.now(), place=place).state


def _seat(stage: Stage) -> str:
    time.sleep(0.02)
    return "seated" if seat_waiting(clock=stage.now) else "none"


def _look(stage: Stage) -> str:
    time.sleep(0.02)
    return "withdrew" if look_again(clock=stage.now) else "none"


def _capacity(stage: Stage) -> str:
    time.sleep(0.02)
    set_capacity(stage, random.choice(stage.sittings), random.randint(1, 2 * SEATS - 1))
    return "changed"


def _hours(stage: Stage, groups: list[Group]) -> str:
    time.sleep(random.uniform(0, 0.1))
    group = one_of(groups)
    if group.lacks:
        stage.give_hours(group.people)
        group.lacks = False
        return "given"
    group.lacks = True
    stage.take_hours_back(group.people)
    return "taken back"


def _institution(stage: Stage) -> str:
    time.sleep(0.3)
    school = random.choice(stage.schools)
    suspend_institution(by=None, at=stage.now(), institution=school, reason="停训")
    time.sleep(0.05)
    lift_suspension(by=None, at=stage.now(), institution=school)
    return "suspended"


def _enrollment(stage: Stage) -> str:
    time.sleep(0.05)
    left = somebody_who_left()
    if left is not None:
        taken_up = {"learner": left.learner, "training_class": left.training_class}
        enroll(by=stage.staff_of(left), at=stage.now(), uuid=uuid4(), **taken_up)
        return "enrolled again"
    enrollment = random.choice(stage.learners).enrollment
    withdraw_enrollment(by=stage.staff_of(enrollment), at=stage.now(), enrollment=enrollment)
    return "withdrawn"


def _person(stage: Stage) -> str:
    time.sleep(0.05)
    person = random.choice(stage.learners).person
    suspend(by=None, at=stage.now(), person=person, reason="冒名")
    time.sleep(0.05)
    restore(by=None, at=stage.now(), person=person)
    return "suspended"


def _doom(stage: Stage, seconds: float) -> Writer:
    """Cancels one sitting after a third of the time, another after two."""
    left = list(stage.doomed)

    def cancel() -> str:
        time.sleep(seconds / 3 if left else 0.2)
        if not left:
            return "none"
        cancel_sitting(by=stage.ground.edda, at=stage.now(), sitting=left.pop(), reason="停电")
        return "cancelled"

    return cancel
