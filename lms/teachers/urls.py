"""Teachers: their forty hours of continuing education a year, and the roster of who may teach."""

from django.urls import path

from lms.teachers.views import evidence, own_claims, statements
from lms.teachers.views import year as own_year
from lms.teachers.views.desk import claims, year, years
from lms.teachers.views.roster import applying, deciding, lists, people, photos, search

urlpatterns = [
    path("claims/evidence/<uuid:evidence>/", evidence.claim_evidence, name="claim_evidence"),
    path("my/teaching/", applying.my_teaching, name="my_teaching"),
    path("my/teaching/file/", applying.apply_for_my_file, name="apply_for_my_file"),
    path("teachers/", search.find_teacher, name="find_teacher"),
    path("teachers/<uuid:person>/photo.jpg", photos.teacher_photo, name="teacher_photo"),
    path("teachers/applications/<uuid:application>/photo.jpg", photos.application_photo, name="application_photo"),
    path("teachers/applications/<uuid:application>/take-back/", applying.take_back, name="take_back_file_application"),
    path("manage/own-teachers/", applying.institution_teachers, name="institution_teachers"),
    path("manage/own-teachers/<uuid:person>/", applying.institution_teacher, name="institution_teacher"),
    path("manage/own-teachers/<uuid:person>/file/", applying.apply_for_teachers_file, name="apply_for_file"),
    path("manage/teachers/", lists.teachers, name="teachers"),
    path("manage/teachers/teachers.xlsx", lists.teachers_workbook, name="teachers_workbook"),
    path("manage/teachers/applications/", deciding.applications, name="file_applications"),
    path("manage/teachers/applications/<uuid:application>/", deciding.application, name="file_application"),
    path("manage/teachers/applications/<uuid:application>/decide/", deciding.decide, name="decide_file_application"),
    path("manage/teachers/<uuid:person>/", people.teacher, name="teacher"),
    path(
        "manage/teachers/<uuid:person>/certificates/<uuid:certificate>/revoke/",
        people.revoke,
        name="revoke_teacher_certificate",
    ),
    path("manage/teaching/", years.teaching_years, name="teaching_years"),
    path("manage/teaching/new/", years.open_teaching_year, name="open_teaching_year"),
    path("manage/teaching/<uuid:education_year>/", year.teaching_year_desk, name="teaching_year_desk"),
    path(
        "manage/teaching/<uuid:education_year>/teachers.xlsx",
        year.teaching_year_workbook,
        name="teaching_year_workbook",
    ),
    path("manage/claims/", claims.claims_desk, name="claims_desk"),
    path("manage/claims/<uuid:claim>/", claims.claim_desk, name="claim_desk"),
    path("manage/claims/<uuid:claim>/decide/", claims.decide, name="decide_claim"),
    path("my/teaching/year/", own_year.teaching_year, name="teaching_year"),
    path("my/teaching/year/<int:year>/", own_year.teaching_year_of, name="teaching_year_of"),
    path("my/teaching/year/<uuid:education_year>/take-part/", own_year.take_part, name="take_part_in_year"),
    path("my/teaching/year/<uuid:education_year>/statement/", statements.issue, name="issue_statement"),
    path("my/teaching/claims/new/", own_claims.new_claim, name="new_claim"),
    path("my/teaching/claims/<uuid:claim>/", own_claims.teaching_claim, name="teaching_claim"),
    path("my/teaching/claims/<uuid:claim>/take-back/", own_claims.take_back, name="take_claim_back"),
    path("my/teaching/statements/<uuid:statement>/statement.pdf", statements.statement_pdf, name="statement_pdf"),
    path("teachers/statements/<str:code>/", statements.verify_statement, name="verify_statement"),
]
