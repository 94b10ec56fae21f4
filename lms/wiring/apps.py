from django.apps import AppConfig


class WiringConfig(AppConfig):
    name = "lms.wiring"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from celery.signals import beat_init, worker_init

        from lms.wiring.safety import refuse_unsafe_settings

        for starting in (worker_init, beat_init):
            starting.connect(refuse_unsafe_settings, dispatch_uid="lms.wiring.safety")
