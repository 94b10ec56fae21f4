"""Chinese first, and in the content administration everybody's own part only.

A page speaks Chinese until its reader switches, whatever language the browser was installed in. Programs are
different: the API and headless login answer in the language that their Accept-Language asks for.

Wagtail shows editors more than their own part: reports, choosers, its own API and bulk actions list drafts of others.
So who is no administrator finds there only the views that are named here, and in those only pages of their own.

While the database or Valkey is away nothing is decided and nothing shown: 503, and what to do. Whoever asked the gate
then is on record, when PostgreSQL still knows who it was.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.locale import LocaleMiddleware
from django.template import loader
from django.utils import translation
from redis.exceptions import RedisError

from courses.queries import may_enter, may_open_page
from lms.exams.actions import note_unavailable
from lms.hours.queries.handshakes import persons_of
from lms.patience import is_away

PROGRAMS = ("/api/", "/_allauth/")

log = logging.getLogger(__name__)


class ChineseFirst(LocaleMiddleware):
    """Django's own rule for readers who chose a language and for programs; Chinese for everybody else."""

    def process_request(self, request: HttpRequest) -> None:
        if settings.LANGUAGE_COOKIE_NAME in request.COOKIES or request.path.startswith(PROGRAMS):
            super().process_request(request)
            return
        translation.activate(settings.LANGUAGE_CODE)
        request.LANGUAGE_CODE = translation.get_language()


CONTENT_ADMIN = "admin/"

WALKS = frozenset({"wagtailadmin_explore", "wagtailadmin_explore_results"})
"""Views that walk through the tree: pages that lead to one's own are shown by name."""

ABOUT_PAGES = WALKS | {
    f"wagtailadmin_pages:{name}"
    for name in (
        *("add", "preview_on_add", "add_subpage", "edit", "preview_on_edit", "view_draft", "delete"),
        *("revisions_index", "revisions_view", "revisions_revert", "revisions_compare", "set_page_position"),
        *("history", "history_results", "workflow_history", "workflow_history_detail"),
        "confirm_workflow_cancellation",
    )
}
PAGE_ARGUMENTS = ("page_id", "parent_page_id", "page_to_move_id")

ABOUT_NO_PAGE = frozenset(
    {
        *("wagtailadmin_home", "wagtailadmin_explore_root", "wagtailadmin_logout", "wagtailadmin_sprite"),
        *("wagtailadmin_javascript_catalog", "wagtailadmin_dismissibles", "wagtailadmin_block_preview"),
        *("wagtailadmin_pages:search", "wagtailadmin_pages:search_results"),
        *("wagtailadmin_editing_sessions:ping", "wagtailadmin_editing_sessions:release"),
        *("wagtailimages:index", "wagtailimages:index_results", "wagtailimages:add", "wagtailimages:edit"),
        *("wagtailimages:delete", "wagtailimages:add_multiple", "wagtailimages:edit_multiple"),
        *("wagtailimages:delete_multiple", "wagtailimages:create_multiple_from_uploaded_image"),
        *("wagtailimages:delete_upload_multiple", "wagtailimages_chooser:choose", "wagtailimages_chooser:create"),
        *(
            "wagtailimages_chooser:choose_results",
            "wagtailimages_chooser:chosen",
            "wagtailimages_chooser:chosen_multiple",
        ),
        *("courses_admin_login", "content_login", "content_account"),
    }
)
"""Views that ask Wagtail's rights on pages or collections themselves, for every single thing that they show."""

OWN_NAMESPACES = frozenset({"videos", "video_chooser"})
"""Whole families of such views."""

PAGE_API = "wagtailadmin_api:pages:listing"
"""The menu's explorer asks here; without `for_explorer` it would list every draft of everybody."""


class OwnPartOnly:
    """404 for every view of the content administration, and every page in it, that is not this person's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        match = request.resolver_match
        if match is None or not match.route.startswith(CONTENT_ADMIN):
            return
        # Strangers get Wagtail's own answer, the way to the login page.
        if not may_enter(request.user) or request.user.is_superuser:
            return
        if not _is_own(request, match.view_name, args, kwargs):
            raise Http404


def _is_own(request: HttpRequest, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    if name in ABOUT_PAGES:
        pages = [int(kwargs[argument]) for argument in PAGE_ARGUMENTS if argument in kwargs] or [int(args[0])]
        return all(may_open_page(request.user, page, only_walks=name in WALKS) for page in pages)
    if name == PAGE_API:
        return "for_explorer" in request.GET
    return name in ABOUT_NO_PAGE or name.split(":")[0] in OWN_NAMESPACES


RETRY_AFTER_S = 15
VALKEY = "valkey"

GATE = frozenset(
    {
        "sitting",
        "wait_for_a_seat",
        "leave_waiting",
        "cancel_registration",
        "change_registration",
        "door",
        "export_exam_candidates",
        "api-v1:sitting_eligibility",
        "api-v1:create_registration",
        "api-v1:delete_registration",
        "api-v1:change",
        "api-v1:create_place",
        "api-v1:delete_place",
    }
)
"""Routes on which the gate decides, or is told that a seat or a place is given up: that it could not be asked leaves an
audit row. A program's token is nobody's login: the exchange is not among them."""


class NotRightNow:
    """A part of the system is away, or too slow for what was asked: 503 instead of a fault of ours.

    Logins are read through Valkey: without it nobody is known, so nobody is let in anywhere.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, RedisError) and not is_away(exception):
            return None
        log.error("a part of the system is away", exc_info=exception)
        if isinstance(exception, RedisError):
            _put_on_record(request)
        # Rendered without the request: its login could not be read either.
        answer = HttpResponse(loader.render_to_string("503.html"), status=503)
        answer.headers["Retry-After"] = str(RETRY_AFTER_S)
        return answer


def _put_on_record(request: HttpRequest) -> None:
    """Who asked the gate while Valkey was away. Sessions lie in PostgreSQL as well: there they are read, and nobody is
    let in by it. Nobody known, or the database away too: the log has the line already.
    """
    match = request.resolver_match
    if match is None or match.view_name not in GATE:
        return
    key = request.headers.get("X-Session-Token") or request.COOKIES.get(settings.SESSION_COOKIE_NAME) or ""
    try:
        for person in persons_of([key]).values():
            note_unavailable(by=person, at=datetime.now(UTC), away=VALKEY, route=match.view_name)
    except Exception:
        log.exception("who asked the gate could not be put on record")
