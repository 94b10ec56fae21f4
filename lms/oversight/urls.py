"""What others look at and check: dashboards, ledgers, documents and their verification."""

from django.urls import path

from lms.oversight.views import dashboards, documents, ledgers, papers, verification

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
]
