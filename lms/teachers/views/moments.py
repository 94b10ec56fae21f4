"""What pages of teachers need at every turn: the moment, the installation's day, whose page it is."""

from datetime import UTC, date, datetime

from django.http import HttpRequest

from lms.accounts.models import User
from lms.hours.queries.clocks import today


def now() -> datetime:
    return datetime.now(UTC)


def day_of(at: datetime) -> date:
    return today(at).date


def viewer_of(request: HttpRequest) -> User:
    """Whose request it is; the view asks for a login."""
    assert isinstance(request.user, User)
    return request.user
