"""Pages of the gate: learners', exam offices' and the authority's, and the door."""

from django.urls import path

from lms.exams.views import certificates, requirements, seats, sittings, tickets
from lms.exams.views.office import consoles, desks, doors, examiners, lists, plans

urlpatterns = [
    path("exams/", sittings.sittings, name="sittings"),
    path("exams/<uuid:sitting>/", sittings.sitting, name="sitting"),
    path("exams/<uuid:sitting>/waiting", seats.wait, name="wait_for_a_seat"),
    path("exams/waiting/<uuid:place>/leave", seats.leave, name="leave_waiting"),
    path("exams/registrations/<uuid:registration>/cancel", seats.cancel, name="cancel_registration"),
    path("exams/registrations/<uuid:registration>/change", seats.change, name="change_registration"),
    path("exams/registrations/<uuid:registration>/ticket.pdf", tickets.ticket, name="ticket"),
    path("exams/office/", desks.exam_office, name="exam_office"),
    path("exams/office/sites/", desks.exam_sites, name="exam_sites"),
    path("exams/office/sites/<uuid:site>/", desks.exam_site, name="exam_site"),
    path("exams/office/plans/new/", plans.draft_exam_plan, name="draft_exam_plan"),
    path("exams/plans/", plans.exam_plans, name="exam_plans"),
    path("exams/plans/<uuid:plan>/", plans.exam_plan, name="exam_plan"),
    path("exams/plans/<uuid:plan>/sittings/new/", plans.new_sitting, name="new_exam_sitting"),
    path("exams/plans/<uuid:plan>/propose/", plans.propose_exam_plan, name="propose_exam_plan"),
    path("exams/plans/<uuid:plan>/decide/", plans.decide_exam_plan, name="decide_exam_plan"),
    path("exams/plans/<uuid:plan>/publish/", plans.publish_exam_plan, name="publish_exam_plan"),
    path("exams/office/sittings/<uuid:sitting>/", consoles.exam_console, name="exam_console"),
    path("exams/office/sittings/<uuid:sitting>/remove/", plans.remove_exam_sitting, name="remove_exam_sitting"),
    path("exams/office/sittings/<uuid:sitting>/capacity/", consoles.exam_capacity, name="exam_capacity"),
    path("exams/office/sittings/<uuid:sitting>/cancel/", consoles.cancel_exam_sitting, name="cancel_exam_sitting"),
    path("exams/office/sittings/<uuid:sitting>/officers/", consoles.assign_exam_officer, name="assign_exam_officer"),
    path("exams/office/sittings/<uuid:sitting>/list/", lists.export_exam_candidates, name="export_exam_candidates"),
    path("exams/office/officers/<uuid:officer>/relieve/", consoles.relieve_exam_officer, name="relieve_exam_officer"),
    path("exams/door/", doors.door_desk, name="door_desk"),
    path("exams/door/<uuid:registration>/", doors.door, name="door"),
    path("requirements/", requirements.requirements, name="requirements"),
    path("manage/requirements/new/", requirements.enact, name="enact_requirements"),
    path("manage/examiners/", examiners.examiners, name="examiners"),
    path("manage/certificates/", certificates.find, name="find_certificates"),
    path("manage/certificates/<uuid:learner>/", certificates.certificates, name="held_certificates"),
]
