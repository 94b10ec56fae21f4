"""Syllabi, and planning, reporting and filling classes; what shows hours of a class stands in lms.hours."""

from django.urls import path

from lms.enrollments.views import imports, invitations, joining, people, planning, reports, syllabi

OWN = "manage/classes/<uuid:training_class>/"

urlpatterns = [
    path("manage/classes/new/", planning.plan_class, name="plan_class"),
    path(f"{OWN}plan/", planning.edit_class, name="edit_class"),
    path(f"{OWN}plan/<uuid:module>/", planning.class_lessons, name="class_lessons"),
    path(f"{OWN}report/", planning.report_class, name="report_class"),
    path(f"{OWN}end/", planning.end_class, name="end_class"),
    path(f"{OWN}open/", planning.open_class, name="open_class"),
    path(f"{OWN}people/new/", people.add_participant, name="add_participant"),
    path(f"{OWN}people/<uuid:enrollment>/withdraw/", people.withdraw_participant, name="withdraw_participant"),
    path(f"{OWN}people/<uuid:enrollment>/identity/", people.verify_participant, name="verify_participant"),
    path(f"{OWN}roster.xlsx", imports.roster_template, name="roster_template"),
    path(f"{OWN}imports/", imports.upload_roster, name="upload_roster"),
    path(f"{OWN}imports/<uuid:roster>/", imports.roster_import, name="roster_import"),
    path(f"{OWN}imports/<uuid:roster>/progress/", imports.import_progress, name="import_progress"),
    path(f"{OWN}imports/<uuid:roster>/confirm/", imports.confirm_import, name="confirm_import"),
    path(f"{OWN}imports/<uuid:roster>/discard/", imports.discard_import, name="discard_import"),
    path(f"{OWN}invitations/", invitations.invitations, name="invitations"),
    path(f"{OWN}invitations/<uuid:invitation>/revoke/", invitations.revoke_invitation, name="revoke_invitation"),
    path(f"{OWN}requests/", invitations.join_requests, name="join_requests"),
    path(f"{OWN}requests/<uuid:join_request>/", invitations.decide_join, name="decide_join"),
    path("manage/reports/", reports.class_reports, name="class_reports"),
    path("manage/reports/<uuid:training_class>/", reports.class_report, name="class_report"),
    path("manage/reports/<uuid:training_class>/accept/", reports.accept_class, name="accept_class"),
    path("manage/reports/<uuid:training_class>/return/", reports.return_class, name="return_class"),
    path("join/class/<uuid:training_class>/", joining.join_class, name="join_class"),
    path("join/requests/<uuid:join_request>/", joining.my_join_request, name="my_join_request"),
    path("join/<str:code>/", joining.join, name="join"),
    path("join/<str:code>/new/", joining.join_sign_up, name="join_sign_up"),
    path("syllabi/", syllabi.syllabi, name="syllabi"),
    path("syllabi/<slug:code>/", syllabi.syllabus, name="syllabus"),
    path("syllabi/<slug:code>/<int:number>/", syllabi.syllabus, name="syllabus_version"),
    path("manage/syllabi/new/", syllabi.new_syllabus, name="new_syllabus"),
    path("manage/syllabi/<slug:code>/new/", syllabi.new_version, name="new_syllabus_version"),
]
