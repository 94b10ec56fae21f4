"""Applying for a teacher's file, taking an application back, and deciding on it.

Whoever applies is the teacher, or staff of an institution where they teach; whoever decides is an authority above, who
works beside none of them. A file is never edited: what changes is applied for anew.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from django.core.exceptions import PermissionDenied
from django.db import transaction

from lms.accounts.models import User
from lms.audit.actions import record
from lms.enrollments.actions import UuidTaken
from lms.enrollments.queries.planning import local_day
from lms.institutions.actions import certify_teacher
from lms.institutions.models import Institution
from lms.teachers.actions.file_letters import tell_file_decided
from lms.teachers.actions.photos import forget_photo, keep_photo, written_anew
from lms.teachers.models import FileApplication, FileState, TeacherFile
from lms.teachers.queries.applications import (
    against_deciding,
    earlier_application,
    may_apply,
    may_take_back,
    practice_asked,
)
from lms.teachers.queries.trades import known_trades
from lms.teachers.rules.roster import file_problems, lines_of

REASON_MAX = 500


class NotApplicant(PermissionDenied):
    """Only the teacher, or staff of an institution where they teach, applies for a file or takes it back."""


class NotFilesAuthority(PermissionDenied):
    """This person does not decide on this application; `code` as `against_deciding` says."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class FileRefused(ValueError):
    """What was given cannot be a file, or a decision about one; `problems` lists (field, value, allowed)."""

    def __init__(self, problems: Sequence[tuple[str, str, str]]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{name}: {value!r}, allowed: {allowed}" for name, value, allowed in problems))


class WaitsAlready(ValueError):
    """Another application of this teacher waits for the authority; one at a time."""


class FileDecided(ValueError):
    """It does not wait any more; `state` says what it is."""

    def __init__(self, state: str) -> None:
        self.state = state
        super().__init__(state)


def apply_for_file(
    *,
    by: User,
    at: datetime,
    uuid: UUID,
    person: User,
    institution: Institution | None,
    trades: Sequence[str],
    practising_since: date,
    qualifications: str,
    photo: bytes | None = None,
) -> FileApplication:
    """Ask the authority for a file with this in it; the same uuid again gives the same, unchanged.

    Teachers apply for themselves with no institution. `photo` is a file as it was uploaded; None keeps that of the
    application before. Raises NotApplicant, FileRefused, PhotoRefused, WaitsAlready, UuidTaken.
    """
    if not may_apply(by, person, institution):
        raise NotApplicant("only the teacher, or staff of an institution where they teach")
    if known := _known(uuid, by, person):
        return known
    lines, day = lines_of(qualifications), local_day(at)
    practice = practice_asked(day)
    problems = file_problems(
        trades=trades, known=known_trades(), since=practising_since, day=day, practice=practice, lines=lines
    )
    earlier = earlier_application(person, institution) if photo is None else None
    kept = str(earlier.photo.name) if earlier else ""
    if photo is None and not kept:
        problems.append(("photo", "", "a photo"))
    if problems:
        raise FileRefused(problems)
    made = "" if photo is None else keep_photo(written_anew(photo))
    fields = {
        "institution": institution,
        "trades": list(trades),
        "practising_since": practising_since,
        "qualifications": "\n".join(lines),
        "photo": made or kept,
        "applied_at": at,
        "applied_on": day,
        "years_asked": practice.years_min if practice else 0,
        "applied_by": by,
    }
    try:
        application, is_new = _write(uuid, by, at, person, fields)
    except BaseException:
        if made:
            forget_photo(made)
        raise
    if made and not is_new:
        forget_photo(made)
    return application


def take_back_application(*, by: User, at: datetime, application: FileApplication) -> FileApplication:
    """Ask no longer; again changes nothing. Raises NotApplicant, FileDecided."""
    if not may_take_back(by, application):
        raise NotApplicant("only who applied, or staff of the institution that did")
    with transaction.atomic():
        locked = _locked(application)
        if locked.state == FileState.TAKEN_BACK:
            return locked
        if locked.state != FileState.WAITING:
            raise FileDecided(locked.state)
        locked.state, locked.decided_at = FileState.TAKEN_BACK, at
        locked.save(update_fields=["state", "decided_at"])
        record(verb="teacher_file.taken_back", subject=locked, by=by, at=at)
    return locked


def accept_application(
    *,
    by: User,
    at: datetime,
    application: FileApplication,
    number: str = "",
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> FileApplication:
    """It becomes the teacher's file; with a number and a term the certificate too, or nothing at all. By the same
    person again changes nothing.

    Raises NotFilesAuthority, FileDecided, FileRefused (a certificate half given), CertificateRefused.
    """
    given = [bool(number.strip()), valid_from is not None, valid_to is not None]
    if any(given) and not all(given):
        names = ("number", "valid_from", "valid_to")
        missing = [name for name, is_there in zip(names, given, strict=True) if not is_there]
        raise FileRefused([(name, "", "number and both days, or none of them") for name in missing])
    with transaction.atomic():
        locked, is_again = _decidable(application, by, FileState.ACCEPTED)
        if is_again:
            return locked
        _decide(locked, FileState.ACCEPTED, by, at, "")
        TeacherFile.objects.update_or_create(person=locked.person, defaults={"application": locked, "accepted_at": at})
        if valid_from is not None and valid_to is not None:
            certificate = uuid5(locked.uuid, "certificate")
            term = {"valid_from": valid_from, "valid_to": valid_to}
            certify_teacher(by=by, at=at, uuid=certificate, person=locked.person, number=number, **term)
    return locked


def return_application(*, by: User, at: datetime, application: FileApplication, reason: str) -> FileApplication:
    """Say what is to be mended; then it may be applied for again. By the same person again changes nothing.

    Raises NotFilesAuthority, FileDecided, FileRefused (no reason).
    """
    if not 1 <= len(reason.strip()) <= REASON_MAX:
        raise FileRefused([("reason", reason[:40], f"1 to {REASON_MAX} characters")])
    with transaction.atomic():
        locked, is_again = _decidable(application, by, FileState.RETURNED)
        if not is_again:
            _decide(locked, FileState.RETURNED, by, at, reason.strip())
    return locked


def _known(uuid: UUID, by: User, person: User) -> FileApplication | None:
    known = FileApplication.objects.filter(uuid=uuid).first()
    if known is not None and (known.person_id, known.applied_by_id) != (person.pk, by.pk):
        raise UuidTaken("this uuid belongs to another application")
    return known


def _write(uuid: UUID, by: User, at: datetime, person: User, fields: dict[str, Any]) -> tuple[FileApplication, bool]:
    """The application, and whether it is new."""
    with transaction.atomic():
        # Whoever applies for the same teacher beside us waits here, and then sees this one.
        User.objects.select_for_update(no_key=True, of=("self",)).get(pk=person.pk)
        if known := _known(uuid, by, person):
            return known, False
        if FileApplication.objects.filter(person=person, state=FileState.WAITING).exists():
            raise WaitsAlready("one application at a time")
        made = FileApplication.objects.create(uuid=uuid, person=person, **fields)
        institution = made.institution
        detail = {"person": str(person.uuid), "institution": str(institution.uuid) if institution else None}
        record(verb="teacher_file.applied", subject=made, by=by, at=at, detail=detail)
    return made, True


def _decidable(application: FileApplication, by: User, wanted: FileState) -> tuple[FileApplication, bool]:
    """The locked row, and whether this person decided so already."""
    locked = _locked(application)
    if locked.state == wanted and locked.decided_by_id == by.pk:
        return locked, True
    if code := against_deciding(by, locked):
        raise NotFilesAuthority(code)
    if locked.state != FileState.WAITING:
        raise FileDecided(locked.state)
    return locked, False


def _decide(locked: FileApplication, state: FileState, by: User, at: datetime, reason: str) -> None:
    locked.state, locked.decided_at, locked.decided_by, locked.reason = state, at, by, reason
    locked.save(update_fields=["state", "decided_at", "decided_by", "reason"])
    detail = {"person": str(locked.person.uuid)}
    record(verb=f"teacher_file.{state.value}", subject=locked, by=by, at=at, detail=detail)
    tell_file_decided(at=at, application=locked)


def _locked(application: FileApplication) -> FileApplication:
    rows = FileApplication.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("person", "institution", "applied_by").get(pk=application.pk)
