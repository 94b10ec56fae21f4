from django.apps import AppConfig


class TeachersConfig(AppConfig):
    name = "lms.teachers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from lms.letters.signals import waiting_asked
        from lms.teachers import receivers

        waiting_asked.connect(receivers.files_waiting, dispatch_uid="lms.teachers.files_waiting")
