"""Pages of syllabi."""

from django.urls import path

from lms.enrollments.views import syllabi

urlpatterns = [
    path("syllabi/", syllabi.syllabi, name="syllabi"),
    path("syllabi/<slug:code>/", syllabi.syllabus, name="syllabus"),
    path("syllabi/<slug:code>/<int:number>/", syllabi.syllabus, name="syllabus_version"),
    path("manage/syllabi/new/", syllabi.new_syllabus, name="new_syllabus"),
    path("manage/syllabi/<slug:code>/new/", syllabi.new_version, name="new_syllabus_version"),
]
