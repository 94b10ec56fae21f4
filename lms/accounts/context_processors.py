"""`viewer_roles` for every template: which links the frame shows. Asked of the database only when a template asks."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from lms.accounts.queries import roles_of


def viewer_roles(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    return {"viewer_roles": SimpleLazyObject(lambda: roles_of(user) if user is not None else frozenset())}
