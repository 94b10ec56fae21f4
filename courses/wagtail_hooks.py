"""The content administration as editors of courses need it: colours, fewer menus."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from wagtail import hooks

# Chapters hold their own pictures and tables; files for download would be content that no version freezes.
HIDDEN_FROM_MAIN_MENU = {"documents", "help"}
HIDDEN_FROM_SETTINGS_MENU = {"users", "groups"}
HIDDEN_FROM_REPORTS_MENU = {"aging-pages", "page-types-usage"}


@hooks.register("insert_global_admin_css")
def admin_colours() -> SafeString:
    return format_html('<link rel="stylesheet" href="{}">', static("courses/admin.css"))


@hooks.register("construct_main_menu")
def shorten_main_menu(request: HttpRequest, items: list[Any]) -> None:
    items[:] = [item for item in items if item.name not in HIDDEN_FROM_MAIN_MENU]


@hooks.register("construct_settings_menu")
def shorten_settings_menu(request: HttpRequest, items: list[Any]) -> None:
    items[:] = [item for item in items if item.name not in HIDDEN_FROM_SETTINGS_MENU]


@hooks.register("construct_reports_menu")
def shorten_reports_menu(request: HttpRequest, items: list[Any]) -> None:
    items[:] = [item for item in items if item.name not in HIDDEN_FROM_REPORTS_MENU]


# After the app of documents has put its own in.
@hooks.register("construct_homepage_summary_items", order=1000)
def shorten_summary(request: HttpRequest, items: list[Any]) -> None:
    items[:] = [item for item in items if type(item).__name__ != "DocumentsSummaryItem"]
