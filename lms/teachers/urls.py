"""Teachers: their forty hours of continuing education a year, and the roster of who may teach."""

from django.urls import path

from lms.teachers.views import evidence, own_claims, statements, year

urlpatterns = [
    path("claims/evidence/<uuid:evidence>/", evidence.claim_evidence, name="claim_evidence"),
    path("my/teaching/year/", year.teaching_year, name="teaching_year"),
    path("my/teaching/year/<int:year>/", year.teaching_year_of, name="teaching_year_of"),
    path("my/teaching/year/<uuid:education_year>/take-part/", year.take_part, name="take_part_in_year"),
    path("my/teaching/year/<uuid:education_year>/statement/", statements.issue, name="issue_statement"),
    path("my/teaching/claims/new/", own_claims.new_claim, name="new_claim"),
    path("my/teaching/claims/<uuid:claim>/", own_claims.teaching_claim, name="teaching_claim"),
    path("my/teaching/claims/<uuid:claim>/take-back/", own_claims.take_back, name="take_claim_back"),
    path("my/teaching/statements/<uuid:statement>/statement.pdf", statements.statement_pdf, name="statement_pdf"),
    path("teachers/statements/<str:code>/", statements.verify_statement, name="verify_statement"),
]
