"""System checks of the database that hours are trusted to, `manage.py check --database default`; of the keys that sign
and of the bucket that media lie in, which every command checks.

What makes hours losable is an error. A running role that can change ledger tables is an error where an owner role
exists beside it, and a warning where an installation has one role for everything.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections

from lms import signing
from lms.wiring.queries.trust import facts
from lms.wiring.rules.trust import faults

ONE_ROLE_HINT = "Run the program as a role of its own and migrate as another, DATABASE_OWNER_URL: docs/decisions/0005."
SIGNING_HINT = "Until then nobody can register for an exam, and no attestation is given: docs/operations.md."


@register(Tags.database)
def database_is_the_judge(databases: Sequence[str] | None = None, **more: Any) -> list[CheckMessage]:
    """Nothing is said about the owner's own connection, which makes the tables."""
    if settings.DATABASE_ROLE == "owner" or "default" not in (databases or ()):
        return []
    with connections["default"].cursor() as cursor:
        found = faults(facts(cursor))
    return [
        Warning(fault.text, hint=ONE_ROLE_HINT, id="xueshi.W001")
        if fault.kind == "rights" and not settings.DATABASE_HAS_OWNER
        else Error(fault.text, id="xueshi.E001")
        for fault in found
    ]


@register("signing")
def something_can_be_signed(app_configs: Any = None, **more: Any) -> list[CheckMessage]:
    """A warning, because commands that mend it must run."""
    found = signing.fault(datetime.now(UTC))
    return [Warning(f"Nothing can be signed: {found}", hint=SIGNING_HINT, id="xueshi.W002")] if found else []


@register("media")
def the_bucket_is_whole(app_configs: Any = None, **more: Any) -> list[CheckMessage]:
    """Half a bucket would keep films where nobody looks for them, or fail with the first upload."""
    return list(_of_bucket() if settings.MEDIA_BUCKET else _without_bucket())


def _without_bucket() -> Iterator[CheckMessage]:
    if settings.MEDIA_ENDPOINT or settings.MEDIA_REGION:
        yield Error(
            "MEDIA_ENDPOINT or MEDIA_REGION is set and MEDIA_BUCKET is not; media would lie in DATA_DIR.",
            id="xueshi.E002",
        )


def _of_bucket() -> Iterator[CheckMessage]:
    if bool(settings.AWS_ACCESS_KEY_ID) != bool(settings.AWS_SECRET_ACCESS_KEY):
        yield Error("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must both be set, or neither.", id="xueshi.E003")
    if not settings.MEDIA_ENDPOINT and not settings.MEDIA_REGION:
        yield Error(
            "MEDIA_BUCKET is set; so must be MEDIA_REGION (at Amazon) or MEDIA_ENDPOINT (elsewhere).", id="xueshi.E004"
        )
    # Viewers are sent there by a page that came over TLS: their browsers would refuse.
    if settings.BASE_URL.startswith("https://") and settings.MEDIA_ENDPOINT.startswith("http://"):
        yield Error("MEDIA_ENDPOINT is not https; it must be, as BASE_URL is.", id="xueshi.E005")
