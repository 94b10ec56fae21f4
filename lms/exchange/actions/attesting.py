"""Attestations: a verdict of the gate, signed, so that an exam system can keep it and prove it without asking us.

An attestation says how things stood at one moment and is short-lived; hours can be voided after it. The door asks anew.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from lms import signing
from lms.audit.actions import record
from lms.enrollments.rules.units import done_hours, plain
from lms.exams.actions.deciding import noting_what_cannot_be_signed
from lms.exams.rules.facts import Facts, KindFacts, as_json, digest
from lms.exchange.models import ExchangeClient
from lms.exchange.queries.standings import Standing, standing_for

TYPE = "xueshi-attestation+jwt"
LIFETIME = signing.LIFE_MAX


@dataclass(frozen=True, slots=True)
class Attestation:
    """`jws` in compact form; verifiable until `expires_at`."""

    jws: str
    expires_at: datetime


def attest(*, by: ExchangeClient, at: datetime, uuid: UUID, person: UUID, sitting: UUID) -> Attestation:
    """Sign how the person stands before the sitting, for this client alone; `uuid` becomes its `jti`.

    Raises NothingThere for a person or sitting that the client does not see, SigningUnavailable.
    """
    standing = standing_for(by, person, sitting, at)
    expires_at = at + LIFETIME
    with (
        noting_what_cannot_be_signed(by=None, at=at, subject=standing.sitting, client=by.client_id),
        transaction.atomic(),
    ):
        told = _told(standing)
        claims = {
            "iss": settings.BASE_URL,
            "aud": by.client_id,
            "sub": str(standing.person.uuid),
            "iat": int(at.timestamp()),
            "exp": int(expires_at.timestamp()),
            "jti": str(uuid),
            **told,
        }
        # The client is no person: the log names it beside, not as who did it.
        detail = {
            "client": by.client_id,
            "person": claims["sub"],
            "jti": claims["jti"],
            "digest": told["inputs_digest"],
        }
        record(verb="attestation.signed", subject=standing.sitting, by=None, at=at, detail=detail)
        # Inside: what could not be signed must not be in the log as signed.
        return Attestation(signing.sign(claims, typ=TYPE, at=at), expires_at)


def _told(standing: Standing) -> dict[str, Any]:
    verdict, facts = standing.found.verdict, standing.found.facts
    enrollment = standing.found.enrollment
    return {
        "sitting": str(standing.sitting.uuid),
        "enrollment": str(enrollment.uuid) if enrollment else None,
        "eligible": verdict.eligible,
        "requirements_met": standing.requirements_met,
        "registered": standing.is_registered,
        "unmet": [each.code for each in verdict.unmet],
        "rule_version": verdict.rule_version,
        "inputs_digest": digest(as_json(facts), verdict.rule_version),
        "hours": _hours(facts),
    }


def _hours(facts: Facts) -> list[dict[str, Any]]:
    return [
        {
            "module": module.module,
            "kind": kind.kind,
            "confirmed_ms": kind.confirmed_ms,
            "confirmed_hours": _confirmed(kind),
            "required_hours": _plain(kind.required_hours),
        }
        for module in facts.modules or ()
        for kind in module.kinds
    ]


def _confirmed(kind: KindFacts) -> str | None:
    if kind.confirmed_ms is None or not kind.minutes:
        return None
    return plain(done_hours(kind.confirmed_ms, kind.minutes))


def _plain(hours: Decimal | None) -> str | None:
    return plain(hours) if hours is not None else None
