"""Include at the root, BEFORE Wagtail's admin: it answers for people who may not enter, and closes the bulk actions
on people that Wagtail registers by itself."""

from django.urls import path, re_path

from courses import views

urlpatterns = [
    path("admin/enter/", views.admin_login, name="courses_admin_login"),
    re_path(r"^admin/bulk/(?!(wagtailcore|wagtailimages|wagtaildocs|media_pipeline)/)", views.closed),
]
