"""Reading statements of years: a teacher's own, and what a stranger is told who has the code of one."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from lms import signing
from lms.accounts.models import User
from lms.paper_codes import read_code
from lms.teachers.models import EducationYear, YearStatement
from lms.teachers.queries.years import TeacherYear, account_of
from lms.teachers.rules.statements import SIGNED_TYPE, UNPROVEN, digest, exact_hours, signed_claims, standing


class StatementNotFound(LookupError):
    """There is no such statement for this viewer: absent and hidden look alike."""


@dataclass(frozen=True, slots=True)
class VerifiedStatement:
    """A statement as it stands on a day: `state` is same, grown, fallen, or unproven (no key of ours stands for it)."""

    statement: YearStatement
    state: str


def own_statements(person: User, education_year: EducationYear | None = None) -> QuerySet[YearStatement]:
    """The person's statements, the last issued first; of one year, or of all."""
    found = _statements().filter(person=person).order_by("-issued_at", "-pk")
    return found if education_year is None else found.filter(education_year=education_year)


def own_statement(person: User, uuid: UUID) -> YearStatement:
    """One of the person's own; StatementNotFound otherwise."""
    found = own_statements(person).filter(uuid=uuid).first()
    if found is None:
        raise StatementNotFound("no such statement")
    return found


def statement_of_code(text: str, day: date) -> VerifiedStatement | None:
    """What a stranger is told of the code that they scanned or typed; None when nothing was issued under it."""
    code = read_code(text)
    found = _statements().filter(code=code).first() if code is not None else None
    return verified(found, day) if found is not None else None


def verified(statement: YearStatement, day: date) -> VerifiedStatement:
    """Judged anew: the signature first, then the account as it stands on `day`."""
    if not _is_proven(statement):
        return VerifiedStatement(statement, UNPROVEN)
    now = exact_hours_of(account_of(statement.person, statement.education_year, day))
    return VerifiedStatement(statement, standing(statement.facts["exact"], now))


def exact_hours_of(row: TeacherYear) -> dict[str, str]:
    """The account to the last millisecond, as a statement keeps it."""
    return exact_hours(row.account, [str(module.uuid) for module, _account in row.categories])


def claims_of(statement: YearStatement) -> dict[str, Any]:
    """What its signature says."""
    return signed_claims(
        statement=str(statement.uuid),
        person=str(statement.person.uuid),
        education_year=str(statement.education_year.uuid),
        issued_at=statement.issued_at,
        counted=statement.facts["counted"],
        digest=statement.digest,
    )


def _is_proven(statement: YearStatement) -> bool:
    try:
        signed = signing.verify(statement.signature, typ=SIGNED_TYPE)
    except (signing.NotOurs, signing.NoSigningKey):
        return False
    return signed == claims_of(statement) and digest(statement.facts) == statement.digest


def _statements() -> QuerySet[YearStatement]:
    return YearStatement.objects.select_related(
        "person", "education_year__region", "education_year__training_class__syllabus_version"
    )
