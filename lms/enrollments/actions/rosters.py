"""A list of participants: checked, confirmed, and then imported by a worker, whole or not at all.

The row of the import is what happens; the broker only wakes a worker, and a sweep wakes one again. The worker writes
everybody in one transaction and takes the import's row last, only while the attempt is still its own: two workers, two
confirmations and a worker that comes back import once. How far it is, is told beside that transaction.
"""

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from celery import current_app
from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.views.decorators.debug import sensitive_variables

from lms.accounts import sealing
from lms.accounts.actions import NewLearner, create_learners
from lms.accounts.models import User
from lms.accounts.rules.identity import IdentityNumber, masked
from lms.accounts.rules.login_names import masked_phone
from lms.audit.actions import record, record_many
from lms.enrollments.actions.letters import tell_enrolled
from lms.enrollments.actions.refusals import EnrollmentRefused, UuidTaken, require_staff
from lms.enrollments.models import Enrollment, EnrollmentState, ImportState, RosterImport, TrainingClass
from lms.enrollments.queries.planning import local_day
from lms.enrollments.queries.rosters import findings
from lms.enrollments.rules.classes import closed_to_newcomers
from lms.enrollments.rules.roster import RosterRow, RowProblem
from lms.institutions.queries import staffs

IMPORT_TASK = "lms.enrollments.import_roster"
ROWS_PER_STATEMENT = 500
SAMPLE_ROWS = 8
# A worker tells that it lives with every batch, about once in a second or two.
SILENT_MAX = timedelta(seconds=90)

log = logging.getLogger(__name__)


class NotConfirmable(ValueError):
    """The import has rows to mend, was discarded, or is over; `state` is where it stands."""

    def __init__(self, state: str) -> None:
        self.state = state
        super().__init__(state)


@sensitive_variables()
def check_roster(
    *,
    by: User,
    at: datetime,
    uuid: UUID,
    training_class: TrainingClass,
    filename: str,
    rows: Sequence[RosterRow],
    problems: Sequence[RowProblem] = (),
) -> RosterImport:
    """Hold the rows of a file against what is registered; nobody is written yet. The same uuid again changes nothing.

    `problems` are those that the file itself has. With one problem nothing waits, the preview names them all. Raises
    NotStaff, EnrollmentRefused (the class takes nobody in), UuidTaken.
    """
    require_staff(by, training_class.institution)
    _require_open(training_class, at)
    found = findings(by, training_class, rows)
    wrong = sorted([*problems, *found.problems], key=lambda each: each.row)
    fields = {
        "training_class": training_class,
        "filename": filename[:120],
        "state": ImportState.REFUSED if wrong else ImportState.CHECKED,
        "sealed": None if wrong else sealing.seal_rows(_written(rows), uuid),
        "total": len(rows),
        "new_people": len(rows) - len(found.known),
        "problems": [asdict(each) for each in wrong],
        "sample": [] if wrong else [_shown(each, each.row in found.known) for each in rows[:SAMPLE_ROWS]],
        "made_at": at,
        "made_by": by,
    }
    with transaction.atomic():
        made, is_new = RosterImport.objects.get_or_create(uuid=uuid, defaults=fields)
        if made.training_class_id != training_class.pk:
            raise UuidTaken("this uuid belongs to an import of another class")
        if is_new:
            detail = {"class": str(training_class.uuid), "rows": len(rows), "wrong": len(wrong)}
            record(verb="roster.checked", subject=made, by=by, at=at, detail=detail)
    return made


def confirm_import(*, by: User, at: datetime, roster: RosterImport) -> None:
    """Let a worker import it. Confirming twice is confirming once. Raises NotStaff, NotConfirmable."""
    require_staff(by, roster.training_class.institution)
    with transaction.atomic():
        confirmed = RosterImport.objects.filter(pk=roster.pk, state=ImportState.CHECKED).update(
            state=ImportState.WAITING, confirmed_by=by, heartbeat_at=at
        )
        if not confirmed:
            state = RosterImport.objects.values_list("state", flat=True).get(pk=roster.pk)
            if state in (ImportState.WAITING, ImportState.RUNNING, ImportState.DONE):
                return
            raise NotConfirmable(state)
        record(verb="roster.confirmed", subject=roster, by=by, at=at, detail={"rows": roster.total})
        wake_on_commit(roster.uuid)


def discard_import(*, by: User, at: datetime, roster: RosterImport) -> None:
    """Forget the rows of a list that was not confirmed. Raises NotStaff, NotConfirmable (it was)."""
    require_staff(by, roster.training_class.institution)
    with transaction.atomic():
        discarded = RosterImport.objects.filter(
            pk=roster.pk, state__in=[ImportState.CHECKED, ImportState.REFUSED]
        ).update(state=ImportState.DISCARDED, sealed=None, sample=[], finished_at=at)
        if discarded:
            record(verb="roster.discarded", subject=roster, by=by, at=at)
            return
    state = RosterImport.objects.values_list("state", flat=True).get(pk=roster.pk)
    if state != ImportState.DISCARDED:
        raise NotConfirmable(state)


def wake_on_commit(uuid: UUID) -> None:
    def wake() -> None:
        try:
            current_app.send_task(IMPORT_TASK, args=[str(uuid)], retry=False)
        except Exception:
            log.warning("no worker was woken for import %s; the next sweep will", uuid, exc_info=True)

    transaction.on_commit(wake)


def requeue_imports(*, at: datetime) -> int:
    """Wake a worker for what waits, and take back what a dead one had. Returns how many."""
    silent = Q(heartbeat_at__isnull=True) | Q(heartbeat_at__lt=at - SILENT_MAX)
    with transaction.atomic():
        RosterImport.objects.filter(silent, state=ImportState.RUNNING).update(
            state=ImportState.WAITING, attempt=None, heartbeat_at=at, done=0
        )
        waiting = list(RosterImport.objects.filter(state=ImportState.WAITING).values_list("uuid", flat=True))
        for uuid in waiting:
            wake_on_commit(uuid)
    return len(waiting)


@sensitive_variables()
def run_import(*, clock: Callable[[], datetime], uuid: UUID) -> None:
    """What a worker does with a waiting import; nothing when there is none, or another worker has it.

    Everything is checked anew, for days may have passed since the preview. What is wrong then is kept as the import's
    problems, and nobody is imported.
    """
    attempt = uuid4()
    taken = RosterImport.objects.filter(uuid=uuid, state=ImportState.WAITING).update(
        state=ImportState.RUNNING, attempt=attempt, heartbeat_at=clock(), done=0
    )
    if not taken:
        return
    roster = RosterImport.objects.select_related("training_class__institution", "confirmed_by").get(uuid=uuid)
    try:
        rows = _read(sealing.unseal_rows(bytes(roster.sealed or b""), uuid))
        with _told(roster, attempt, clock) as tell:
            wrong = _import(roster, attempt, rows, clock(), tell)
    except IntegrityError:
        # Somebody registered one of these people between our look and our write: look again.
        wrong = findings(_confirmed_by(roster), roster.training_class, rows).problems or [_problem("changed")]
    except sealing.CannotOpen:
        wrong = [_problem("cannot_open")]
    except Exception:
        # It would break again, every time that the sweep gives it to a worker.
        _fail(roster, attempt, [_problem("broken")], clock())
        raise
    if wrong:
        _fail(roster, attempt, wrong, clock())


@sensitive_variables()
def _import(
    roster: RosterImport, attempt: UUID, rows: Sequence[RosterRow], at: datetime, tell: Callable[[int], None]
) -> list[RowProblem]:
    by = _confirmed_by(roster)
    with transaction.atomic():
        # The class's row puts all that add people to it in one order, as `enroll` does.
        classes = TrainingClass.objects.select_for_update(of=("self",), no_key=True).select_related(
            "institution", "syllabus_version__syllabus"
        )
        group = classes.get(pk=roster.training_class_id)
        if not _is_ours(roster, attempt):
            return []
        if not staffs(by, roster.training_class.institution):
            return [_problem("no_longer_staff")]
        training = group.syllabus_version.syllabus.training
        if closed := closed_to_newcomers(group.state, group.ends_on, local_day(at), training):
            return [_problem(closed)]
        found = findings(by, group, rows)
        if found.problems:
            return found.problems
        _write(by, group, rows, found.known, at, tell)
        if not RosterImport.objects.filter(pk=roster.pk, state=ImportState.RUNNING, attempt=attempt).update(
            state=ImportState.DONE, sealed=None, sample=[], done=len(rows), finished_at=at
        ):
            # The sweep gave it to another worker: that one imports, this one leaves nothing.
            transaction.set_rollback(True)
            return []
        detail = {"class": str(group.uuid), "rows": len(rows), "new": len(rows) - len(found.known)}
        record(verb="roster.imported", subject=roster, by=by, at=at, detail=detail)
    return []


@sensitive_variables()
def _write(
    by: User,
    group: TrainingClass,
    rows: Sequence[RosterRow],
    known: dict[int, User],
    at: datetime,
    tell: Callable[[int], None],
) -> None:
    withdrawn = {
        each.learner_id: each
        for each in Enrollment.objects.filter(training_class=group, learner__in=[each.pk for each in known.values()])
    }
    detail = {"class": str(group.uuid)}
    for start in range(0, len(rows), ROWS_PER_STATEMENT):
        batch = rows[start : start + ROWS_PER_STATEMENT]
        new = [
            NewLearner(uuid4(), each.name, each.number, each.email, each.phone)
            for each in batch
            if each.row not in known
        ]
        new_people = create_learners(by=by, at=at, learners=new)
        registered = [known[each.row] for each in batch if each.row in known]
        again = [withdrawn[each.pk] for each in registered if each.pk in withdrawn]
        people = new_people + [each for each in registered if each.pk not in withdrawn]
        enrollments = [Enrollment(learner=each, training_class=group, enrolled_at=at) for each in people]
        Enrollment.objects.bulk_create(enrollments)
        record_many(verb="enrollment.created", subjects=enrollments, by=by, at=at, detail=detail)
        Enrollment.objects.filter(pk__in=[each.pk for each in again]).update(state=EnrollmentState.ACTIVE)
        record_many(verb="enrollment.active", subjects=again, by=by, at=at)
        tell_enrolled(at=at, people=[*new_people, *registered], training_class=group)
        tell(start + len(batch))


def _is_ours(roster: RosterImport, attempt: UUID) -> bool:
    return RosterImport.objects.filter(pk=roster.pk, state=ImportState.RUNNING, attempt=attempt).exists()


def _fail(roster: RosterImport, attempt: UUID, wrong: Sequence[RowProblem], at: datetime) -> None:
    with transaction.atomic():
        failed = RosterImport.objects.filter(pk=roster.pk, state=ImportState.RUNNING, attempt=attempt).update(
            state=ImportState.FAILED,
            sealed=None,
            sample=[],
            done=0,
            problems=[asdict(each) for each in wrong],
            finished_at=at,
        )
        if failed:
            codes = sorted({each.code for each in wrong})
            record(verb="roster.failed", subject=roster, by=roster.confirmed_by, at=at, detail={"codes": codes})


@contextmanager
def _told(roster: RosterImport, attempt: UUID, clock: Callable[[], datetime]) -> Iterator[Callable[[int], None]]:
    """A way to tell how far the import is, on a connection of its own: its transaction shows nothing until it ends."""
    beside = connection.copy()

    def tell(done: int) -> None:
        with beside.cursor() as cursor:
            cursor.execute(
                "UPDATE enrollments_rosterimport SET done = %s, heartbeat_at = %s WHERE id = %s AND attempt = %s",
                [done, clock(), roster.pk, attempt],
            )

    try:
        yield tell
    finally:
        beside.close()


def _confirmed_by(roster: RosterImport) -> User:
    assert isinstance(roster.confirmed_by, User)
    return roster.confirmed_by


def _require_open(training_class: TrainingClass, at: datetime) -> None:
    columns = ("state", "ends_on", "syllabus_version__syllabus__training")
    state, ends_on, training = TrainingClass.objects.values_list(*columns).get(pk=training_class.pk)
    if closed := closed_to_newcomers(state, ends_on, local_day(at), training):
        raise EnrollmentRefused(closed)


def _problem(code: str) -> RowProblem:
    """A problem of the whole list."""
    return RowProblem(0, "", code, "")


def _shown(row: RosterRow, is_known: bool) -> dict[str, object]:
    contact = masked_phone(row.phone) if row.phone else row.email
    return {"name": row.name, "identity": masked(row.number.reveal()), "contact": contact, "is_known": is_known}


@sensitive_variables()
def _written(rows: Iterable[RosterRow]) -> bytes:
    return json.dumps([[each.row, each.name, each.number.reveal(), each.phone, each.email] for each in rows]).encode()


@sensitive_variables()
def _read(content: bytes) -> list[RosterRow]:
    return [
        RosterRow(row, name, IdentityNumber(number), phone, email)
        for row, name, number, phone, email in json.loads(content)
    ]
