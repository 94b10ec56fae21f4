"""What others look at and check: dashboards, ledgers, documents and their verification."""

from django.urls import path

from lms.oversight.views import dashboards

urlpatterns = [
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
