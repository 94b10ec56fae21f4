"""The sheet of a meeting: a teacher opens and closes it, learners sign in and out by its code under their own login.

Only the learner's own two marks make hours here. Whoever runs a class cannot sign in to it, and closing a sheet gives
nothing to whoever did not sign out.
"""

from datetime import datetime
from secrets import token_bytes
from typing import Any
from uuid import UUID, uuid5

from django.core.exceptions import PermissionDenied
from django.db import transaction

from lms.accounts.models import User
from lms.audit.actions import record
from lms.enrollments.models import ClassState, Enrollment, EnrollmentState, Module, TrainingClass
from lms.enrollments.queries import teaches
from lms.hours.actions.attendance import AttendanceRefused, check_hours, post_attendance
from lms.hours.actions.posting import Account, post_open_stretch
from lms.hours.models import AttendanceSheet, Presence, StudyClock
from lms.hours.queries.appeals import taken_within
from lms.hours.queries.clocks import lock_clock, moment_of, ms_of, today
from lms.hours.rules import attendance as rules
from lms.institutions.queries import ever_worked_for


class NotTheirClass(PermissionDenied):
    """Only who teaches the class, or staff of its institution."""


@transaction.atomic
def open_sheet(
    *,
    by: User,
    at: datetime,
    uuid: UUID,
    training_class: TrainingClass,
    module: Module,
    kind: str,
    from_at: datetime,
    to_at: datetime,
    place: str,
) -> AttendanceSheet:
    """A sheet for a meeting that is still to end; the same `uuid` again gives the same one.

    Raises NotTheirClass; AttendanceRefused: what `check_hours` says, over, place, uuid.
    """
    if not teaches(by, training_class):
        raise NotTheirClass("only who teaches the class opens a sheet of it")
    known = AttendanceSheet.objects.filter(uuid=uuid).first()
    if known is not None:
        if known.training_class_id != training_class.pk:
            raise AttendanceRefused("uuid", "uuid", "This id was used for another sheet.")
        return known
    current = TrainingClass.objects.get(pk=training_class.pk)
    check_hours(current, module, kind, from_at, to_at)
    if to_at <= at:
        raise AttendanceRefused("ends", "over", "A sheet is for a meeting that is still to end.")
    if not 0 < len(place.strip()) <= rules.PLACE_MAX:
        raise AttendanceRefused("place", "place", f"Say where, in at most {rules.PLACE_MAX} letters.")
    sheet = AttendanceSheet.objects.create(
        uuid=uuid,
        training_class=current,
        module=module,
        kind=kind,
        from_at=from_at,
        to_at=to_at,
        place=place.strip(),
        secret=token_bytes(32),
        opened_at=at,
        opened_by=by,
    )
    record(verb="sheet.opened", subject=sheet, by=by, at=at, detail={"class": str(current.uuid), "kind": kind})
    return sheet


@transaction.atomic
def close_sheet(*, by: User, at: datetime, sheet: AttendanceSheet) -> AttendanceSheet:
    """No more marks. Whoever did not sign out earned nothing by it, which staff may propose. Raises NotTheirClass."""
    if not teaches(by, sheet.training_class):
        raise NotTheirClass("only who teaches the class closes a sheet of it")
    locked = _locked(sheet)
    if locked.closed_at is None:
        locked.closed_at, locked.closed_by = at, by
        locked.save(update_fields=["closed_at", "closed_by"])
        left = Presence.objects.filter(sheet=locked, ended_at__isnull=True).update(ended_at=at)
        record(verb="sheet.closed", subject=locked, by=by, at=at, detail={"without_sign_out": left})
    return locked


@transaction.atomic
def sign_in(*, by: User, at: datetime, uuid: UUID, sheet: AttendanceSheet, code: str, device: str) -> Presence:
    """The learner is there from now on. Scanning again while they are changes nothing.

    `device` is a digest of the phone's cookie. Raises AttendanceRefused: what `_check_mark` says, elsewhere (live on
    another sheet that still runs), uuid.
    """
    lock_clock(by.pk)
    locked = _locked(sheet)
    known = Presence.objects.filter(uuid=uuid).first()
    if known is not None:
        if (known.learner_id, known.sheet_id) != (by.pk, locked.pk):
            raise AttendanceRefused("uuid", "uuid", "This id was used for another presence.")
        return known
    enrollment = _check_mark(by, locked, "in", code, at)
    live = Presence.objects.select_related("sheet").filter(learner=by, ended_at__isnull=True).first()
    if live is not None and live.sheet_id == locked.pk:
        return live
    if live is not None and at < live.sheet.to_at:
        raise AttendanceRefused("sheet", "elsewhere", "The learner is signed in somewhere else.")
    if live is not None:
        # That meeting is over and nobody signed out of it; it must not keep the learner out of this one.
        Presence.objects.filter(pk=live.pk, ended_at__isnull=True).update(ended_at=at)
    presence = Presence.objects.create(
        uuid=uuid, sheet=locked, learner=by, enrollment=enrollment, in_at=at, in_device=device
    )
    record(verb="presence.began", subject=presence, by=by, at=at, detail={"sheet": str(locked.uuid)})
    return presence


@transaction.atomic
def sign_out(*, by: User, at: datetime, sheet: AttendanceSheet, code: str, device: str) -> Presence:
    """The learner leaves: the time since they signed in becomes entries. Scanning again changes nothing.

    Time that other hours have taken, online study above all, stays theirs; the rest counts. Raises AttendanceRefused:
    what `_check_mark` says, not_in.
    """
    row = lock_clock(by.pk)
    locked = _locked(sheet)
    _check_mark(by, locked, "out", code, at)
    own = Presence.objects.select_related("enrollment__learner").filter(sheet=locked, learner=by).order_by("-in_at")
    presence = own.filter(ended_at__isnull=True).first()
    if presence is None:
        ended = own.filter(out_at__isnull=False).first()
        if ended is None:
            raise AttendanceRefused("sheet", "not_in", "The learner did not sign in.")
        return ended
    # The clocks of two web processes may differ by a little; nobody leaves before they came.
    out_at = max(at, presence.in_at)
    credited_ms = _credit(row, locked, presence, out_at)
    written: dict[str, Any] = {"out_at": out_at, "ended_at": out_at, "out_device": device, "credited_ms": credited_ms}
    for name, value in written.items():
        setattr(presence, name, value)
    presence.save(update_fields=list(written))
    record(verb="presence.ended", subject=presence, by=by, at=at, detail={"ms": credited_ms})
    return presence


def _credit(row: StudyClock, sheet: AttendanceSheet, presence: Presence, at: datetime) -> int:
    post_open_stretch(row, at=at)
    marks = (ms_of(presence.in_at), ms_of(at))
    taken = taken_within(presence.learner, marks)
    spans = rules.earned(marks, (ms_of(sheet.from_at), ms_of(sheet.to_at)), taken)
    account = Account(presence.learner_id, presence.enrollment, sheet.module, sheet.kind)
    for from_ms, to_ms in spans:
        post_attendance(
            account,
            uuid=uuid5(presence.uuid, str(from_ms)),
            from_at=moment_of(from_ms),
            to_at=moment_of(to_ms),
            at=at,
            posted_by=presence.learner,
        )
    return sum(to_ms - from_ms for from_ms, to_ms in spans)


def _check_mark(by: User, sheet: AttendanceSheet, direction: str, code: str, at: datetime) -> Enrollment:
    """The learner's enrollment, when a mark may be made now.

    Raises AttendanceRefused: not_enrolled, own_class (they work for the institution), not_accepted, outside_class,
    closed, not_now (too early or too late for this meeting), code.
    """
    training_class = sheet.training_class
    enrollment = Enrollment.objects.filter(
        learner=by, learner__is_active=True, training_class=training_class, state=EnrollmentState.ACTIVE
    ).first()
    if enrollment is None:
        raise AttendanceRefused("learner", "not_enrolled", "Only learners of this class sign in.")
    if ever_worked_for(by, training_class.institution):
        raise AttendanceRefused(
            "learner", "own_class", "Whoever works for the institution cannot sign in to its class."
        )
    if training_class.state != ClassState.ACCEPTED:
        raise AttendanceRefused("class", "not_accepted", "Nothing counts for a class that is not accepted.")
    if not training_class.starts_on <= today(at).date <= training_class.ends_on:
        raise AttendanceRefused("class", "outside_class", "The day lies outside the dates of the class.")
    if sheet.closed_at is not None:
        raise AttendanceRefused("sheet", "closed", "This sheet is closed.")
    if not rules.takes_marks((ms_of(sheet.from_at), ms_of(sheet.to_at)), ms_of(at)):
        raise AttendanceRefused("sheet", "not_now", "It is too early or too late for this meeting.")
    if not rules.is_code_good(bytes(sheet.secret), sheet.uuid, direction, code, ms_of(at)):
        raise AttendanceRefused("code", "code", "The code has changed; scan the one on the screen.")
    return enrollment


def _locked(sheet: AttendanceSheet) -> AttendanceSheet:
    """The sheet as it is now, so that closing it and a mark come one after the other."""
    return (
        AttendanceSheet.objects.select_for_update(of=("self",), no_key=True)
        .select_related("training_class__institution", "module")
        .get(pk=sheet.pk)
    )
