from django.apps import AppConfig


class EnrollmentsConfig(AppConfig):
    name = "lms.enrollments"
    default_auto_field = "django.db.models.BigAutoField"
