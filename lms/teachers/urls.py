"""Teachers: their forty hours of continuing education a year, and the roster of who may teach."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
