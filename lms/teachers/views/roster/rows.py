"""Teachers, certificates and applications as pages show them."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.urls import reverse

from lms.accounts.models import User
from lms.enrollments.models import spoken
from lms.institutions.models import Institution, Region, TeacherCertificate
from lms.institutions.rules.certificates import EXPIRED, LATER, REVOKED, VALID, state_on
from lms.teachers.models import FileApplication, FileState
from lms.teachers.queries.roster import terms_of
from lms.teachers.rules.roster import is_lapsing, lines_of, names_of, whole_years
from lms.teachers.views.roster.words import MARKS, NO_CERTIFICATE, certificate_text


def place_name(each: Region | Institution) -> str:
    """In the language that is being spoken."""
    return spoken(each.name_zh, each.name_en)


def teacher_row(person: User, trades: Mapping[str, str], day: date) -> dict[str, Any]:
    """Whoever was loaded by `queries.roster`. Of several certificates the one that says most about the day."""
    states = [(each, state_on(each.term, day)) for each in person.teacher_certificates.all()]
    order = (VALID, LATER, EXPIRED, REVOKED)
    best = min(states, key=lambda each: order.index(each[1]), default=None)
    state = best[1] if best else NO_CERTIFICATE
    return {
        "name": str(person),
        "uuid": person.uuid,
        "works_at": [place_name(each.institution) for each in person.workplaces],  # type: ignore[attr-defined]
        "state": state,
        "state_label": certificate_text(state),
        "number": best[0].number if best else "",
        "valid_from": best[0].valid_from if best else None,
        "valid_to": best[0].valid_to if best else None,
        "is_lapsing": is_lapsing(terms_of(person), day),
        "days_left": (best[0].valid_to - day).days if best and state == VALID else None,
        "file": file_row(person, trades, day),
    }


def file_row(person: User, trades: Mapping[str, str], day: date) -> dict[str, Any] | None:
    """What the teacher's file says; None without one."""
    if not hasattr(person, "teacher_file"):
        return None
    said = said_in(person.teacher_file.application, trades, day)
    return {
        **said,
        "accepted_at": person.teacher_file.accepted_at,
        "photo_url": reverse("teacher_photo", args=[person.uuid]),
    }


def said_in(application: FileApplication, trades: Mapping[str, str], day: date) -> dict[str, Any]:
    """What an application, or the file that it became, says of the teacher."""
    return {
        "trades": names_of(application.trades, trades),
        "since": application.practising_since,
        "years": whole_years(application.practising_since, day),
        "qualifications": lines_of(application.qualifications),
    }


def application_row(each: FileApplication) -> dict[str, Any]:
    """With the people and the institution of the application loaded."""
    return {
        "uuid": each.uuid,
        "name": str(each.person),
        "state": each.state,
        "state_label": FileState(each.state).label,
        "mark": MARKS[FileState(each.state)],
        "applied_at": each.applied_at,
        "applied_by": str(each.applied_by),
        "institution": place_name(each.institution) if each.institution else "",
        "decided_at": each.decided_at,
        "decided_by": str(each.decided_by) if each.decided_by else "",
        "reason": each.reason,
        "url": reverse("file_application", args=[each.uuid]),
    }


def certificate_row(each: TeacherCertificate, day: date) -> dict[str, Any]:
    """A certificate and how it stands on the day."""
    state = state_on(each.term, day)
    return {
        "number": each.number,
        "valid_from": each.valid_from,
        "valid_to": each.valid_to,
        "revoked_on": each.revoked_on,
        "granted_at": each.granted_at,
        "state": state,
        "state_label": certificate_text(state),
    }
