"""Pages and deliveries of study."""

from django.urls import path

from lms.hours.views import appeals, attendance, checks, classes, delivery, pages

urlpatterns = [
    path("my/hours/", pages.my_hours, name="my_hours"),
    path("my/hours/refusals/<int:refusal>/appeal/", appeals.appeal_refusal, name="appeal_refusal"),
    path("my/hours/entries/<uuid:entry>/appeal/", appeals.appeal_entry, name="appeal_entry"),
    path("my/hours/appeals/<uuid:appeal>/", appeals.my_appeal, name="my_appeal"),
    path("my/hours/checks/", checks.my_checks, name="my_checks"),
    path("study/<uuid:lesson>/", pages.study, name="study"),
    path("study/<uuid:lesson>/playlist.m3u8", delivery.master, name="lesson_master"),
    path("study/<uuid:lesson>/<int:height>.m3u8", delivery.playlist, name="lesson_playlist"),
    path("study/<uuid:lesson>/keys/<int:window>", delivery.key, name="lesson_key"),
    path("manage/classes/", classes.classes, name="classes"),
    path("manage/classes/<uuid:training_class>/", classes.training_class, name="class"),
    path("manage/classes/", classes.classes, name="classes"),
    path("manage/classes/<uuid:training_class>/", classes.training_class, name="class"),
    path("manage/appeals/", appeals.appeals, name="appeals"),
    path("manage/appeals/<uuid:appeal>/", appeals.appeal, name="appeal"),
    path("manage/appeals/<uuid:appeal>/propose/", appeals.propose_correction, name="propose_correction"),
    path("manage/appeals/<uuid:appeal>/decide/", appeals.decide_appeal, name="decide_appeal"),
    path("manage/classes/<uuid:training_class>/attendance/", attendance.attendance, name="attendance"),
]
