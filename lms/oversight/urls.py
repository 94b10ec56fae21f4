"""What others look at and check: reviews of content, dashboards, ledgers, documents and their verification."""

from django.urls import path

from lms.oversight.views import (
    course_reviews,
    dashboards,
    documents,
    ledgers,
    papers,
    publishing,
    reviews,
    verification,
)

urlpatterns = [
    path("my/documents/", documents.my_documents, name="my_documents"),
    path("my/documents/<uuid:enrollment>/<slug:kind>/issue/", documents.issue_mine, name="issue_my_document"),
    path("documents/<uuid:document>/", documents.document, name="document"),
    path("documents/<uuid:document>/document.pdf", papers.document_pdf, name="document_pdf"),
    path("documents/<uuid:document>/reissue/", documents.reissue, name="reissue_document"),
    path("manage/documents/", documents.documents, name="documents"),
    path("manage/classes/<uuid:training_class>/documents/", documents.class_documents, name="class_documents"),
    path("manage/classes/<uuid:training_class>/documents/issue/", documents.issue_class, name="issue_class_documents"),
    path("manage/ledgers/", ledgers.ledgers, name="ledgers"),
    path("manage/ledgers/training-ledger.xlsx", ledgers.ledger_file, name="ledger_file"),
    path("verify/", verification.verify, name="verify"),
    path("verify/<str:code>/", verification.verify_document, name="verify_document"),
    path("manage/", dashboards.workplace, name="workplace"),
    path("manage/institutions/<uuid:institution>/", dashboards.institution_dashboard, name="institution_dashboard"),
    path(
        "manage/institutions/<uuid:institution>/dashboard.xlsx",
        dashboards.institution_workbook,
        name="institution_workbook",
    ),
    path("manage/regions/<str:code>/", dashboards.region_dashboard, name="region_dashboard"),
    path("manage/regions/<str:code>/dashboard.xlsx", dashboards.region_workbook, name="region_workbook"),
    path("manage/classes/<uuid:training_class>/dashboard/", dashboards.class_dashboard, name="class_dashboard"),
    path("manage/classes/<uuid:training_class>/dashboard.xlsx", dashboards.class_workbook, name="class_workbook"),
    path("manage/reviews/", reviews.reviews, name="reviews"),
    path("manage/reviews/<int:review>/", reviews.review, name="review"),
    path("manage/reviews/<int:review>/decide/", reviews.decide_review, name="decide_review"),
    path("manage/reviews/<int:review>/comment/", reviews.comment_review, name="comment_review"),
    path("manage/reviews/<int:review>/video.m3u8", reviews.review_master, name="review_master"),
    path("manage/reviews/<int:review>/<int:height>.m3u8", reviews.review_playlist, name="review_playlist"),
    path("manage/reviews/<int:review>/keys/<int:ordinal>", reviews.review_key, name="review_key"),
    path("manage/reviews/courses/<uuid:submission>/", course_reviews.course_review, name="course_review"),
    path("manage/reviews/courses/<uuid:submission>/decide/", course_reviews.decide_course, name="decide_course"),
    path("manage/publishing/", publishing.submissions, name="submissions"),
    path("manage/publishing/pages/<int:page>/submit/", publishing.submit_page, name="submit_page"),
    path("manage/publishing/courses/<int:page>/submit/", publishing.submit_whole_course, name="submit_course"),
    path("manage/publishing/lessons/<uuid:lesson>/", publishing.lesson_file, name="lesson_file"),
    path("manage/publishing/lessons/<uuid:lesson>/compare/", publishing.compare_versions, name="compare_versions"),
    path("manage/publishing/lessons/<uuid:lesson>/withdraw/", publishing.withdraw_lesson, name="withdraw_lesson"),
    path("manage/publishing/courses/<int:page>/withdraw/", publishing.withdraw_whole_course, name="withdraw_course"),
    path("manage/publishing/courses/<int:page>/offers/", publishing.offers, name="offers"),
    path(
        "manage/publishing/courses/<int:page>/offers/<uuid:offer>/end/", publishing.end_course_offer, name="end_offer"
    ),
]
