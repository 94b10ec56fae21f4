from django.apps import AppConfig


class TeachersConfig(AppConfig):
    name = "lms.teachers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from lms.enrollments.signals import teachers_asked
        from lms.hours.signals import differences_asked
        from lms.letters.signals import waiting_asked
        from lms.teachers import receivers

        teachers_asked.connect(receivers.teachers_asked, dispatch_uid="lms.teachers.teachers_asked")
        differences_asked.connect(receivers.differences_asked, dispatch_uid="lms.teachers.differences_asked")
        waiting_asked.connect(receivers.decisions_waiting, dispatch_uid="lms.teachers.decisions_waiting")
