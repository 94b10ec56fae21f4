"""Photos of teachers, from private storage, to whoever may read the file or the application; to nobody else."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from lms.teachers.queries.applications import ApplicationNotFound, photo_applied_with
from lms.teachers.queries.roster import TeacherNotFound, photo_of
from lms.teachers.views.moments import today
from media_pipeline.storage import private_storage


@login_required
@never_cache
@require_GET
def teacher_photo(request: HttpRequest, person: UUID) -> HttpResponse:
    """The photo of a teacher's file."""
    try:
        return _jpeg(photo_of(request.user, person, today()))
    except TeacherNotFound:
        raise Http404 from None


@login_required
@never_cache
@require_GET
def application_photo(request: HttpRequest, application: UUID) -> HttpResponse:
    """The photo that an application came with."""
    try:
        return _jpeg(photo_applied_with(request.user, application))
    except ApplicationNotFound:
        raise Http404 from None


def _jpeg(name: str) -> HttpResponse:
    """Some 100 kB that we wrote ourselves: read whole."""
    try:
        with private_storage().open(name) as file:
            content = file.read()
    except FileNotFoundError:
        raise Http404 from None
    headers = {
        "Content-Disposition": "inline",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return HttpResponse(content, content_type="image/jpeg", headers=headers)
