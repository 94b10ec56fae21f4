"""What programs of others need outside of /api/. The token's address is the one that allauth gives it."""

from django.urls import path

from lms.exchange import views

urlpatterns = [
    path("identity/o/api/token", views.token, name="exchange_token"),
    path(".well-known/jwks.json", views.jwks, name="jwks"),
    path(".well-known/oauth-authorization-server", views.metadata, name="oauth_metadata"),
]
