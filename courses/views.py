"""The door of the content administration."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.cache import never_cache

from courses.queries import may_enter


@never_cache
def admin_login(request: HttpRequest) -> HttpResponse:
    """Strangers are sent to the one login page; who is logged in without access is told so, not sent in a circle."""
    wanted = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        wanted = reverse("wagtailadmin_home")
    if not request.user.is_authenticated:
        return redirect(f"{reverse('account_login')}?{urlencode({'next': wanted})}")
    if not may_enter(request.user):
        raise PermissionDenied
    return redirect(wanted)


def closed(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    raise Http404
