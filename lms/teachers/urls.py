"""Teachers: their forty hours of continuing education a year, and the roster of who may teach."""

from django.urls import path

from lms.teachers.views import evidence

urlpatterns = [
    path("claims/evidence/<uuid:evidence>/", evidence.claim_evidence, name="claim_evidence"),
]
