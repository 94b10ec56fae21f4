from django.apps import AppConfig


class InstitutionsConfig(AppConfig):
    name = "lms.institutions"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from wagtail.signals import task_submitted

        from lms.accounts.signals import roles_changed
        from lms.institutions.receivers import on_roles_changed, on_submitted

        roles_changed.connect(on_roles_changed, dispatch_uid="lms.institutions.roles_changed")
        task_submitted.connect(on_submitted, dispatch_uid="lms.institutions.submitted")
