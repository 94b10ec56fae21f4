"""Pages of the gate."""

from django.urls import path

from lms.exams import views

urlpatterns = [
    path("exams/", views.sittings, name="sittings"),
    path("exams/<uuid:sitting>/", views.sitting, name="sitting"),
    path("exams/registrations/<uuid:registration>/cancel", views.cancel, name="cancel_registration"),
]
