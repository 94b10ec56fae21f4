"""Clients and tokens are written by actions, never in an admin: allauth's pages about them are taken out."""

# Imported first, whatever the order of the apps: what is registered only later would stay.
import allauth.idp.oidc.admin  # noqa: F401
from allauth.idp.oidc.models import Client, Token
from django.contrib import admin

admin.site.unregister((Client, Token))
