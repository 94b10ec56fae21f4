"""Pages and deliveries of study."""

from django.urls import path

from lms.hours.views import appeals, attendance, checks, classes, delivery, lesson_questions, pages

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
    path("manage/appeals/", appeals.appeals, name="appeals"),
    path("manage/appeals/<uuid:appeal>/", appeals.appeal, name="appeal"),
    path("manage/appeals/<uuid:appeal>/propose/", appeals.propose_correction, name="propose_correction"),
    path("manage/appeals/<uuid:appeal>/decide/", appeals.decide_appeal, name="decide_appeal"),
    path("manage/classes/<uuid:training_class>/attendance/", attendance.attendance, name="attendance"),
    path("manage/questions/", lesson_questions.questioned_lessons, name="questioned_lessons"),
    path("manage/questions/<uuid:question>/", lesson_questions.question, name="question"),
    path("manage/questions/<uuid:question>/retire/", lesson_questions.retire, name="retire_question"),
    path("manage/lessons/<uuid:lesson>/questions/", lesson_questions.lesson_questions, name="lesson_questions"),
    path("manage/lessons/<uuid:lesson>/questions/new/", lesson_questions.new_question, name="new_question"),
    path("manage/lessons/<uuid:lesson>/questions/carry/", lesson_questions.carry, name="carry_questions"),
]
