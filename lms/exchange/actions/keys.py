"""Changing the key that signs. The keys themselves are files (lms.signing); the log tells when and by whom."""

from datetime import datetime

from django.db import transaction

from lms import signing
from lms.accounts.actions import require_administrator
from lms.accounts.queries import Viewer
from lms.audit.actions import Thing, record


def rotate_key(*, by: Viewer | None, at: datetime, has_leaked: bool = False) -> signing.Key:
    """Make a new key; it signs after signing.LEAD, and the former one is published until what it signed has expired.

    With `has_leaked` it signs at once and nothing that an older one signed is believed any more.
    """
    require_administrator(by)
    with transaction.atomic():
        key = signing.rotate(at, has_leaked=has_leaked)
        detail = {"signs_from": key.signs_from.isoformat(), "older_leaked": has_leaked}
        record(verb="signing_key.rotated", subject=Thing("signing.key", key.kid), by=by, at=at, detail=detail)
    return key
