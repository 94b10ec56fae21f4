"""Pages of the gate."""

from django.urls import path

from lms.exams.views import seats, sittings, tickets

urlpatterns = [
    path("exams/", sittings.sittings, name="sittings"),
    path("exams/<uuid:sitting>/", sittings.sitting, name="sitting"),
    path("exams/<uuid:sitting>/waiting", seats.wait, name="wait_for_a_seat"),
    path("exams/waiting/<uuid:place>/leave", seats.leave, name="leave_waiting"),
    path("exams/registrations/<uuid:registration>/cancel", seats.cancel, name="cancel_registration"),
    path("exams/registrations/<uuid:registration>/change", seats.change, name="change_registration"),
    path("exams/registrations/<uuid:registration>/ticket.pdf", tickets.ticket, name="ticket"),
]
