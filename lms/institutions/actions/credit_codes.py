"""The unified social credit code of a body, by which one that trains and one that examines are known to be the same.

A code is set once or corrected, never taken away: without it nobody would see that a body is of both kinds.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import IntegrityError, transaction

from lms.accounts.queries import Viewer
from lms.audit.actions import record
from lms.institutions.actions.permission import require_decider
from lms.institutions.models import Institution
from lms.institutions.rules.credit_codes import code_reason

CONSTRAINT = "a_body_trains_or_examines"


class BadCreditCode(ValueError):
    """The credit code cannot be this institution's; `code` says why: length, signs, check_sign, or other_kind."""

    def __init__(self, credit_code: str, code: str) -> None:
        self.code = code
        allowed = "18 signs of GB 32100-2015 with their check sign, of a body that is of no other kind"
        super().__init__(f"credit_code: {credit_code!r} ({code}), allowed: {allowed}")


def set_credit_code(*, by: Viewer | None, at: datetime, institution: Institution, credit_code: str) -> None:
    """Whose body the institution is, from now on; the code that it has already changes nothing.

    Raises NotInstitutionsAuthority, BadCreditCode.
    """
    require_decider(by, institution)
    code = read_code(credit_code, institution.kind)
    with transaction.atomic(), told_apart(credit_code):
        # Locked, so that the log's old value is the one that this write replaced.
        locked = Institution.objects.select_for_update(no_key=True).get(pk=institution.pk)
        if locked.credit_code != code:
            Institution.objects.filter(pk=locked.pk).update(credit_code=code)
            detail = {"old": locked.credit_code, "new": code}
            record(verb="institution.credit_code_set", subject=locked, by=by, at=at, detail=detail)
    institution.refresh_from_db(fields=["credit_code"])


def read_code(given: str, kind: str) -> str:
    """The code without blanks around it and in capitals. Raises BadCreditCode."""
    code = given.strip().upper()
    if reason := code_reason(code):
        raise BadCreditCode(given, reason)
    if Institution.objects.filter(credit_code=code).exclude(kind=kind).exists():
        raise BadCreditCode(given, "other_kind")
    return code


@contextmanager
def told_apart(given: str) -> Iterator[None]:
    """Of two who write one code for both kinds at once PostgreSQL lets the first through; the other gets its reason."""
    try:
        yield
    except IntegrityError as error:
        if CONSTRAINT not in str(error):
            raise
        raise BadCreditCode(given, "other_kind") from None
