"""The committee in the content administration: no way around it, and what it said where authors will see it."""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.menu import MenuItem
from wagtail.admin.widgets.button import Button
from wagtail.models import Page

from courses.models import LessonPage
from lms.accounts.models import Role
from lms.accounts.queries import has_role
from lms.institutions.models import ReviewState
from lms.institutions.queries import review_history


@hooks.register("before_create_page")
def save_a_new_page_as_draft(request: HttpRequest, parent_page: Page, page_class: type[Page]) -> None:
    _save_as_draft(request)


@hooks.register("before_edit_page", order=-1)
def save_a_page_as_draft(request: HttpRequest, page: Page) -> None:
    _save_as_draft(request)


@hooks.register("before_publish_page")
def nobody_publishes_directly(request: HttpRequest, page: Page) -> HttpResponse:
    """The second layer: whatever gets here has found a way around the first."""
    raise PermissionDenied("pages go live through the review committee")


@hooks.register("construct_page_action_menu")
def no_publish_button(items: list[Any], request: HttpRequest, context: dict[str, Any]) -> None:
    items[:] = [item for item in items if item.name != "action-publish"]


def _save_as_draft(request: HttpRequest) -> None:
    """Publishing by a button becomes saving a draft, for administrators too: nothing that was written is lost."""
    if "action-publish" in request.POST:
        posted = request.POST.copy()
        del posted["action-publish"]
        request.POST = posted  # type: ignore[assignment]
        messages.error(request, _("Nothing goes live without the review committee. Submit the draft for review."))


@hooks.register("before_bulk_action")
def no_bulk_publishing(request: HttpRequest, action_type: str, objects: list[Any], action: Any) -> HttpResponse | None:
    if action_type != "publish":
        return None
    messages.error(request, _("Nothing goes live without the review committee. Submit the draft for review."))
    return redirect("wagtailadmin_home")


@hooks.register("before_edit_page")
def tell_what_the_committee_said(request: HttpRequest, page: Page) -> None:
    """The state of the last submission, above the form of its page."""
    if request.method != "GET":
        return
    last = review_history(page).last()
    if last is None:
        return
    more = [messages.button(reverse("review", args=[last.pk]), _("Open the review"))]
    if last.status == ReviewState.STATUS_IN_PROGRESS:
        messages.warning(request, _("Under review: nobody can change it until the committee has decided."), more)
    elif last.status == ReviewState.STATUS_REJECTED:
        said = {"reason": last.comment}
        messages.error(request, _("Returned by the review committee: %(reason)s") % said, more)
    elif last.status == ReviewState.STATUS_APPROVED and not page.has_unpublished_changes:
        messages.success(request, _("Approved by the review committee; this is what is live."), more)


@hooks.register("register_page_header_buttons")
def versions_button(page: Any, user: Any, view_name: str, next_url: str | None = None) -> Iterator[Button]:
    specific = page.specific
    if isinstance(specific, LessonPage):
        url = reverse("lesson_file", args=[specific.lesson.uuid])
        yield Button(_("Module, versions, withdrawal"), url, icon_name="history", priority=13)


class _RoleMenuItem(MenuItem):
    def __init__(self, *args: Any, role: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.role = role

    def is_shown(self, request: HttpRequest) -> bool:
        return has_role(request.user, self.role)


@hooks.register("register_admin_menu_item")
def submissions_item() -> MenuItem:
    url, name = reverse("submissions"), "submissions"
    return _RoleMenuItem(_("Submissions and reviews"), url, name, icon_name="tick", order=240, role=Role.INSTITUTION)


@hooks.register("register_admin_menu_item")
def reviews_item() -> MenuItem:
    return _RoleMenuItem(_("To review"), reverse("reviews"), "reviews", icon_name="tick", order=241, role=Role.REVIEWER)


# After Wagtail has put its own in.
@hooks.register("construct_main_menu", order=1000)
def no_reports_for_staff(request: HttpRequest, items: list[Any]) -> None:
    """Reports list what is others'; the addresses are closed as well (lms.wiring.middleware)."""
    if not request.user.is_superuser:
        items[:] = [item for item in items if item.name not in {"reports", "settings"}]
