"""The user and group pages of the content administration, open to nobody, superusers included.

Groups too: who is in one follows from the roles (`lms.accounts.actions.grant_role`), and would come back.
"""

from typing import Any

from django.db.models import QuerySet
from wagtail.permission_policies.base import BasePermissionPolicy
from wagtail.users.views.groups import GroupViewSet
from wagtail.users.views.users import UserViewSet

from lms.accounts.models import User


class NobodyPolicy(BasePermissionPolicy):
    def user_has_permission(self, user: Any, action: str) -> bool:
        return False

    def users_with_any_permission(self, actions: Any) -> QuerySet[User]:
        return User.objects.none()


class NoPeopleViewSet(UserViewSet):
    permission_policy = NobodyPolicy(User)


class NoGroupsViewSet(GroupViewSet):
    permission_policy = NobodyPolicy("auth.Group")
