from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "lms.api"
    default_auto_field = "django.db.models.BigAutoField"
