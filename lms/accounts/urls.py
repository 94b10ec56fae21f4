"""Everything about coming in and oneself. Include at the root, BEFORE the two admins: it closes pages of theirs.

Closed are the second doors (logins without rate limits) and the pages where allauth or Wagtail would write contacts
and names without an action. `set_language` is Django's.
"""

from django.urls import include, path
from django.views.generic import RedirectView

from lms.accounts import views

_login = RedirectView.as_view(pattern_name="account_login", query_string=True)

urlpatterns = [
    path("me/", views.me, name="me"),
    path("admin/login/", _login, name="content_login"),
    path("django-admin/login/", _login),
    path("admin/account/", RedirectView.as_view(pattern_name="me"), name="content_account"),
    path("accounts/email/", views.closed),
    path("accounts/password/set/", views.closed),
    path("_allauth/app/v1/account/email", views.closed),
    path("_allauth/app/v1/account/phone", views.closed),
    path("_allauth/browser/v1/account/email", views.closed),
    path("_allauth/browser/v1/account/phone", views.closed),
    path("accounts/", include("allauth.account.urls")),
    path("_allauth/", include("allauth.headless.urls")),
]
