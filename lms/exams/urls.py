"""Pages of the gate."""

from django.urls import path

from lms.exams.views import certificates, gate, requirements

urlpatterns = [
    path("exams/", gate.sittings, name="sittings"),
    path("exams/<uuid:sitting>/", gate.sitting, name="sitting"),
    path("exams/registrations/<uuid:registration>/cancel", gate.cancel, name="cancel_registration"),
    path("requirements/", requirements.requirements, name="requirements"),
    path("manage/requirements/new/", requirements.enact, name="enact_requirements"),
    path("manage/certificates/", certificates.find, name="find_certificates"),
    path("manage/certificates/<uuid:learner>/", certificates.certificates, name="held_certificates"),
]
