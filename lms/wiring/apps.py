from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class WiringConfig(AppConfig):
    name = "lms.wiring"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from celery.signals import beat_init, worker_init

        from lms.wiring import checks
        from lms.wiring.actions.rights import after_migrate
        from lms.wiring.safety import refuse_unsafe_settings

        assert checks.database_is_the_judge
        # Sent for each app with models, when all tables of all apps are there: one app's signal is enough.
        post_migrate.connect(after_migrate, sender=apps.get_app_config("audit"), dispatch_uid="lms.wiring.rights")
        for starting in (worker_init, beat_init):
            starting.connect(refuse_unsafe_settings, dispatch_uid="lms.wiring.safety")
