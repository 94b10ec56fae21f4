from django.apps import AppConfig


class InstitutionsConfig(AppConfig):
    name = "lms.institutions"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from lms.accounts.signals import roles_changed
        from lms.institutions.receivers import on_roles_changed

        roles_changed.connect(on_roles_changed, dispatch_uid="lms.institutions.roles_changed")
