"""Wagtail's users app with its user pages closed: people's data are written by actions, never in an admin."""

from wagtail.users.apps import WagtailUsersAppConfig


class UsersWithoutPeople(WagtailUsersAppConfig):
    user_viewset = "lms.accounts.wagtail_viewsets.NoPeopleViewSet"
    group_viewset = "lms.accounts.wagtail_viewsets.NoGroupsViewSet"
