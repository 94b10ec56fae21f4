"""Who may write: Wagtail's rights on pages, asked in one place. `by=None` is the system itself (demo, import)."""

from typing import Any

from wagtail.models import Page


class MayNotEdit(Exception):
    """This person has no right to do that to this page."""


def check_may_add(by: Any, parent: Page) -> None:
    if by is not None and not parent.permissions_for_user(by).can_add_subpage():
        raise MayNotEdit(f"add below {parent.pk}")


def check_may_publish(by: Any, page: Page | None) -> None:
    """A lesson whose page was deleted is left to superusers."""
    if by is None or (by.is_active and by.is_superuser):
        return
    if page is None or not page.permissions_for_user(by).can_publish():
        raise MayNotEdit(f"publish {page.pk if page else 'a lesson without a page'}")
