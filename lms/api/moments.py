"""The one place where the API looks at the clock: every endpoint asks once and passes the moment on."""

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)
