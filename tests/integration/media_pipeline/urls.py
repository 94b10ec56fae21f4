"""Addresses for the tests of this app alone."""

from django.urls import include, path
from wagtail.admin import urls as wagtailadmin_urls

urlpatterns = [path("admin/", include(wagtailadmin_urls)), path("", include("media_pipeline.urls"))]
