"""The moment at which everything happens, and the password of everybody."""

from datetime import UTC, datetime

AT = datetime(2026, 5, 1, 2, 0, tzinfo=UTC)
PASSWORD = "a long made-up password"
