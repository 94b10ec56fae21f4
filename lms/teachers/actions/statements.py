"""Issuing a statement of a year: for the teacher alone, at any time, upon what the account says at that moment."""

from collections.abc import Sequence
from datetime import date, datetime
from secrets import token_bytes
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from lms import signing
from lms.accounts.models import User
from lms.accounts.queries import masked_identity
from lms.audit.actions import record
from lms.enrollments.rules.units import plain
from lms.hours.queries.clocks import lock_clock, today
from lms.institutions.models import TeacherCertificate
from lms.institutions.queries import valid_on
from lms.paper_codes import CODE_BYTES, code_of
from lms.teachers.models import EducationYear, YearStatement
from lms.teachers.queries.statements import claims_of, exact_hours_of, own_statements
from lms.teachers.queries.years import TeacherYear, own_years
from lms.teachers.rules.claims import Problem
from lms.teachers.rules.statements import ISSUED_A_DAY_MAX, SIGNED_TYPE, digest


class StatementRefused(ValueError):
    """Nothing was issued; `problems` lists every reason."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        self.is_stranger = any(each.code == "not_your_year" for each in self.problems)
        super().__init__("; ".join(f"{each.field}: {each.code} ({each.value})" for each in self.problems))


@transaction.atomic
def issue_statement(*, by: User, at: datetime, uuid: UUID, education_year: EducationYear) -> YearStatement:
    """What the account of the teacher's own year says now, signed; the same `uuid` gives the same statement.

    Raises StatementRefused: not_your_year, name_missing, too_many_today, uuid, signing_unavailable.
    """
    # Under the lock of the clock no hour is posted or taken back between being read and being written down.
    lock_clock(by.pk)
    known = YearStatement.objects.filter(uuid=uuid).first()
    if known is not None:
        if (known.person_id, known.education_year_id) != (by.pk, education_year.pk):
            raise StatementRefused([Problem("uuid", "uuid")])
        return known
    day = today(at).date
    row = next((each for each in own_years(by, day) if each.education_year.pk == education_year.pk), None)
    if row is None or row.enrollment is None:
        raise StatementRefused([Problem("education_year", "not_your_year", str(education_year.year))])
    if problems := _problems(by, education_year, at):
        raise StatementRefused(problems)
    facts = _facts(by, row, day)
    issued = YearStatement(
        uuid=uuid,
        code=code_of(token_bytes(CODE_BYTES)),
        person=by,
        education_year=education_year,
        facts=facts,
        issued_at=at,
        digest=digest(facts),
    )
    try:
        issued.signature = signing.sign(claims_of(issued), typ=SIGNED_TYPE, at=at)
    except signing.NoSigningKey:
        raise StatementRefused([Problem("statement", "signing_unavailable")]) from None
    issued.save(force_insert=True)
    told = {"year": str(education_year.uuid), "counted": facts["counted"], "digest": issued.digest}
    record(verb="year_statement.issued", subject=issued, by=by, at=at, detail=told)
    return issued


def _problems(person: User, education_year: EducationYear, at: datetime) -> list[Problem]:
    found = []
    if not person.real_name.strip():
        found.append(Problem("person", "name_missing"))
    local = timezone.localtime(at, timezone.get_default_timezone())
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    if own_statements(person, education_year).filter(issued_at__gte=midnight).count() >= ISSUED_A_DAY_MAX:
        found.append(Problem("statement", "too_many_today", str(ISSUED_A_DAY_MAX)))
    return found


def _facts(person: User, row: TeacherYear, day: date) -> dict[str, Any]:
    """All that is printed, in JSON's own types; hours as text, rounded as pages round them."""
    year, account = row.education_year, row.account
    host = year.training_class.institution
    return {
        "name": person.real_name.strip(),
        "identity": masked_identity(person),
        "certificates": _certificates(person, day),
        "year": year.year,
        "region_zh": year.region.name_zh,
        "region_en": year.region.name_en,
        "institution_zh": host.name_zh,
        "institution_en": host.name_en,
        "as_of": day.isoformat(),
        "state": row.state.value,
        "make_up_until": year.make_up_until.isoformat(),
        "required": plain(account.required_hours),
        "counted": plain(account.counted_hours),
        "missing": plain(account.missing_hours),
        "carried_in": plain(account.carried_in_hours),
        "carried_out": plain(account.carried_out_hours),
        "categories": [
            {
                "name_zh": module.name_zh,
                "name_en": module.name_en,
                "earned": plain(each.earned_hours),
                "counted": plain(each.counted_hours),
                "cap": None if each.cap_hours is None else plain(each.cap_hours),
                "beyond": plain(each.beyond_cap_hours),
            }
            for module, each in row.categories
        ],
        "exact": exact_hours_of(row),
    }


def _certificates(person: User, day: date) -> list[str]:
    """Numbers of the teacher's certificates that are valid on the day."""
    rows = TeacherCertificate.objects.filter(valid_on(day), person=person)
    return list(rows.order_by("valid_from", "pk").values_list("number", flat=True))
