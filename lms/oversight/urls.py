"""What others look at and check: dashboards, ledgers, documents and their verification."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
