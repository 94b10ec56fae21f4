from django.apps import AppConfig


class HoursConfig(AppConfig):
    name = "lms.hours"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from courses.signals import study_asked
        from lms.hours.receivers import may_study

        study_asked.connect(may_study, dispatch_uid="lms.hours.may_study")
