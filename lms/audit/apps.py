from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "lms.audit"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from lms.audit.actions import record_signal
        from media_pipeline.signals import acted

        acted.connect(record_signal, dispatch_uid="lms.audit")
