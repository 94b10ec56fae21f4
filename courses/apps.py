from django.apps import AppConfig


class CoursesConfig(AppConfig):
    name = "courses"
    verbose_name = "Courses"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from wagtail.signals import page_published

        from courses.actions.freezing import freeze_on_publication

        page_published.connect(freeze_on_publication, dispatch_uid="courses.freeze")
