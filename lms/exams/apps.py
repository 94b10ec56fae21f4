from django.apps import AppConfig


class ExamsConfig(AppConfig):
    name = "lms.exams"
    default_auto_field = "django.db.models.BigAutoField"
