"""All addresses, in the order in which they must be asked: closed doors before the admins, Wagtail's pages last."""

from django.contrib import admin
from django.urls import include, path
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls

from lms.wiring import views

urlpatterns = [
    path("", views.home, name="home"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("lms.accounts.urls")),
    path("", include("courses.urls")),
    path("", include("lms.exchange.urls")),
    path("", include("lms.exams.urls")),
    path("", include("lms.teachers.urls")),
    path("", include("lms.oversight.urls")),
    path("", include("lms.hours.urls")),
    path("", include("lms.enrollments.urls")),
    path("", include("media_pipeline.urls")),
    path("api/v1/", include("lms.api.urls")),
    path("admin/", include(wagtailadmin_urls)),
    path("django-admin/", admin.site.urls),
    path("learn/", include(wagtail_urls)),
]
