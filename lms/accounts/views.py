"""The person's own page, and the refusal behind every page where people would edit themselves past the actions."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from lms.accounts.models import User
from lms.accounts.queries import profile_of


@require_safe
@login_required
def me(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    return render(request, "accounts/me.html", {"profile": profile_of(request.user)})


def closed(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied
