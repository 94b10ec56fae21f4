"""Sockets by address."""

from django.urls import path

from lms.hours.consumers import StudyConsumer

websocket_urlpatterns = [path("ws/study/", StudyConsumer.as_asgi())]
