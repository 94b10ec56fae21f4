"""What the views of this app share: the class that a page is about, or that there is no such page."""

from datetime import UTC, datetime
from uuid import UUID

from django.http import Http404, HttpRequest

from lms.accounts.models import User
from lms.enrollments.models import TrainingClass
from lms.enrollments.queries import ClassNotFound
from lms.enrollments.queries.joining import own_class


def now() -> datetime:
    return datetime.now(UTC)


def viewer_of(request: HttpRequest) -> User:
    """The person behind a page that asks for a login."""
    assert isinstance(request.user, User)
    return request.user


def own_class_or_404(request: HttpRequest, uuid: UUID) -> TrainingClass:
    """For staff of the class's institution; an authority, another institution and nobody look alike."""
    try:
        return own_class(request.user, uuid)
    except ClassNotFound:
        raise Http404 from None
