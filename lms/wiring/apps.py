from django.apps import AppConfig


class WiringConfig(AppConfig):
    name = "lms.wiring"
    default_auto_field = "django.db.models.BigAutoField"
