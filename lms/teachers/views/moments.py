"""What pages of teachers need at every turn: the moment, the installation's day, whose page it is."""

from datetime import UTC, date, datetime

from django.http import HttpRequest

from lms.accounts.models import User
from lms.hours.queries import clocks


def now() -> datetime:
    """The moment of a request; tests put another in its place."""
    return datetime.now(UTC)


def day_of(at: datetime) -> date:
    """The day of a moment in the installation's zone."""
    return clocks.today(at).date


def today() -> date:
    """The installation's day."""
    return day_of(now())


def viewer_of(request: HttpRequest) -> User:
    """Whose request it is; the view asks for a login."""
    assert isinstance(request.user, User)
    return request.user
