"""This app, and Wagtail's users app with its pages about people closed (wagtail_hooks.py)."""

from django.apps import AppConfig
from wagtail.users.apps import WagtailUsersAppConfig


class AccountsConfig(AppConfig):
    name = "lms.accounts"
    default_auto_field = "django.db.models.BigAutoField"
    # Of the two here, the one that "lms.accounts" in INSTALLED_APPS means.
    default = True

    def ready(self) -> None:
        from allauth.account.signals import password_changed, password_reset, password_set

        from lms.accounts.adapter import log_password

        for signal in (password_changed, password_set, password_reset):
            signal.connect(log_password, dispatch_uid="lms.accounts.log_password")


class UsersWithoutPeople(WagtailUsersAppConfig):
    """People's data are written by actions, never in an admin."""

    user_viewset = "lms.accounts.wagtail_hooks.NoPeopleViewSet"
    group_viewset = "lms.accounts.wagtail_hooks.NoGroupsViewSet"
